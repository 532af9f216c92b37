"""A log of a million answers: how soon do ktlib and other programs foresee answers that were held out, and how well?

    python benchmarks/peers_scale.py [--answers 1e6] [--limit 240] [--python PATH] [--programs ktlib-2pl py-irt ..]
                                     [--out ktlib/studies/stored/results/peers_scale.json]

The log and the answers held out are those of `scale.py`. Each program fits in a process of its own, which reads the log
first: only fitting is timed, on one thread. Every so often (py-irt, whose steps are many) or for each number of passes
(the others, fitted anew each time) its log loss on the answers held out is noted, with the seconds so far. Nothing is
chosen by it: programs run by their own settings, to their own ends or the limit of seconds, and "best" is read off
afterwards, for peers too.

    rows[i]   program; seconds and log_loss (lists), what was noted; best_log_loss, best_seconds; end_log_loss;
              finished (False: stopped by the limit); peak_mb
    against   for each peer, the seconds in which ktlib's two models first foresee as well as it ever does, or None

--python: an interpreter with py-irt, scikit-surprise and libmf beside numpy and scikit-learn; by default one is made
under `build/bench/peers` on the first run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "ktlib" / "studies" / "stored" / "results" / "peers_scale.json"
SEED, FACTORS = 11, 5
PEERS = ["py-irt==0.7.1", "scikit-surprise==1.1.5", "libmf==0.9.2"]


class Spent(Exception):
    """The limit of seconds is reached."""


class Watch:
    """Notes the log loss on the answers held out, and the seconds of fitting so far."""

    def __init__(self, held, limit: float):
        (self.student, self.item, self.right), self.limit = held, limit
        self.seconds, self.losses, self.before = [], [], 0.0
        self.start()

    def start(self, before: float = 0.0) -> None:
        """Fitting begins, after so many seconds of fitting before."""
        self.began, self.before = time.perf_counter(), before

    def spent(self) -> float:
        return self.before + time.perf_counter() - self.began

    def note(self, p) -> None:
        """These probabilities of a right answer were reached; the watch stands still meanwhile."""
        spent = self.spent()
        p = np.clip(p, 1e-6, 1 - 1e-6)
        self.seconds.append(spent)
        self.losses.append(float(-np.mean(np.where(self.right == 1, np.log(p), np.log1p(-p)))))
        if spent > self.limit:
            raise Spent
        self.start(spent)

    def fits(self, fit, passes) -> None:
        """Fits anew for each number of passes, each timed by itself; fit(n) returns a function that forecasts."""
        for n in passes:
            self.start()
            foresees = fit(n)
            seconds = self.spent()
            self.note(foresees(self.student, self.item))
            self.seconds[-1] = seconds


def ktlib(model):
    """Coordinate ascent, sweep by sweep, then to its end."""

    def run(log, sizes, watch):
        from ktlib.data import designs
        from ktlib.data.responses import Responses
        from ktlib.irt import _answers, ascent

        _answers.THREADS = 1
        ascent.fit(designs.dense(rng=0).responses, **model)  # compiles what is not on disk yet
        responses = Responses(*log, range(sizes[0]), range(sizes[1]))
        kinds = {"calibrate": False, **model}
        watch.fits(lambda n: ascent.fit(responses, max_steps=n, **kinds).predict, [1, 2, 3, 4, 5, 6, 8, 10, 15, 500])

    return run


def svi(log, sizes, watch):
    """ktlib's own models as Pyro programs, by minibatches of 20,000 answers."""
    import torch

    from ktlib.data.responses import Responses
    from ktlib.irt import svi

    torch.set_num_threads(1)
    responses = Responses(*log, range(sizes[0]), range(sizes[1]))
    kinds = {"batch": 20_000, "particles": 1, "rng": SEED}
    watch.fits(lambda n: svi.fit(responses, max_steps=n, **kinds).predict, [100, 300, 1000, 3000])


