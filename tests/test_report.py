"""`ktlib` on the command line: a page that stands alone, tables for pipelines, and one line for what cannot be done."""

import json
import re
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import skills
from ktlib.bkt.roster import Roster
from ktlib.data import read
from ktlib.show import _report_words as words
from ktlib.show import report
from ktlib.show.command import _parser, main
from ktlib.show.figures import your_log

COLUMNS = "--student user --skill kc --correct right --item q --order time".split()
NAMES = dict(student="user", skill="kc", correct="right", item="q", order="time")


def frame(names="abcd", students: int = 40, steps: int = 5) -> pd.DataFrame:
    rng, rows = np.random.default_rng(8), []
    for k, name in enumerate(names):
        params = BKTParams(p_init=0.2 + 0.1 * k, p_guess=0.15, p_slip=0.1)
        for who, row in enumerate(bkt.simulate(params, students=students, steps=steps, rng=rng).answers):
            rows += [(f"s{who}", f"{name} <skill>", f"{name}{t}", int(y), 100 * t + k) for t, y in enumerate(row)]
    return pd.DataFrame(rows, columns=["user", "kc", "q", "right", "time"])


@pytest.fixture(scope="module")
def found():
    return report.made(read(frame(), **NAMES), folds=2)


@pytest.fixture
def file(tmp_path):
    frame().sample(frac=1, random_state=1).to_csv(tmp_path / "log.csv", index=False)
    return tmp_path / "log.csv"


class Open(HTMLParser):
    """Whether what opens is closed; the text; addresses."""

    def __init__(self):
        super().__init__()
        self.stack, self.text, self.addresses = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "path", "use", "rect", "circle"):
            self.stack.append(tag)
        self.addresses += [value for name, value in attrs if name in ("href", "src", "xlink:href")]

    def handle_endtag(self, tag):
        if tag in self.stack:
            assert self.stack.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_stands_alone_and_says_what_it_must(found):
    text = report.page(found)
    page = Open()
    page.feed(text)
    assert not page.stack and all(address.startswith("#") for address in page.addresses)
    assert "http://www.w3.org" in text and "<script" not in text and "a <skill>" not in text  # names are escaped
    said = " ".join("".join(page.text).split())
    for part in (
        "800 rows read, 800 kept",
        "a <skill>",
        "know it already",
        "lead over BKT",
        "A wrong answer raises it?",
    ):
        assert part in said, part
    estimate = found.fits.params[0]
    assert words.sentences(estimate) in said and f"{estimate.p_init:.0%} know it already" in said
    assert text.count("<svg") == 6 and "light-dark(" in text and "max-width:600px" in text


def test_the_page_does_not_hang_on_the_order_of_rows(found):
    other = report.made(read(frame().sample(frac=1, random_state=3), **NAMES), folds=2)
    assert report.page(other) == report.page(found)
    assert other.roster.frame().equals(found.roster.frame())


