"""What a first run tells: how much classes differ, and what share of students opens the homework, each as surely as
so many classes allow. A trial is planned with these numbers, and they are guesses until somebody has measured them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from .. import _checks as checks


@dataclass(frozen=True)
class Spread:
    """How a result's variance is shared out. school, group, own: parts that lie between schools, between classes of a
    school, between students of a class; they add up to 1 and none is below 0. schools, classes, students: how many.
    """

    school: float
    group: float
    own: float
    schools: int
    classes: int
    students: int

    @property
    def icc(self) -> float:
        """Share between classes, whether of one school or of two."""
        return self.school + self.group


def spread(values, group, school) -> Spread:
    """Shares of variance between schools, classes of a school, and students.

    values: (n,) results. group, school: (n,) names of each student's class and school. By the sums of squares of a
    nested classification, equated to what they expect (Henderson 1953, method 1; Searle 1971, section 10.5); a part
    that comes out below 0 counts as 0. Raises ValueError without a school of two classes and a class of two students.
    """
    values = checks.numbers(values, "values")
    if values.ndim != 1 or not np.isfinite(values).all() or not len(values):
        raise ValueError("values must be a row of finite numbers: one for each student")
    rows = [checks.listed(names, what, "['7a', '7a', '7b']") for names, what in ((group, "group"), (school, "school"))]
    for names, what in zip(rows, ("group", "school"), strict=True):
        if len(names) != len(values):
            raise ValueError(f"{what} has {len(names)} names for {len(values)} values: give one for each student")
    try:
        c, s = (pd.factorize(pd.Series(names, dtype=object))[0] for names in rows)
    except TypeError:
        raise ValueError("group and school must be names: give texts or numbers") from None
    if min(c.min(), s.min()) < 0:
        raise ValueError(
            f"student {int(np.flatnonzero((c < 0) | (s < 0))[0])} has no class or no school: leave her out"
        )
    return _nested(values, np.unique(c + s * len(values), return_inverse=True)[1], s)


def _nested(values: np.ndarray, c: np.ndarray, s: np.ndarray) -> Spread:
    """`spread` of codes."""
    n, of_class, of_school = len(values), np.bincount(c), np.bincount(s)
    classes, schools = len(of_class), len(of_school)
    at = np.empty(classes, dtype=int)
    at[c] = s  # the school of each class
    if not (schools >= 2 and classes > schools and n > classes):
        raise ValueError(
            f"{n} students in {classes} classes of {schools} schools: give two schools or more, one with two classes, "
            "and a class of two students"
        )
    mean_c, mean_s = np.bincount(c, values) / of_class, np.bincount(s, values) / of_school
    own = ((values - mean_c[c]) ** 2).sum() / (n - classes)
    between_c = (of_class * (mean_c - mean_s[at]) ** 2).sum() / (classes - schools)
    between_s = (of_school * (mean_s - values.mean()) ** 2).sum() / (schools - 1)
    inside = np.bincount(at, of_class**2) / of_school  # in each school, the size of the class that a student is in
    n_c = (n - inside.sum()) / (classes - schools)
    n_cs = (inside.sum() - (of_class**2).sum() / n) / (schools - 1)
    n_s = (n - (of_school**2).sum() / n) / (schools - 1)
    var_c = max((between_c - own) / n_c, 0.0)
    var_s = max((between_s - own - n_cs * var_c) / n_s, 0.0)
    total = own + var_c + var_s
    if not total > 0:
        raise ValueError("values are all alike: there is no variance to share out")
    return Spread(float(var_s / total), float(var_c / total), float(own / total), schools, classes, n)


def icc_interval(icc: float, *, classes: int, students: int, level: float = 0.95) -> tuple[float, float]:
    """Where the true share between classes may lie, if `classes` of `students` each show a share of `icc`.

    The F interval of a one-way classification (Searle 1971, section 9.9), not below 0; exact for normal results.
    """
    icc = checks.not_negative(icc, "icc")
    if icc >= 1:
        raise ValueError(f"icc = {icc:g}: give a share, 0 or more and below 1")
    classes, students = checks.whole(classes, "classes", 2), checks.whole(students, "students", 2)
    tail = (1 - checks.inside(level, "level", 0.95)) / 2
    ratio = 1 + students * icc / (1 - icc)
    df = classes - 1, classes * (students - 1)
    ends = [ratio / stats.f.ppf(p, *df) for p in (1 - tail, tail)]
    low, high = (max((f - 1) / (f - 1 + students), 0.0) if f > 1 - students else 1.0 for f in ends)
    return float(low), float(min(high, 1.0))


def rate_half_width(rate: float, *, classes: int, students: int, icc: float, level: float = 0.95) -> float:
    """Half of the interval of a share of students, such as those who open it, where classes differ.

    rate: the share. icc: how much of its variance lies between classes. The design effect 1 + (students - 1) icc times
    what as many students would give who have nothing in common (Donner & Klar 2000, section 1.3).
    """
    rate, icc = checks.inside(rate, "rate", 0.7), checks.not_negative(icc, "icc")
    if icc >= 1:
        raise ValueError(f"icc = {icc:g}: give a share, 0 or more and below 1")
    classes, students = checks.whole(classes, "classes", 2), checks.whole(students, "students", 2)
    z = special.ndtri((1 + checks.inside(level, "level", 0.95)) / 2)
    return float(z * np.sqrt(rate * (1 - rate) * (1 + (students - 1) * icc) / classes / students))
