"""The golden cases are exact, and ktlib agrees with them; `test_explorers` holds the page to them."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from ktlib import bkt
from ktlib.bkt import BKTParams

ROOT = Path(__file__).parents[1]
FILE = ROOT / "ktlib" / "studies" / "stored" / "golden_bkt.json"
GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))
CASES = [pytest.param(case, id=case["name"]) for case in GOLDEN["cases"]]
TOLERANCE = {"rtol": 0, "atol": GOLDEN["tolerance"]}


def test_the_file_is_what_its_script_writes():
    script = runpy.run_path(str(ROOT / "tools" / "make_golden.py"))
    assert FILE.read_bytes() == script["golden"]().encode()


@pytest.mark.parametrize("case", CASES)
def test_ktlib_agrees(case):
    params, answers = BKTParams(**case["params"]), case["answers"]
    trace = bkt.filter(answers, params)
    np.testing.assert_allclose(trace.p_before, case["before"], **TOLERANCE)
    np.testing.assert_allclose(trace.p_correct, case["correct"], **TOLERANCE)
    np.testing.assert_allclose(trace.p_known, case["known"], **TOLERANCE)
    np.testing.assert_allclose(bkt.smooth(answers, params).p_known, case["smoothed"], **TOLERANCE)
    np.testing.assert_allclose(bkt.log_likelihood(answers, params), case["log_likelihood"], **TOLERANCE)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("usual parameters", [0.576, 0.874, 0.517, 0.845, 0.465, 0.188]),
        ("usual parameters, first answer wrong", [0.127, 0.457, 0.812, 0.415, 0.173, 0.123]),
    ],
)
def test_three_places_known_beforehand(name, known):
    case = next(case for case in GOLDEN["cases"] if case["name"] == name)
    assert [round(p, 3) for p in case["known"]] == known


def test_names_are_unique():
    names = [case["name"] for case in GOLDEN["cases"]]
    assert len(set(names)) == len(names) >= 20
