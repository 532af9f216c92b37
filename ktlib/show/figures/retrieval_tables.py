"""NB-9's and NB-10's tables and claims: what was hidden, and what came back, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...studies.retrieval import BLOCKS, KINDS, METHODS, PAPER, PEERS, PLAIN, PRIORS, Peers, Retrieval
from .. import quotes, tables
from .retrieval import HEADS, SIGN

HOLD, FAR = "95% intervals that hold", "more than 3 off"
REACH = 0.05  # a share of draws from which on a printed figure is usual
ONE = {"classes": "class", "draws": "draw"}


def scores(found: Retrieval, blocks: Sequence[str] = BLOCKS, kinds: Sequence[str] = tuple(HEADS)) -> tables.Text:
    """Medians of the measures by block and method; coverage is a mean, estimates far off are a sum."""
    rows = [
        [SIGN[block] if method == METHODS[0] else "", method]
        + [found.median(method, kind, block) for kind in kinds]
        + [f"{found.of(method, 'coverage', block).mean():.0%}", f"{found.of(method, 'far', block).sum():,}"]
        for block in blocks
        for method in METHODS
    ]
    return tables.table(rows, ["block", "fit", *(HEADS[kind] for kind in kinds), HOLD, FAR], ".2f")


def places(found: Retrieval, said: Mapping[str, Mapping[str, float]]) -> tables.Text:
    """Where the paper's correlations lie among ours. said: method -> correlations."""
    rows = []
    for method, printed in said.items():
        place, reach = found.place(method, printed)
        cells = [f"{printed[kind]:.2f}: better than {100 * place[kind]:.0f}% of ours" for kind in KINDS]
        rows.append([{PAPER: "Bayesian", PLAIN: "ltm"}[method], *cells, f"{reach:.1%}"])
    table = tables.table(rows, ["the paper's", *(HEADS[kind] for kind in KINDS), "draws that reach all three"])
    return table + (
        "The Bayesian row against our Bayesian fits with the paper's priors, the ltm row against likelihood fits "
        "without priors, both after rounding."
    )


def beside_peers(peers: Peers, draws: str) -> tables.Text:
    """What ltm, mirt and our fits give on the recorded draws, medians."""
    of = {name: peers.scores[peers.scores.method == name] for name in PEERS}
    rows = {name: [len(mine), *(mine[k].median() for k in KINDS), (mine.far > 0).sum()] for name, mine in of.items()}
    heads = [HEADS[kind] for kind in KINDS]
    columns = ["", f"{draws} fitted", *heads, f"{draws} with one {FAR}"]
    return tables.table(rows, columns, dict.fromkeys(heads, ".2f"))


def table_claim(found: Retrieval, method: str, printed: Mapping, *, name: str, place: str, draws: str, n: str):
    """The claim that a row of the paper's tables is what such draws give. draws: what one calls them."""
    marks, reach = found.place(method, printed)
    ranges = {kind: np.quantile(found.of(method, kind), [0.025, 0.975]) for kind in KINDS}
    usual = all(REACH <= mark <= 1 - REACH for mark in marks.values()) and reach > REACH
    verdict, why = ("does not hold", f"not what such {draws} give")
    if reach:
        verdict, why = ("holds with a caveat", "possible, but a lucky draw")
    if usual:
        verdict, why = ("holds", f"what such {draws} give; one {ONE[draws]} cannot say more")
    return quotes.Claim(
        name=name,
        source="Shi & Athey (2021)",
        place=place,
        says="Difficulty comes back with " + ", ".join(f"{HEADS[k]} {printed[k]:.2f}" for k in KINDS),
        ours=f"95% of {draws} give "
        + ", ".join(f"{HEADS[k]} {low:.2f} to {high:.2f}" for k, (low, high) in ranges.items())
        + f"; {reach:.1%} reach all three",
        n=n,
        seed=found.seeds,
        verdict=verdict,
        why=f"Its figures stand at the {', '.join(f'{100 * mark:.0f}' for mark in marks.values())} percent marks of "
        f"ours: {why}.",
    )


def better_claim(found: Retrieval, *, name: str, place: str, draws: str, n: str) -> quotes.Claim:
    """The claim that the Bayesian fit recovers difficulty better than ltm."""
    better = {kind: found.gain(PLAIN, kind)[0] for kind in KINDS}
    won, lost, _ = found.gain(PRIORS, "kendall")
    every = found.better_on_all(PLAIN)
    return quotes.Claim(
        name=name,
        source="Shi & Athey (2021)",
        place=place,
        says="The Bayesian 2PL recovers difficulty better than ltm",
        ours=f"better on Pearson in {better['pearson']:.1%} of {draws}, Kendall {better['kendall']:.1%}, "
        f"Spearman {better['spearman']:.1%}, all three {every:.1%}",
        n=f"{n}; ltm stood in for by the same method, checked against it below",
        seed=found.seeds,
        verdict="holds with a caveat" if every > 0.5 else "does not hold",
        why=f"The prior does it: against a likelihood fit with the same priors it wins on Kendall in {won:.1%} of "
        f"{draws}, loses in {lost:.1%} and ties in the rest.",
    )
