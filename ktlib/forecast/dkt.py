"""Deep knowledge tracing: a small recurrent network reads the answers so far, forecasts the next (Piech et al. 2015).

An LSTM takes one step an answer. Its input is an embedding of what was asked and of right or wrong, its output a logit
for each skill, read where the next question needs it. An item that needs several skills takes the mean of their
embeddings and of their logits; a part shared by all skills is added to both, so that a skill not seen in training
still counts as an answer and has a forecast. Runs on one thread of the CPU in 32-bit numbers: on one machine the same
seed gives the same fit. Neither torch's global random numbers nor its number of threads are changed for the caller.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._checks import extra, fits_in_memory, generator, inside, not_negative, short, whole
from ._logs import as_given, log_order, read_log, read_training, skill_matrix, skill_names
from .baselines import split_students

with extra("bayes", __name__):
    import torch
    from torch import nn
    from torch.nn import functional

_BATCH = 64


@dataclass(frozen=True, eq=False, repr=False)
class DKT:
    """A trained network.

    skills: names it knows. hidden, dropout, learning_rate, batch, longest: as given to `fit`. epochs: how often the
    network, trained on all students, went through their answers. trace: mean log loss (nats an answer) of the held-out
    students after each epoch of the first training, lowest at `epochs`. stopped: did it stop by itself? seconds: both
    trainings together. network: the torch module. links: the table of skills.
    """

    skills: pd.Index
    hidden: int
    dropout: float
    learning_rate: float
    batch: int
    longest: int
    epochs: int
    trace: np.ndarray
    stopped: bool
    seconds: float
    network: nn.Module
    links: pd.DataFrame

    __repr__ = short

    def predict(self, table, *, order: str | None = None) -> np.ndarray:
        """(rows,) P(right answer) from all of the student's earlier rows, however many, and nothing else of the log."""
        return as_given(self._forecast, table, order)

    def _forecast(self, table) -> np.ndarray:
        log = _Log(table, self.links, self.skills, None)
        with _alone(0):
            return _forecast(self.network, log)


def fit(
    table,
    skills,
    *,
    rng,
    order: str | None = None,
    hidden: int = 64,
    dropout: float = 0.2,
    learning_rate: float = 0.005,
    batch: int = 16,
    longest: int = 200,
    epochs: int = 200,
    patience: int = 8,
    validation: float = 0.2,
) -> DKT:
    """Train on a log (see `ktlib.forecast.baselines`, also for `order`) by Adam (Kingma & Ba 2015), twice.

    First without the students of a random share `validation`, until their log loss has not fallen for `patience` epochs
    or `epochs` have passed; then afresh on everybody, for as many epochs as were best. hidden: size of embedding and
    state. dropout: share of the state hidden from the output in training. batch: sequences a gradient step; longest:
    a student's answers are cut into sequences of at most so many. rng: generator or seed.

    Raises ValueError as `ktlib.forecast.baselines` does, and where the log loss is no longer finite.
    """
    read_training(table)
    table = table.iloc[log_order(table, order)]
    rng = generator(rng)
    hidden, batch, longest = whole(hidden, "hidden", 1), whole(batch, "batch", 1), whole(longest, "longest", 2)
    epochs, patience = whole(epochs, "epochs", 1), whole(patience, "patience", 1)
    if not_negative(dropout, "dropout") >= 1:
        raise ValueError(f"dropout = {dropout!r} hides everything: give a number from 0 to below 1")
    fits_in_memory(32 * hidden * hidden, f"a network with a state of {hidden:,}", most=2e8)
    learning_rate = inside(learning_rate, "learning_rate", 0.005)
    known = skill_names(table, skills)
    rest, held_out = split_students(table, 1 - inside(validation, "validation", 0.2), rng=rng)
    began, seed = time.perf_counter(), int(rng.integers(2**62))

    def training(part):
        """A fresh network, and a function that takes it through the answers of `part` once."""
        log = _Log(part, skills, known, longest)
        network = _Network(len(known), hidden, dropout)
        optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
        shuffle = np.random.default_rng(seed)
        return network, lambda: _epoch(network, optimiser, log, batch, shuffle)

    with _alone(seed):
        network, once = training(rest)
        log, trace = _Log(held_out, skills, known, None), []
        while len(trace) < epochs and len(trace) - np.argmin(trace or [0]) <= patience:
            once()
            trace.append(_log_loss(network, log))
    best = int(np.argmin(trace)) + 1
    with _alone(seed):
        network, once = training(table)
        for _ in range(best):
            once()
    settings = {"hidden": hidden, "dropout": dropout, "learning_rate": learning_rate, "batch": batch}
    return DKT(
        skills=known,
        **settings,
        longest=longest,
        epochs=best,
        trace=np.array(trace),
        stopped=len(trace) - best >= patience,
        seconds=time.perf_counter() - began,
        network=network,
        links=skills[["item", "skill"]].copy(),
    )


