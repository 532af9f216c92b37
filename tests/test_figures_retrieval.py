"""NB-9's and NB-10's figures draw what they are given, and their texts keep apart at both widths."""

import numpy as np
import pandas as pd
import pytest

from ktlib.data import designs
from ktlib.irt import ascent, mml
from ktlib.show.figures import overlap, retrieval_tables
from ktlib.show.figures import retrieval as figures
from ktlib.studies.retrieval import BAYES, KINDS, METHODS, PAPER, PEERS, PLAIN, PRIORS, Peers, Retrieval
from ktlib.studies.ties import Ties

SAID = {PAPER: dict.fromkeys(KINDS, 0.9), PLAIN: dict.fromkeys(KINDS, 0.4)}


@pytest.fixture(scope="module")
def found() -> Retrieval:
    rng = np.random.default_rng(0)
    rows = [
        {"seed": seed, "method": method, "block": block, "rmse": 0.4, "slope": 0.9, "coverage": 0.95, "far": 0}
        | dict(zip(KINDS, rng.uniform(0.1 if method == PLAIN else 0.8, 0.95, 3), strict=True))
        for seed in range(30)
        for method in METHODS
        for block in figures.BLOCKS
    ]
    return Retrieval(30, 0, pd.DataFrame(rows), pd.DataFrame())


@pytest.fixture(scope="module")
def fitted():
    design = designs.overlap(rng=1)
    return design.difficulty, ascent.fit(design.responses).posterior, mml.fit(design.responses, points=21)


@pytest.fixture(scope="module")
def drift() -> Ties:
    rng = np.random.default_rng(0)
    rows = [
        {"lead": lead, "shared": shared, "seed": seed, "true": lead}
        | dict(zip(("one prior", "likelihood", "own middle"), lead * 0.7 + rng.normal(0, 0.1, 3), strict=True))
        for lead in (0, 2)
        for shared in (0, 4, 10)
        for seed in range(3)
    ]
    return Ties(3, 0, pd.DataFrame(rows))


def clear(figure):
    assert figure.clashes() + figure.clashes(narrow=True) == []
    return figure


def test_estimates_stand_over_their_truth(fitted):
    truth, posterior, likelihood = fitted
    figure = clear(figures.truth_and_fits(*fitted, parts=figures.OVERLAP))
    for ax, estimate in zip(figure.fig().axes, (posterior.mean("difficulty"), likelihood.difficulty), strict=True):
        points = np.concatenate([line.get_xydata() for line in ax.lines if line.get_marker() in ("o", "D", "s")])
        near = np.abs(estimate) < figures.EDGE
        np.testing.assert_allclose(points, np.column_stack([truth, estimate])[near])
        assert len([line for line in ax.lines if line.get_marker() in ("^", "v")]) == (~near).sum()
    assert f"{np.corrcoef(truth, likelihood.difficulty)[0, 1]:.2f}" in figure.alt
    clear(figures.truth_and_fits(*fitted))


def test_a_runaway_is_drawn_as_given_and_its_ends_are_said():
    places = np.linspace(-8, 8, 33)
    alone, held = -np.abs(places), -(places**2)
    figure = clear(figures.runaway(places, alone, held, 0.0, "question 3"))
    lines = [line.get_ydata() for line in figure.fig().axes[0].lines if len(line.get_xdata()) == 33]
    np.testing.assert_array_equal(lines, [alone, held])
    assert "with priors -1.0 to 1.0 remains" in figure.alt


def test_each_draw_has_its_tick_and_the_paper_its_diamond(found):
    figure = clear(figures.correlations(found, SAID, "thirty invented draws", "retrieval-x"))
    for ax, kind in zip(figure.fig().axes, KINDS, strict=True):
        ticks = [line for line in ax.lines if len(line.get_xdata()) == 90]
        for line, method in zip(ticks, (PAPER, PRIORS, PLAIN), strict=True):
            np.testing.assert_allclose(line.get_xdata()[::3], found.of(method, kind).clip(figures.FLOOR))
        diamonds = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
        assert diamonds == [0.9, 0.4]
    assert f"{np.median(found.of(PLAIN, 'pearson')):.2f}" in figure.finding


def test_bars_of_runaways_are_shares_of_draws(found):
    scores = found.scores.copy()
    mine = (scores.method == PLAIN) & (scores.block == "difficulty") & (scores.seed < 21)
    scores.loc[mine, "far"] = 2
    figure = clear(figures.far_off(Retrieval(30, 0, scores, found.questions), "far-off-x", "studies"))
    assert [bar.get_width() for bar in figure.fig().axes[0].patches] == [0.7, 0, 0]
    assert "70% of studies, with it in 0%" in figure.finding


def test_a_duel_has_a_tick_a_draw_at_the_difference(found):
    figure = clear(figures.duel(found, "duel-x", "classes"))
    ticks = [line for line in figure.fig().axes[0].lines if len(line.get_xdata()) == 90]
    for line, rival in zip(ticks, (PLAIN, PRIORS), strict=True):
        gap = found.of(BAYES, "kendall") - found.of(rival, "kendall")
        np.testing.assert_allclose(line.get_xdata()[::3], gap.clip(-0.12, 0.35))
    assert f"{found.gain(PLAIN, 'kendall')[0]:.0%} of classes" in figure.finding