def py_irt(priors):
    """py-irt's two-parameter model by its own trainer and defaults: 2,000 steps of SVI, each through all answers."""

    def run(log, sizes, watch):
        import pyro
        import torch
        from py_irt.config import IrtConfig
        from py_irt.dataset import Dataset
        from py_irt.training import IrtModelTrainer

        torch.set_num_threads(1)
        pyro.set_rng_seed(SEED)
        students, items = ({str(n): n for n in range(size)} for size in sizes)
        student, item, right = (column.tolist() for column in log)
        data = Dataset(
            item_ids=set(items), subject_ids=set(students), item_id_to_ix=items, subject_id_to_ix=students,
            ix_to_item_id={n: name for name, n in items.items()},
            ix_to_subject_id={n: name for name, n in students.items()},
            observation_subjects=student, observation_items=item, observations=right,
            training_example=[True] * len(right),
        )  # fmt: skip

        class Watched(IrtModelTrainer):
            """Asked for its parameters after each step that gained; notes every twentieth, and at the limit."""

            asked = 0

            def export(self, items):
                self.asked += 1
                if self.asked % 20 == 1 or watch.spent() > watch.limit:
                    self.noted()
                return {}

            def noted(self):
                found = (pyro.param(name).detach().numpy() for name in ("loc_ability", "loc_diff", "loc_slope"))
                ability, difficulty, slope = found
                student, item = watch.student, watch.item
                watch.note(1 / (1 + np.exp(-np.exp(slope[item]) * (ability[student] - difficulty[item]))))

        config = IrtConfig(model_type="2pl", priors=priors)
        trainer = Watched(data_path=None, config=config, dataset=data, verbose=False)
        watch.start()
        trainer.train(device="cpu")
        trainer.noted()

    return run


def logistic(log, sizes, watch):
    """Rasch as logistic regression on who answered and what was asked, a sparse column each: scikit-learn, lbfgs."""
    import warnings

    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    warnings.simplefilter("ignore")  # that few passes do not converge

    def table(student, item):
        rows = np.repeat(np.arange(len(student)), 2)
        columns = np.column_stack([student, item.astype(np.int64) + sizes[0]]).ravel()
        return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(student), sum(sizes)))

    asked = table(*log[:2])

    def fit(n):
        model = LogisticRegression(max_iter=n).fit(asked, log[2])
        return lambda student, item: model.predict_proba(table(student, item))[:, 1]

    watch.fits(fit, [5, 10, 20, 40, 80, 1000])


def surprise(log, sizes, watch):
    """scikit-surprise's SVD: a matrix factorization with biases, by least squares on 0 and 1, so not made for this."""
    from surprise import SVD, Dataset, Reader

    data = Dataset(Reader(rating_scale=(0, 1)))
    rows = [(int(s), int(i), float(y), None) for s, i, y in zip(*log, strict=True)]
    asked = data.construct_trainset(rows)

    def fit(n):
        model = SVD(n_factors=FACTORS, n_epochs=n, random_state=SEED).fit(asked)
        return lambda student, item: np.array(
            [model.predict(int(s), int(i)).est for s, i in zip(student, item, strict=True)]
        )

    watch.fits(fit, [2, 5, 10, 20, 40])


def libmf(log, sizes, watch):
    """LIBMF's factorization for answers of two kinds, with the logistic loss; without biases. Its ridge is that of
    LIBMF itself: the defaults of the Python package, a lasso of 0.04, set every factor to nought here."""
    from libmf import mf

    asked = np.column_stack([log[0], log[1], np.where(log[2] == 1, 1.0, -1.0)]).astype(float)

    ridge = {"lambda_p1": 0.0, "lambda_q1": 0.0, "lambda_p2": 0.1, "lambda_q2": 0.1}

    def fit(n):
        model = mf.MF(fun=5, k=FACTORS, nr_iters=n, nr_threads=1, quiet=True, **ridge)
        model.fit(asked)
        students, items = (np.nan_to_num(factors()) for factors in (model.p_factors, model.q_factors))
        return lambda student, item: 1 / (1 + np.exp(-(students[student] * items[item]).sum(1)))

    watch.fits(fit, [5, 10, 20, 40, 80])


PROGRAMS = {
    "ktlib-2pl": {"label": "ktlib, two-parameter", "run": ktlib({})},
    "ktlib-5": {
        "label": f"ktlib, {FACTORS} factors",
        "run": ktlib({"model": "factorization", "factors": FACTORS, "rng": SEED}),
    },
    "ktlib-svi": {"label": "ktlib, two-parameter, SVI by minibatches in Pyro", "run": svi},
    "py-irt": {"label": "py-irt, two-parameter, its default priors", "run": py_irt("vague"), "package": "py-irt"},
    "py-irt-hierarchical": {
        "label": "py-irt, two-parameter, hierarchical priors",
        "run": py_irt("hierarchical"),
        "package": "py-irt",
    },
    "logistic": {"label": "scikit-learn, Rasch as sparse logistic regression", "run": logistic},
    "surprise": {
        "label": f"scikit-surprise, SVD with {FACTORS} factors and biases",
        "run": surprise,
        "package": "scikit-surprise",
    },
    "libmf": {"label": f"LIBMF, {FACTORS} factors, logistic loss", "run": libmf, "package": "libmf"},
}