class _Network(nn.Module):
    """The last row of each table of weights is shared by all skills."""

    def __init__(self, skills: int, hidden: int, dropout: float):
        super().__init__()
        size = {"dtype": torch.float32}
        self.wrong, self.right, self.out = (
            nn.Parameter(torch.randn(skills + 1, hidden, **size) / hidden**0.5) for _ in range(3)
        )
        self.bias = nn.Parameter(torch.zeros(skills + 1, 1, **size))
        self.start = nn.Parameter(torch.zeros(hidden, **size))
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True, **size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, needs, asked, correct):
        """(sequences, steps) logits. needs: (kinds, skills + 1) weights; asked: kinds; correct: 1 or 0 of each step."""
        wrong, right, out, bias = (torch.sparse.mm(needs, w) for w in (self.wrong, self.right, self.out, self.bias))
        read = functional.embedding(2 * asked + correct, torch.stack([wrong, right], 1).flatten(0, 1))
        first = self.start.expand(len(asked), 1, -1)
        state = self.dropout(self.lstm(torch.cat([first, read[:, :-1]], 1))[0])
        return (state * functional.embedding(asked, out)).sum(-1) + bias[:, 0][asked]


class _Log:
    """The answers of a log as padded sequences of at most `longest` steps; None: each student whole.

    needs: for each kind of question, a set of skills, the mean over the skills known, and 1 for the shared part.
    rows: for each sequence the rows of the log. asked, correct: (rows,) kind of question and answer.
    """

    def __init__(self, table, skills, known: pd.Index, longest: int | None):
        student, correct = read_log(table)
        items, names = pd.factorize(table["item"])
        needs = skill_matrix(names, skills, known)
        sets = [tuple(needs.indices[a:b]) for a, b in zip(needs.indptr, needs.indptr[1:], strict=False)]
        kind, kinds = pd.factorize(pd.Index(sets, tupleize_cols=False))
        pairs = [(k, s, 1 / len(kinds[k])) for k in range(len(kinds)) for s in kinds[k]]
        pairs += [(k, len(known), 1.0) for k in range(len(kinds))]
        row, column, weight = zip(*pairs, strict=True)
        shape = len(kinds), len(known) + 1
        self.needs = torch.sparse_coo_tensor([row, column], weight, shape, dtype=torch.float32, check_invariants=False)
        self.needs = self.needs.coalesce()
        self.asked, self.correct = kind[items].astype(np.int64), correct.astype(np.int64)
        order = np.argsort(student, kind="stable")
        whole_students = np.split(order, np.flatnonzero(np.diff(student[order])) + 1)
        cut = longest or len(order)
        self.rows = [rows[a : a + cut] for rows in whole_students for a in range(0, len(rows), cut)]

    def batches(self, size: int, rng: np.random.Generator):
        """Sequences of about one length together, in random order: rows, −1 where a sequence has ended; the tensors."""
        dealt = rng.permutation(len(self.rows))
        dealt = dealt[np.argsort([len(self.rows[i]) for i in dealt], kind="stable")]
        for start in rng.permutation(np.arange(0, len(dealt), size)):
            some = [self.rows[i] for i in dealt[start : start + size]]
            rows = np.full((len(some), max(map(len, some))), -1)
            for line, own in zip(rows, some, strict=True):
                line[: len(own)] = own
            yield rows, torch.from_numpy(self.asked[rows]), torch.from_numpy(self.correct[rows])


def _epoch(network, optimiser, log: _Log, batch: int, rng) -> None:
    """Every sequence once."""
    network.train()
    for rows, asked, correct in log.batches(batch, rng):
        there = torch.from_numpy(rows >= 0)
        logit = network(log.needs, asked, correct)[there]
        loss = functional.binary_cross_entropy_with_logits(logit, correct[there].float())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


@torch.no_grad()
def _forecast(network, log: _Log) -> np.ndarray:
    """(rows,) P(right)."""
    network.eval()
    out = np.empty(len(log.asked))
    for rows, asked, correct in log.batches(_BATCH, np.random.default_rng(0)):
        p = torch.sigmoid(network(log.needs, asked, correct).double()).numpy()
        out[rows[rows >= 0]] = p[rows >= 0]
    return out


def _log_loss(network, log: _Log) -> float:
    p = _forecast(network, log)
    loss = float(-np.log(np.where(log.correct == 1, p, 1 - p)).mean())
    if not np.isfinite(loss):
        raise ValueError(f"the log loss of the held-out students became {loss}: lower learning_rate")
    return loss


@contextmanager
def _alone(seed: int):
    """One thread and random numbers of its own; the caller's come back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