def test_yardsticks_stand_at_medians_and_mean_coverage(found):
    figure = clear(figures.yardsticks(found, "yardsticks-x"))
    for ax, value in zip(figure.fig().axes, (0.4, 0.9, 0.95), strict=True):
        dots = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(dots, np.full((3, 3), value))
    assert "hold 95% where 95% was promised" in figure.finding


def test_pairs_in_the_right_order_follow_from_kendall(found):
    figure = clear(figures.pairs_right(found, "pairs-x"))
    share = (1 + found.of(BAYES, "kendall")) / 2
    assert sum(bar.get_height() for bar in figure.fig().axes[0].patches) == 30
    assert f"{np.median(share):.0%} of pairs" in figure.finding


def test_every_rung_fits_the_same_two_shares():
    levels = {"A on its own": 0.6, "B on its own": -0.2, "lead": 0.5}
    figure = clear(overlap.ladders(levels, (0.0, 0.5, 1.0)))
    dots = [line.get_xdata()[0] for line in figure.fig().axes[0].lines if line.get_marker() in "os"]
    x = np.reshape(dots, (3, 4))
    np.testing.assert_allclose(x[:, 0] - x[:, 1], 0.6)
    np.testing.assert_allclose(x[:, 2] - x[:, 3], -0.2)
    np.testing.assert_allclose(x[:, 2] - x[:, 0], [0, 0.5, 1])


def test_ties_are_averages_of_the_pairs(drift):
    figure = clear(overlap.ties(drift))
    for ax, lead in zip(figure.fig().axes, (0, 2), strict=True):
        lines = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) == 3 and line.get_marker() == "None"]
        for fit, drawn in zip(("likelihood", "one prior", "own middle"), lines, strict=True):
            mine = drift.frame[drift.frame.lead == lead].groupby("shared")[fit].mean()
            np.testing.assert_allclose(drawn, mine)
    assert figure.finding.startswith("Of a lead of 2 units, 10 shared questions show")


def test_thin_samples_are_drawn_as_given():
    truth, estimate = np.random.default_rng(0).normal(size=(2, 40))
    growing = pd.Series({1000: 0.4, 9000: 0.8})
    figure = clear(overlap.too_thin(truth, estimate, growing, 0.09))
    one, other = figure.fig().axes
    np.testing.assert_array_equal(one.lines[1].get_xydata(), np.column_stack([truth, estimate]))
    np.testing.assert_array_equal(other.lines[0].get_ydata(), [0.4, 0.8])
    assert "9%" in figure.finding


def test_tables_hold_medians_of_the_scores(found):
    row = next(
        line for line in str(retrieval_tables.scores(found, ["difficulty"])).split("\n") if f"| {PLAIN} |" in line
    )
    assert f"{np.median(found.of(PLAIN, 'kendall')):.2f}" in row and "95%" in row
    assert "0.40: better than" in str(retrieval_tables.places(found, SAID))


def test_peers_that_fitted_fewer_draws_say_so():
    rows = [{"rep": rep, "method": name, "far": rep} | dict.fromkeys(KINDS, 0.5) for rep in (0, 1) for name in PEERS]
    peers = Peers(2, pd.DataFrame(rows[:-1]), np.zeros(2), np.zeros(2), 1)
    lines = str(retrieval_tables.beside_peers(peers, "classes")).split("\n")
    assert lines[2] == "| Bayesian | 2 | 0.50 | 0.50 | 0.50 | 1 |"
    assert lines[-1] == "| our likelihood | 1 | 0.50 | 0.50 | 0.50 | 0 |"


@pytest.mark.parametrize(
    ("printed", "verdict"), [(0.88, "holds"), (0.945, "holds with a caveat"), (0.99, "does not hold")]
)
def test_a_printed_row_is_judged_by_where_it_lies_among_ours(found, printed, verdict):
    scores = found.scores.copy()
    for kind in KINDS:
        scores.loc[scores.method == PAPER, kind] = np.repeat(np.linspace(0.8, 0.95, 30), 3)
    mine = Retrieval(30, 0, scores, found.questions)
    row = {"name": "x", "place": "Table 1", "draws": "draws", "n": "30 invented draws"}
    claim = retrieval_tables.table_claim(mine, PAPER, dict.fromkeys(KINDS, printed), **row)
    assert claim.verdict == verdict and claim.seed == "0 to 29"


def test_better_than_ltm_needs_most_draws(found):
    row = {"name": "x", "place": "Table 1", "draws": "draws", "n": "30 invented draws"}
    claim = retrieval_tables.better_claim(found, **row)
    assert claim.verdict == ("holds with a caveat" if found.better_on_all(PLAIN) > 0.5 else "does not hold")
    assert f"{found.gain(PLAIN, 'pearson')[0]:.1%} of draws" in claim.ours
