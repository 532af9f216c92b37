"""What machines that share a fit send and take: counted by hand, and as the stored parts say."""

import json
from pathlib import Path

import kt_cluster
import numpy as np
import pytest
import yaml

from ktlib.studies import cluster, stored

ROOT = Path(__file__).parents[1]
PARTS = cluster.Parts("K = 1", "factor", 1, 10, 1e-8, 1e-6, 2, 4e-8, 10**8)


def test_numbers_sent_are_those_of_the_sums():
    pytest.importorskip("numba")
    from ktlib.data import designs
    from ktlib.irt._compiled import CompiledFactors
    from ktlib.irt._packed import Packed
    from ktlib.irt.model import Model

    log = designs.dense(rng=0).responses
    for factors in (1, 5):
        kind = Model.of("factorization", log, factors=factors)
        way = CompiledFactors(kind, Packed.of(log), ())
        blocks = {name: kind.spread(kind.priors(), name) for name in kind.shapes}
        sums = way._item_sums(slice(0, kind.items), way._sides(blocks))
        assert sum(array.nbytes for array in sums) == cluster.bytes_a_sweep(kind.items, "factor", factors)
    assert cluster.bytes_a_sweep(10, "2pl") == 10 * (2 + 2) * 8
    with pytest.raises(ValueError, match="model = 'x': give one of '2pl', 'factor'"):
        cluster.numbers_an_item("x")
    with pytest.raises(ValueError, match="factors = None"):
        cluster.numbers_an_item("factor")


def test_seconds_by_hand():
    """88 million answers, 334,000 items: 0.88 + 0.334 core-seconds a sweep alone; by four, a quarter of the first."""
    assert PARTS.seconds(88_000_000, 1) == pytest.approx(10 * (0.88 + 0.334) / 2)
    sent = 2 * 3 / 4 * 334_000 * 5 * 8 / cluster.SPEED
    by_four = 10 * ((0.22 + 0.334) / 2 + sent + 3 * 6 * cluster.WAIT)
    assert PARTS.seconds(88_000_000, 4) == pytest.approx(by_four)
    assert PARTS.items(44_000_000) == 167_000 and PARTS.items(10**10) == 334_000
    assert PARTS.fits(8 * 10**8, 1) and not PARTS.fits(10**9, 1) and PARTS.fits(10**9, 2)
    with pytest.raises(ValueError, match="machines = 0"):
        PARTS.seconds(100, 0)


def test_the_stored_parts_make_the_pages_tables():
    study = cluster.read()
    raw = json.loads(stored("results/cluster.json").read_text())
    assert set(study.parts) == {"2PL", "K = 5"} and study.shared == raw["shared"]
    for parts in study.parts.values():
        seconds = cluster.table(parts)
        assert seconds.shape == (len(cluster.ANSWERS), len(cluster.MACHINES))
        known = seconds[:, 0][np.isfinite(seconds[:, 0])]
        assert (np.diff(known) > 0).all() and parts.answer > 0
        largest = parts.seconds(parts.answers, 1) * parts.cores
        a_sweep = parts.answer * parts.answers + parts.item * parts.items(parts.answers)
        assert largest == pytest.approx(parts.sweeps * a_sweep)
    for name in {row["model"] for row in study.shared}:
        one, two = (row for row in study.shared if row["model"] == name)
        assert f"{one['elbo']:.10g}" == f"{two['elbo']:.10g}" and one["sweeps"] == two["sweeps"]
    page = kt_cluster.sent(study) + kt_cluster.shared(study) + kt_cluster.times(study) + kt_cluster.ways(study)
    for model in ("2pl", "factor"):
        done = [row for row in study.ways if row["model"] == model and "elbo" in row]
        assert len(done) > 1 and len({(row["elbo"], row["sweeps"]) for row in done}) == 1
        absent = [row for row in study.ways if row["model"] == model and "not_run" in row]
        assert page.count("not run: no GPU") == 2 or not absent
    assert "334,000 questions" in page and f"{study.shared[0]['elbo']:,.6f}".replace("-", "−") in page
    assert "nan " not in page


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.42, "0.4 s"), (12.3, "12 s"), (90, "1.5 min"), (7200, "2.0 h"), (float("nan"), "–")]
)
def test_lasting(seconds, words):
    assert kt_cluster.lasting(seconds) == words


def test_job_files_start_the_command_with_arguments_that_it_takes():
    pytest.importorskip("torch")
    from ktlib.irt import distributed

    slurm = (ROOT / "benchmarks/cluster/slurm.sh").read_text()
    words = slurm.partition("-m ktlib.irt.distributed")[2].replace("\\\n", " ").replace('"', "").split()
    service, job = yaml.safe_load_all((ROOT / "benchmarks/cluster/kubernetes.yaml").read_text())
    pod = job["spec"]["template"]["spec"]
    arguments = pod["containers"][0]["args"]
    given = arguments[arguments.index("ktlib.irt.distributed") + 1 :]
    for started in (words, given):
        parsed = distributed.parsed(started)
        assert (parsed.model, parsed.factors, parsed.rule, parsed.backend) == ("factorization", 5, "paper", "gloo")
    assert service["metadata"]["name"] == pod["subdomain"]
    assert f"--nnodes={job['spec']['completions']}" in arguments
