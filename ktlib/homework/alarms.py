"""False alarms: what several looks at a running trial cost, and several comparisons with one control, and the remedy.

A trial cries wolf where it finds an effect and there is none. One look at one comparison does so as often as its level
says, 5%; every further one adds to it. Both remedies are computed here, not looked up.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special, stats

from .. import _checks as checks

RULES = ("none", "pocock", "obrien-fleming")
_MOST_LOOKS = 50
_NODES = 120  # at which what is known of a running trial is kept


def chance_of_alarm(bounds) -> float:
    """How often a trial without effect crosses one of its bounds, if looked at after equal shares of its data.

    bounds: (looks,) for |z| at each look, above 0; infinity where nothing can be decided. By recursion over looks, the
    density of the sum so far on Gauss-Legendre nodes (Armitage, McPherson & Rowe 1969, section 3).
    """
    bounds = checks.numbers(bounds, "bounds")
    if bounds.ndim != 1 or not 1 <= len(bounds) <= _MOST_LOOKS or not (bounds > 0).all():
        raise ValueError(f"bounds = {bounds!r}: give 1 to {_MOST_LOOKS} bounds above 0, one for each look")
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    reach = np.minimum(bounds, 9) * np.sqrt(np.arange(1, len(bounds) + 1))
    x, mass = nodes * reach[0], weights * reach[0] * stats.norm.pdf(nodes * reach[0])
    for far in reach[1:]:
        y = nodes * far
        mass = weights * far * (stats.norm.pdf(y[:, None] - x) @ mass)
        x = y
    return float(np.clip(1 - mass.sum(), 0, 1))


def look_bounds(looks: int, *, rule: str = "obrien-fleming", level: float = 0.05) -> np.ndarray:
    """(looks,) bounds for |z| at equally spaced looks, so that all together cry wolf in `level` of trials.

    rule: "obrien-fleming", strict at first and almost the usual bound at the end (O'Brien & Fleming 1979); "pocock",
    the same bound at each look (Pocock 1977); "none", the usual bound each time, which does not keep the level.
    """
    looks = checks.whole(looks, "looks", 1, _MOST_LOOKS)
    level, rule = _level(level), checks.one_of(rule, RULES, "rule")
    usual = special.ndtri(1 - level / 2)
    shape = np.sqrt(looks / np.arange(1, looks + 1)) if rule == "obrien-fleming" else np.ones(looks)
    if rule == "none" or looks == 1:
        return usual * shape
    return shape * optimize.brentq(lambda c: chance_of_alarm(c * shape) - level, 0.5 * usual, 2 * usual + 2, xtol=1e-10)


def dunnett_bound(treatments: int, df: float, *, level: float = 0.05) -> float:
    """Bound for |t| where so many arms are compared with one control of the same size, and one alarm is one too many.

    df: degrees of freedom of the common variance, 1 or more; infinity for a known one. The t values go together, for
    they share the control: Dunnett (1955), two-sided, by quadrature over the control's mean and the variance.
    """
    treatments = checks.whole(treatments, "treatments", 1, 1000)
    df = np.inf if isinstance(df, float) and df == np.inf else checks.finite(df, "df")
    if df < 1:
        raise ValueError(f"df = {df:g}: give 1 or more")
    level = _level(level)
    if treatments == 1:
        return float(stats.t.ppf(1 - level / 2, df))
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    if df == np.inf:
        spread, share = np.ones(1), np.ones(1)
    else:
        p, share = np.polynomial.legendre.leggauss(200)
        spread, share = np.sqrt(stats.chi2.ppf((p + 1) / 2, df) / df), share / 2

    def alarm(c: float) -> float:
        edge = np.sqrt(2) * c * spread[:, None]
        quiet = (special.ndtr(nodes + edge) - special.ndtr(nodes - edge)) ** treatments
        return 1 - share @ quiet @ weights - level

    top = float(stats.t.ppf(1 - level / 2 / treatments, df))
    return float(optimize.brentq(alarm, 0.9 * float(stats.t.ppf(1 - level / 2, df)), 1.1 * top, xtol=1e-10))


def _level(level) -> float:
    """A level that a trial can be held to."""
    level = checks.inside(level, "level", 0.05)
    if not 1e-6 <= level <= 0.5:
        raise ValueError(f"level = {level:g}: give 0.000001 to 0.5, such as 0.05")
    return level
