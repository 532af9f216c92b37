"""How often a trial would see an effect, what effect it could see, and how many classes or schools that takes.

`analytic_power` computes it, `power` simulates whole trials and counts: two ways that must agree. Both are for the
analysis of class means, `analysis.analyse(how="classes")`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special, stats

from .. import _checks as checks
from .alarms import dunnett_bound
from .analysis import analyse
from .trial import ENGAGEMENT, FACTORIAL, OUTCOMES, TrialDesign, contrasts, simulate

MOST = 10**6  # classes in an arm, where one is asked how many it takes


@dataclass(frozen=True)
class Power:
    """How often n simulated trials found an effect. low, high: 95% interval of the share (Wilson 1927)."""

    share: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, found) -> Power:
        """From (n,) True where a trial found it."""
        n, share = len(found), float(np.mean(found))
        result = stats.binomtest(int(np.sum(found)), n).proportion_ci(0.95, "wilson")
        return cls(share, float(result.low), float(result.high), n)

    def __format__(self, how: str) -> str:
        half = max(self.high - self.share, self.share - self.low)
        return f"{100 * self.share:{how or '.0f'}}% ± {100 * half:{how or '.0f'}}"


def rate_icc(rate: float, keen: float) -> float:
    """Share of the variance of a yes-or-no outcome that lies between classes.

    rate: share of yes. keen: that of the hidden normal number behind it. Two students of a class say yes both with the
    probability that two normals with correlation `keen` exceed a bound; by Gauss-Hermite quadrature.
    """
    rate, keen = checks.inside(rate, "rate", 0.7), checks.not_negative(keen, "keen")
    if keen >= 1:
        raise ValueError(f"keen = {keen:g}: give a share of the variance, 0 or more and below 1")
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    by_class = special.ndtr((special.ndtri(rate) + np.sqrt(keen) * nodes) / np.sqrt(1 - keen))
    return float((weights @ by_class**2 / weights.sum() - rate**2) / (rate * (1 - rate)))


def _variances(design: TrialDesign, effect: float, contrast: str | None, outcome: str, adjust: bool) -> np.ndarray:
    """(arms,) variance of a class's mean, around its school's where schools are blocks."""
    if outcome == "achievement":
        between = design.icc + (0.0 if design.blocked else design.icc_school)
        own = 1 - design.icc - design.icc_school
        one = (between + own / design.students_per_class) * (1 - design.past_r2 if adjust else 1)
        return np.full(len(design.arms), one)
    rate, lifted = design.rates[ENGAGEMENT.index(outcome)], _effects(design, effect, contrast, outcome)
    if not 0 < rate + effect < 1:
        raise ValueError(f"effect = {effect:g}: {outcome} is {rate:g} without it; stay inside 0 and 1")
    each = []
    for arm in design.arms:
        p = rate + lifted.get(arm, 0.0)
        icc = rate_icc(p, design.icc_keen)
        each.append(p * (1 - p) * (icc + (1 - icc) / design.students_per_class))
    return np.array(each)


def _asked(design, contrast: str, outcome: str) -> tuple[np.ndarray, int]:
    """Weights of a contrast, and the degrees of freedom of the trial before it is adjusted."""
    checks.instance(design, TrialDesign, "design", "give a TrialDesign, such as TrialDesign(20, 25)")
    weights = contrasts(design.arms, checks.one_of(outcome, OUTCOMES, "outcome"))
    one = (
        weights[checks.one_of(contrast, weights, "contrast")] if contrast is not None else next(iter(weights.values()))
    )
    arms = int(np.any(list(weights.values()), axis=0).sum())
    k = design.classes_per_arm
    return one, (k - 1) * (arms - 1) if design.blocked else (k - 1) * arms


def _share_left(df: float) -> tuple[np.ndarray, np.ndarray]:
    """What adjusting leaves of the information, for lots that fall unevenly on past results: Beta(df/2, 1/2)."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    return stats.beta.ppf((nodes + 1) / 2, df / 2, 0.5), weights / 2


def analytic_power(
    design: TrialDesign, effect: float, *, contrast: str | None = None, outcome: str = "achievement",
    adjust: bool = True, level: float = 0.05, treatments: int = 1,
) -> float:  # fmt: skip
    """Probability that the trial finds an effect, |t| beyond its bound, whichever way.

    effect: of `contrast`, one of `trial.contrasts`, default the first; standard deviations of achievement, or share of
    students for engagement. adjust: by past results. treatments: that so many are compared with one control, and one
    false alarm is one too many (Dunnett).

    t is noncentral with effect / standard error. A class's mean has variance (1 - past_r2)(ICC + (1 - ICC) / students),
    which is the design effect 1 + (students - 1) ICC over students (Donner & Klar 2000, section 5.2). Adjusting costs a
    degree of freedom, and the error grows where lots fall unevenly on past results, which is averaged over. Exact for
    normal class means; for shares of students an approximation.
    """
    effect, adjust = checks.finite(effect, "effect"), checks.flag(adjust, "adjust")
    weights, df = _asked(design, contrast, outcome)
    adjust = adjust and outcome == "achievement"
    left, share = _share_left(df) if adjust else (np.ones(1), np.ones(1))
    if df - adjust < 1:
        raise ValueError(f"{design.classes} classes leave no degree of freedom: give more, or ask with adjust=False")
    bound = dunnett_bound(treatments, df - adjust, level=level)
    variances = _variances(design, effect, contrast, outcome, adjust)
    error = np.sqrt((variances * weights**2).sum() / design.classes_per_arm)
    away = abs(effect) / error * np.sqrt(left)
    return float(np.clip(share @ _beyond(bound, df - adjust, np.minimum(away, 1e6)), 0, 1))