def read(folder: Path, held: str = "") -> list[np.ndarray]:
    return [np.load(folder / f"{held}{name}.npy") for name in ("student", "item", "correct")]


def one(program: str, folder: Path, limit: float) -> dict:
    """One program's curve."""
    sizes = json.loads((folder / "sizes.json").read_text())
    watch, finished = Watch(read(folder, "held_"), limit), True
    try:
        PROGRAMS[program]["run"](read(folder), sizes, watch)
    except Spent:
        finished = False
    best = int(np.argmin(watch.losses))
    return {
        "program": program,
        "label": PROGRAMS[program]["label"],
        "seconds": watch.seconds,
        "log_loss": watch.losses,
        "best_log_loss": watch.losses[best],
        "best_seconds": watch.seconds[best],
        "end_log_loss": watch.losses[-1],
        "finished": finished,
    }


def environment() -> str:
    """The interpreter of an environment with the peers, made here on the first run."""
    home = ROOT / "build" / "bench" / "peers"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        needs = [*PEERS, "scikit-learn", str(ROOT) + "[bayes,fast]"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *needs], check=True)
    return str(python)


def reached(rows: list[dict]) -> dict:
    """For each peer, the first seconds of each of ktlib's fits by ascent at which it foresees as well."""
    ours = [row for row in rows if row["program"] in ("ktlib-2pl", "ktlib-5")]
    found = {}
    for peer in rows:
        if not peer["program"].startswith("ktlib"):
            found[peer["program"]] = {
                row["program"]: next(
                    (
                        s
                        for s, loss in zip(row["seconds"], row["log_loss"], strict=True)
                        if loss <= peer["best_log_loss"]
                    ),
                    None,
                )
                for row in ours
            }
    return found


def rounded(value):
    """Four significant digits of seconds, six of losses."""
    if isinstance(value, dict):
        return {k: [rounded(v) for v in vs] if isinstance(vs := value[k], list) else rounded(vs) for k in value}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=float, default=1e6)
    parser.add_argument("--limit", type=float, default=240)
    parser.add_argument("--python", help="an interpreter with the peers")
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--one", type=Path, help="one program on the log in this folder, printed")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.programs[0], given.one, given.limit)))
        return
    import scale
    from em_speed import versions_of
    from provenance import provenance

    peers = given.python or environment()
    folder = scale.made(int(given.answers))
    stored = json.loads(given.out.read_text()) if given.out.exists() else {"rows": []}
    rows = {row["program"]: row for row in stored["rows"]}
    versions = versions_of(peers, [entry["package"] for entry in PROGRAMS.values() if "package" in entry])
    for program in given.programs:
        python = sys.executable if "package" not in PROGRAMS[program] else peers
        command = [python, __file__, "--one", str(folder), "--programs", program, "--limit", str(given.limit)]
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
        rows[program] = json.loads(found) | {"load_before": os.getloadavg()[0]}
        held = np.load(folder / "held_correct.npy")
        about = provenance(
            "numpy", "scipy", "numba", "scikit-learn", "torch", "pyro-ppl",
            seed=SEED, limit=given.limit, threads=1, asked=int(given.answers),
            answers=len(np.load(folder / "correct.npy")), held_out=len(held),
            base_rate_log_loss=float(-np.mean(np.where(held == 1, np.log(held.mean()), np.log1p(-held.mean())))),
        )  # fmt: skip
        about["versions"] = versions | about["versions"]
        order = [rows[name] for name in PROGRAMS if name in rows]
        report = {"about": about, "rows": order, "against": reached(order)}
        given.out.write_text(json.dumps(rounded(report), indent=1) + "\n")
        row = rows[program]
        print(f"{row['label']}: {row['best_log_loss']:.5f} after {row['best_seconds']:.1f} s", flush=True)


if __name__ == "__main__":
    main()
