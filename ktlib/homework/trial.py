"""The experiment that shows whether a homework works: whole classes are drawn by lot, and compared with each other.

`TrialDesign` says who takes part, `randomise` draws the lots, `simulate` lets such a trial happen, and `analyse` reads
one, simulated or real. Four arms are planned by Shi & Athey (2021, section 8.2): a curated homework as control, then
personal questions only, feedback only, and both. How many classes it takes: `power`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from .. import _checks as checks

ARMS = ("control", "personal", "feedback", "both")
WITH_FEEDBACK = ("feedback", "both")  # where feedback can be used at all
ENGAGEMENT = ("opened", "completed", "used_feedback")
OUTCOMES = ("achievement", *ENGAGEMENT)
FACTORIAL = {  # what the four arms tell together, weights in the order of `ARMS`, and which arms such an effect lifts
    "personalisation": ((-0.5, 0.5, -0.5, 0.5), ("personal", "both")),
    "immediate feedback": ((-0.5, -0.5, 0.5, 0.5), ("feedback", "both")),
    "interaction": ((1.0, -1.0, -1.0, 1.0), ("both",)),
}


def _arms(arms) -> tuple[str, ...]:
    """Names of arms, two or more."""
    arms = checks.listed(arms, "arms", "['control', 'both']")
    if not all(isinstance(arm, str) and arm for arm in arms) or len(set(arms)) < max(2, len(arms)):
        raise ValueError(f"arms = {list(arms)!r}: give two or more different names, the control first")
    return arms


def _share(value, name: str) -> float:
    """A share of a variance, 0 or more and below 1."""
    value = checks.not_negative(value, name)
    if value >= 1:
        raise ValueError(f"{name} = {value:g}: give a share of the variance, 0 or more and below 1")
    return value


@dataclass(frozen=True)
class TrialDesign:
    """Who takes part in a trial, and what is assumed of them.

    classes_per_arm, students_per_class: 2 or more. arms: names, the control first. Achievement has variance 1, so
    effects are in standard deviations; of it lies between schools `icc_school`, between classes of one school `icc`,
    and the rest between students of one class, shares in [0, 1). past_r2: the share of each part that past results
    explain. blocked: every school sends one class to each arm, and is compared with itself; otherwise each class is
    of a school of its own. rates: shares of students who open, complete, and use feedback where there is any, each at
    most the one before. icc_keen: how much of a student's keenness, a hidden normal number, lies between classes.
    Raises ValueError for anything else.
    """

    classes_per_arm: int
    students_per_class: int
    arms: tuple[str, ...] = ARMS
    icc: float = 0.2
    icc_school: float = 0.0
    past_r2: float = 0.5
    blocked: bool = False
    rates: tuple[float, float, float] = (0.7, 0.5, 0.3)
    icc_keen: float = 0.1

    def __post_init__(self):
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("classes_per_arm", checks.whole(self.classes_per_arm, "classes_per_arm", 2))
        put("students_per_class", checks.whole(self.students_per_class, "students_per_class", 2))
        put("arms", _arms(self.arms))
        for name in ("icc", "icc_school", "past_r2", "icc_keen"):
            put(name, _share(getattr(self, name), name))
        if self.icc + self.icc_school >= 1:
            raise ValueError(f"icc + icc_school = {self.icc + self.icc_school:g}: leave a share to the students")
        put("blocked", checks.flag(self.blocked, "blocked"))
        rates = checks.listed(self.rates, "rates", "(0.7, 0.5, 0.3)")
        if len(rates) != 3:
            raise ValueError(f"rates = {rates!r}: give three shares: opened, completed, used feedback")
        rates = tuple(checks.inside(rate, "rates", 0.5) for rate in rates)
        if sorted(rates, reverse=True) != list(rates):
            raise ValueError(
                f"rates = {rates}: no more students can complete than open, nor use feedback than complete"
            )
        put("rates", rates)

    @property
    def classes(self) -> int:
        """In all arms together."""
        return self.classes_per_arm * len(self.arms)

    @property
    def schools(self) -> int:
        """With blocks as many as classes in an arm, otherwise as many as classes."""
        return self.classes_per_arm if self.blocked else self.classes

    @property
    def students(self) -> int:
        """In all arms together."""
        return self.classes * self.students_per_class


def contrasts(arms=ARMS, outcome: str = "achievement") -> dict[str, np.ndarray]:
    """What is compared: name -> weights of the arms' means, which add up to 0.

    Each arm against the first, as in "both - control". With the four of `ARMS` also "personalisation" and "immediate
    feedback", each averaged over the other, and "interaction": what both do together beyond the sum of each alone. Use
    of feedback is compared only among arms that offer it. Raises ValueError where fewer than two do.
    """
    arms = _arms(arms)
    if checks.one_of(outcome, OUTCOMES, "outcome") == "used_feedback":
        offered = [arm for arm in arms if arm in WITH_FEEDBACK]
        if len(offered) < 2:
            raise ValueError(f"arms = {list(arms)}: use of feedback needs two arms that offer it, {WITH_FEEDBACK}")
    else:
        offered = list(arms)
    found = {
        f"{arm} - {offered[0]}": np.array([(a == arm) - (a == offered[0]) for a in arms], dtype=float)
        for arm in offered[1:]
    }
    if arms == ARMS and len(offered) == 4:
        found |= {name: np.array(weights) for name, (weights, _) in FACTORIAL.items()}
    return found


def randomise(classes, arms=ARMS, *, rng, strata=None) -> pd.Series:
    """Deal classes to arms by lot, in equal numbers.

    classes: their names, or how many. strata: one name a class, such as its school; in each stratum, and in all, the
    numbers of two arms then differ by at most one. Gives the arm of each class, in the order given. Raises ValueError
    for fewer classes than arms and for a class named twice.
    """
    arms, rng = _arms(arms), checks.generator(rng)
    if isinstance(classes, int | np.integer) and not isinstance(classes, bool):
        checks.fits_in_memory(checks.whole(classes, "classes", 1), "the classes", 1e8)
        classes = range(classes)
    names = checks.listed(classes, "classes", "['7a', '7b', '8a', '8b']")
    if len(names) < len(arms):
        raise ValueError(f"{len(names)} classes for {len(arms)} arms: give at least one class to each arm")
    index = pd.Index(pd.Series(names, dtype=object), name="class")
    if _repeated(names):
        raise ValueError(f"class {_repeated(names)[0]!r} stands twice among the classes: name each once")
    block = np.zeros(len(names), dtype=int)
    if strata is not None:
        strata = checks.listed(strata, "strata", "['north', 'north', 'south', 'south']")
        if len(strata) != len(names):
            raise ValueError(f"{len(strata)} strata for {len(names)} classes: give one for each class")
        block = pd.factorize(pd.Series([repr(s) for s in strata]))[0]
    return pd.Series(np.array(arms, dtype=object)[_dealt(block, len(arms), rng)], index=index, name="arm")


def _repeated(names) -> list:
    """Names that stand twice or more."""
    seen = pd.Series([repr(name) for name in names])
    return [names[place] for place in np.flatnonzero(seen.duplicated())]


def _dealt(block: np.ndarray, arms: int, rng) -> np.ndarray:
    """The arm of each class: shuffled inside its block, then dealt round, the arms in an order of their own."""
    order = np.lexsort([rng.random(len(block)), block])
    out = np.empty(len(block), dtype=int)
    out[order] = rng.permutation(arms)[np.arange(len(block)) % arms]
    return out


@dataclass(frozen=True, repr=False, eq=False)
class Trial:
    """What a trial has seen, simulated or real.

    arms: names, the control first. arm: (classes,) place of each class's arm. school: (classes,) codes; schools are
    compared with themselves. All 0: one block. group: (students,) code of each student's class. past: (students,)
    results before, in any unit. outcomes: name -> (students,) numbers. Arrays are copied and cannot be written into.
    Raises ValueError for an arm without two classes, a class with one student, a missing number.
    """

    arms: tuple[str, ...]
    arm: np.ndarray
    school: np.ndarray
    group: np.ndarray
    past: np.ndarray
    outcomes: Mapping[str, np.ndarray] = field(default_factory=dict)

    __repr__ = checks.short

    def __post_init__(self):
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("arms", _arms(self.arms))
        for name in ("arm", "school", "group"):
            put(name, checks.own(_codes(getattr(self, name), name)))
        if len(self.arm) != len(self.school):
            raise ValueError(f"{len(self.arm)} arms and {len(self.school)} schools: give one of each for every class")
        if (self.arm >= len(self.arms)).any():
            raise ValueError(f"arm holds {self.arm.max()}: the arms are numbered 0 to {len(self.arms) - 1}")
        few = np.flatnonzero(np.bincount(self.arm, minlength=len(self.arms)) < 2)
        if len(few):
            raise ValueError(f"arm {self.arms[few[0]]!r} has fewer than two classes: chance cannot be told from effect")
        checks.fits_in_memory(int(self.group.max()), "the classes", 1e8)
        sizes = np.bincount(self.group, minlength=len(self.arm))
        if len(sizes) > len(self.arm):
            raise ValueError(
                f"group holds {len(sizes) - 1}: {len(self.arm)} classes have an arm, 0 to {len(self.arm) - 1}"
            )
        if (sizes < 2).any():
            odd = int(np.flatnonzero(sizes < 2)[0])
            raise ValueError(
                f"class {odd} has {sizes[odd]} of the students: give every class 2 or more, or leave it out"
            )
        put("past", checks.own(_each(self.past, "past", len(self.group))))
        given = checks.mapping(self.outcomes, "outcomes", "{'achievement': [0.1, -0.3]}")
        for name in given:
            checks.one_of(name, OUTCOMES, "outcome")
        put("outcomes", {name: checks.own(_each(given[name], name, len(self.group))) for name in given})

    @property
    def classes(self) -> int:
        """How many classes."""
        return len(self.arm)

    def frame(self) -> pd.DataFrame:
        """A row a student: class, school, arm, past and each outcome."""
        names = np.array(self.arms, dtype=object)[self.arm]
        columns = {"class": self.group, "school": self.school[self.group], "arm": names[self.group], "past": self.past}
        return pd.DataFrame(columns | self.outcomes)


def _codes(value, name: str) -> np.ndarray:
    """Whole numbers from 0, one row of them."""
    array = checks.numbers(value, name)
    if array.ndim != 1 or not len(array) or not ((array >= 0) & (array < 2**62) & (array == np.floor(array))).all():
        raise ValueError(f"{name} must be a row of codes 0, 1, 2 …: number what you have with pandas.factorize")
    return array.astype(int)


def _each(value, name: str, students: int) -> np.ndarray:
    """A finite number for each student."""
    array = checks.numbers(value, name)
    if array.shape != (students,) or not np.isfinite(array).all():
        odd = (
            f"has shape {array.shape}"
            if array.shape != (students,)
            else f"[{np.flatnonzero(~np.isfinite(array))[0]}] is not finite"
        )
        raise ValueError(f"{name} {odd}: give one finite number for each of {students} students")
    return array


def simulate(design: TrialDesign, effects: Mapping[str, float] | None = None, *, rng, engagement=None) -> Trial:
    """A trial as `design` has it. Past results and the rest of achievement each have a part that a school shares, one
    that a class shares and one of the student's own; one hidden keenness decides who opens, completes, uses feedback.

    effects: arm -> what it adds to achievement, in standard deviations. engagement: outcome -> arm -> what it adds to
    the share of students, as in {"opened": {"both": 0.05}}. What is not named is 0. Raises ValueError for other arms.
    """
    design = checks.instance(design, TrialDesign, "design", "give a TrialDesign, such as TrialDesign(20, 25)")
    rng, added = checks.generator(rng), _added(design, {} if effects is None else effects, "effects")
    checks.fits_in_memory(20 * design.students, "the trial", 1e9)
    k, m, arms = design.classes, design.students_per_class, len(design.arms)
    school = np.repeat(np.arange(design.schools), k // design.schools)
    arm = _dealt(school if design.blocked else np.zeros(k, dtype=int), arms, rng)
    group = np.repeat(np.arange(k), m)

    def part(of_school: float, of_class: float) -> np.ndarray:
        shared = np.sqrt(of_school) * rng.normal(size=design.schools)[school] + np.sqrt(of_class) * rng.normal(size=k)
        return shared[group] + np.sqrt(1 - of_school - of_class) * rng.normal(size=k * m)

    past, rest = part(design.icc_school, design.icc), part(design.icc_school, design.icc)
    keen = part(0.0, design.icc_keen)
    outcomes = {"achievement": np.sqrt(design.past_r2) * past + np.sqrt(1 - design.past_r2) * rest + added[arm][group]}
    more = checks.mapping({} if engagement is None else engagement, "engagement", "{'opened': {'both': 0.05}}")
    for name in more:
        checks.one_of(name, ENGAGEMENT, "engagement")
    for name, rate in zip(ENGAGEMENT, design.rates, strict=True):
        share = rate + _added(design, more.get(name, {}), f"engagement[{name!r}]")
        if not ((share > 0) & (share < 1)).all():
            odd = share[(share <= 0) | (share >= 1)][0]
            raise ValueError(f"engagement[{name!r}] brings a share to {odd:g}: stay inside 0 and 1")
        if name == "used_feedback":
            share = np.where(np.isin(design.arms, WITH_FEEDBACK), share, 0.0)
        outcomes[name] = keen > special.ndtri(1 - share)[arm][group]
    return Trial(design.arms, arm, school if design.blocked else np.zeros(k, dtype=int), group, past, outcomes)


def _added(design: TrialDesign, effects, name: str) -> np.ndarray:
    """(arms,) what each arm adds."""
    given = checks.mapping(effects, name, "{'both': 0.1}")
    for arm, value in given.items():
        checks.one_of(arm, design.arms, f"an arm of {name}")
        checks.finite(value, f"{name}[{arm!r}]")
    return np.array([float(given.get(arm, 0.0)) for arm in design.arms])