def _beyond(bound: float, df: float, away: np.ndarray) -> np.ndarray:
    """P(|t| > bound) for t noncentral by `away`; so far away that scipy gives up, it is 1."""
    exact = stats.nct.sf(bound, df, away) + stats.nct.cdf(-bound, df, away)
    return np.where(np.isfinite(exact), exact, 1.0)


def _effects(design: TrialDesign, effect: float, contrast: str | None, outcome: str) -> dict[str, float]:
    """What the arms must add for a contrast to be so large."""
    name = contrast if contrast is not None else next(iter(contrasts(design.arms, outcome)))
    return dict.fromkeys(FACTORIAL[name][1] if name in FACTORIAL else (name.partition(" - ")[0],), effect)


def power(
    design: TrialDesign, effect: float, *, rng, n: int = 500, contrast: str | None = None, outcome: str = "achievement",
    adjust: bool = True, how: str = "classes", level: float = 0.05,
) -> Power:  # fmt: skip
    """How often n simulated trials find an effect, p below `level`. As `analytic_power`, by counting.

    how: the analysis, as in `analysis.analyse`. With effect 0 these are the false alarms.
    """
    effect, rng = checks.finite(effect, "effect"), checks.generator(rng)
    n, level = checks.whole(n, "n", 2, 10**6), checks.inside(level, "level", 0.05)
    _asked(design, contrast, outcome)
    checks.fits_in_memory(20 * design.students, "the trial", 1e9)
    checks.fits_in_memory(20 * design.students * n, "all trials, one after another,", 2e11)
    lifted, found = _effects(design, effect, contrast, outcome), np.empty(n, dtype=bool)
    options = {"effects": lifted} if outcome == "achievement" else {"engagement": {outcome: lifted}}
    for i in range(n):
        said = analyse(simulate(design, rng=rng, **options), outcome, adjust=adjust, how=how)
        found[i] = said.p_value[said.names.index(contrast) if contrast is not None else 0] < level
    return Power.of(found)


def smallest_effect(design: TrialDesign, *, power: float = 0.8, **asked) -> float:
    """The effect that the trial finds with probability `power`. asked: as in `analytic_power`."""
    power = _wanted(power, asked.get("level", 0.05))
    checks.instance(design, TrialDesign, "design", "give a TrialDesign, such as TrialDesign(20, 25)")
    outcome = checks.one_of(asked.get("outcome", "achievement"), OUTCOMES, "outcome")
    most = np.inf
    if outcome in ENGAGEMENT:
        most = 0.999 * (1 - design.rates[ENGAGEMENT.index(outcome)])
    top = min(1.0, most)
    while analytic_power(design, top, **asked) < power:
        if top == most:
            raise ValueError(f"power = {power:g}: no effect on {outcome} is seen so often; give more classes")
        top = min(2 * top, most)
    return float(optimize.brentq(lambda effect: analytic_power(design, effect, **asked) - power, 0, top, xtol=1e-9))


def classes_needed(design: TrialDesign, effect: float, *, power: float = 0.8, **asked) -> int:
    """Classes in each arm that find `effect` with probability `power`, all else as in `design`.

    asked: as in `analytic_power`. Raises ValueError for an effect so small that a million do not.
    """
    power, effect = _wanted(power, asked.get("level", 0.05)), checks.finite(effect, "effect")
    checks.instance(design, TrialDesign, "design", "give a TrialDesign, such as TrialDesign(20, 25)")

    taken = checks.flag(asked.get("adjust", True), "adjust")

    def enough(k: int) -> bool:
        larger = replace(design, classes_per_arm=k)
        left = _asked(larger, asked.get("contrast"), asked.get("outcome", "achievement"))[1] - taken
        return left >= 1 and analytic_power(larger, effect, **asked) >= power

    high = 2
    while not enough(high):
        if high >= MOST:
            raise ValueError(f"effect = {effect:g}: {MOST:,} classes in an arm do not see it; ask for a larger one")
        high = min(2 * high, MOST)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def schools_needed(
    design: TrialDesign, effect: float, *, classes_per_school: int = 4, power: float = 0.8, **asked
) -> int:
    """Schools that find `effect` with probability `power`, if each sends so many classes.

    Where schools are blocks each sends one to every arm, and `classes_per_school` is the number of arms; otherwise a
    class counts as if of a school of its own, and schools are only counted. asked: as in `analytic_power`.
    """
    classes_per_school = checks.whole(classes_per_school, "classes_per_school", 1)
    each = classes_needed(design, effect, power=power, **asked)
    if design.blocked and classes_per_school != len(design.arms):
        raise ValueError(
            f"classes_per_school = {classes_per_school}: a school that is a block sends {len(design.arms)}"
        )
    return -(-each * len(design.arms) // classes_per_school)


def _wanted(power, level) -> float:
    """A power that one can want: above the level."""
    power = checks.inside(power, "power", 0.8)
    if not checks.inside(level, "level", 0.05) < power <= 0.999:
        raise ValueError(f"power = {power:g}: give a number above the level, {level:g}, and at most 0.999")
    return power