def test_written_whole_or_not_at_all(found, tmp_path, monkeypatch):
    target = tmp_path / "deep" / "report"
    assert report.write(found, target) == target / "index.html"
    assert {p.name for p in target.iterdir()} == set(report.FILES)
    table = pd.read_csv(target / "roster.csv")
    np.testing.assert_allclose(table.p_known, found.roster.frame().p_known)
    assert len(Roster.load(target / "roster.json")) == 40
    with pytest.raises(ValueError, match="exists already"):
        report.write(found, target)
    monkeypatch.setattr(report, "page", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(found, target, again=True)
    assert pd.read_csv(target / "roster.csv").equals(table)
    assert [p.name for p in target.parent.iterdir()] == ["report"]


def test_the_figures_no_two_texts_touch(found):
    for figure in (your_log.what_it_holds(found.log), your_log.forecasters(found.validation)):
        assert figure.clashes() + figure.clashes(narrow=True) == []
    order = sorted(found.validation.scores.values(), key=lambda e: -e.value)
    (ax,) = your_log.forecasters(found.validation).fig().axes
    drawn = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(drawn, [e.value for e in order])


def test_a_wrong_answer_raises_below_and_lowers_above():
    params = BKTParams(p_transit=0.2)
    at = words.rest(params)
    assert bkt.update(at, 0, params) == pytest.approx(at, abs=1e-9)
    assert bkt.update(at - 0.01, 0, params) > at - 0.01 and bkt.update(at + 0.01, 0, params) < at + 0.01


def test_every_flag_has_a_teachers_words():
    from ktlib.bkt.sensitivity import degenerate

    odd = BKTParams(p_init=0, p_transit=0, p_slip=0.6, p_guess=0.7, allow_flip=True)
    other = BKTParams(p_init=1, p_transit=1, p_slip=0, p_guess=0)
    fits = skills.fit({"one": [[1, 1]], "all": [[1] * 5] * 9, "none": [[0] * 5] * 9}, prior=None)
    flags = [*degenerate(odd), *degenerate(other), *(flag for flags in fits.flags for flag in flags)]
    assert len(flags) > 12 and all(words.warning(flag) != flag for flag in flags)


def test_what_is_not_pinned_is_named_with_what_would_pin_it(found):
    loose = words.unpinned(found.fits, dict.fromkeys(found.fits.names, 5))
    low, high = found.fits.interval()
    assert {row["skill"] for row in loose} == {
        name for name, wide in zip(found.fits.names, ((high - low) / 2 > 0.1).any(1), strict=True) if wide
    }
    assert all(row["needed"] > row["students"] if row["needed"] else row["why"] for row in loose)


def test_few_skills_are_fitted_by_themselves_more_with_a_prior(found, monkeypatch):
    def never(*arguments, **settings):
        raise ValueError("too few")

    assert found.fits.prior is None and "fewer than 5 skills" in report.page(found)
    monkeypatch.setattr(report, "cross_validate", never)
    more = report.made(read(frame("abcde", students=12, steps=4), **NAMES))
    assert more.fits.prior.skills == 5 and "(a learned prior)" in report.page(more)


def test_one_student_gets_a_page_too():
    found = report.made(read(frame(students=1), **NAMES))
    assert found.validation is None and "Cannot be said" in report.page(found)


def test_a_report_by_command(file, tmp_path, capsys):
    assert main(["report", file, *COLUMNS, "--folds", "2", "--out", tmp_path / "report"]) == 0
    out, err = capsys.readouterr()
    assert (
        out.strip() == str(tmp_path / "report" / "index.html") and "800 rows read" in err and "fitting 4 skills" in err
    )


def test_a_pipeline_fits_forecasts_and_follows(file, tmp_path, capsys):
    fits, table, known = tmp_path / "fits.npz", tmp_path / "p.csv", tmp_path / "roster.json"
    assert main(["fit", file, *COLUMNS, "--out", fits]) == 0
    assert main(["predict", file, *COLUMNS, "--fits", fits, "--out", table]) == 0
    log = read(frame(), **NAMES)
    expected = skills.predict(skills.fit(log.sequences(), prior=None), log.frame)
    np.testing.assert_allclose(pd.read_csv(table).p_correct, expected, atol=1e-12)
    half = frame().time < 200
    for part, name in ((half, "one.csv"), (~half, "two.csv")):
        frame()[part].to_csv(tmp_path / name, index=False)
        assert (
            main(
                ["mastery", tmp_path / name, *COLUMNS, "--fits", fits, "--roster", known, "--out", tmp_path / "m.json"]
            )
            == 0
        )
    whole = Roster(skills.fit(log.sequences(), prior=None)).feed(log).frame().set_index(["student", "skill"]).p_known
    rows = pd.DataFrame(json.loads((tmp_path / "m.json").read_text())).set_index(["student", "skill"]).p_known
    np.testing.assert_allclose(rows, whole[rows.index], atol=1e-12)
    capsys.readouterr()
    assert main(["mastery", file, *COLUMNS]) == 0
    assert capsys.readouterr().out.startswith("student,skill,answers,p_known,p_correct,mastered")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--correct", "wright"], "no column 'wright' for correct (did you mean 'right'?)"),
        (["--partial", "x1"], "--partial x1: give drop"),
        (["--word", "hint"], "--word hint: give WORD=1"),
        (["--out", "p.txt"], "--out p.txt: give a name that ends in .csv, .json"),
        (["--fits", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(file, tmp_path, capsys, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    assert main(["predict", file, *COLUMNS, *arguments]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("ktlib: ") and says in last
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_bad_file_leaves_nothing_behind(tmp_path, capsys):
    (tmp_path / "log.csv").write_text("user,kc,right\nann,a,1\nann,a,perhaps\n")
    assert main(["report", tmp_path / "log.csv", *COLUMNS[:6], "--out", tmp_path / "report"]) == 2
    assert "log.csv: row 3: answer 'perhaps' is neither right (1) nor wrong (0)" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize("command", ["report", "fit", "predict", "mastery"])
def test_help_ends_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0 and re.search(rf"example:\s+ktlib\s+{command}\s+log.csv", capsys.readouterr().out)


def test_the_console_script_leads_to_main():
    scripts = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf8"))["project"]["scripts"]
    module, _, name = scripts["ktlib"].partition(":")
    assert getattr(import_module(module), name) is main


def test_the_page_of_the_book_names_every_command_and_option():
    page = (Path(__file__).parents[1] / "book/command.md").read_text("utf8")
    parsers = _parser()._subparsers._group_actions[0].choices
    options = {name for sub in parsers.values() for action in sub._actions for name in action.option_strings}
    asked = options - {"-h", "--help", "--out"}
    assert not [name for name in asked if f"`{name}`" not in page]
    assert not [name for name in parsers if f"`ktlib {name}`" not in page]
    named = set(re.findall(r"--[a-z]+", page))
    assert named <= options
