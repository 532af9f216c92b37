"""Exams: answers, and what is known of every question before anybody has answered it. Real ones are in `datasets`."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit

from .._checks import fits_in_memory, generator, instance, not_negative, numbers, own, probabilities, whole
from ._frames import as_array, codes, unique_names
from .responses import Responses

FURTHER = 2  # abilities that tie the abilities in labels and skills together
OWN = 0.1  # share of the variance of an ability in a label or skill that nothing else tells of


@dataclass(frozen=True, eq=False, repr=False)
class Exam:
    """Answers to items that each belong to one label and need any number of skills.

    labels: L names of content areas. label: (items,) the place in `labels` of every item of `responses`. skills: S
    names, or none. needs: (items, S), 1 where an item needs a skill, else 0.

    The arrays are its own, and nobody can write into them.

    Raises ValueError for names that stand twice, codes and shapes that do not fit, and a label or skill that all items
    or no item has: with every item it is part of the general ability, with none there is nothing to learn it from.
    """

    responses: Responses
    labels: tuple
    label: np.ndarray
    skills: tuple
    needs: np.ndarray

    def __post_init__(self):
        instance(self.responses, Responses, "responses", "make them with Responses.from_frame")
        items = self.responses.items
        labels, skills = unique_names(self.labels, "label"), unique_names(self.skills, "skill")
        unique_names(labels + skills, "attribute")
        label = as_array(self.label, "label")
        if label.dtype.kind not in "iu" or label.shape != (len(items),):
            raise ValueError(
                f"label has type {label.dtype} and shape {label.shape}: give one whole number for each of "
                f"{len(items)} items"
            )
        outside = np.flatnonzero((label < 0) | (label >= len(labels)))
        if len(outside):
            raise ValueError(
                f"item {items[outside[0]]!r} has label {label[outside[0]]} of {len(labels)}: every item belongs to one "
                f"label, 0 to {len(labels) - 1}; give items without any a label of their own, such as 'other'"
            )
        needs = numbers(self.needs, "needs")
        if needs.shape != (len(items), len(skills)):
            raise ValueError(
                f"needs has shape {needs.shape}: give a row for each of {len(items)} items and a column for each of "
                f"{len(skills)} skills"
            )
        if not np.isin(needs, (0, 1)).all():
            row, column = np.argwhere(~np.isin(needs, (0, 1)))[0]
            raise ValueError(
                f"item {items[row]!r} has {needs[row, column]:g} for skill {skills[column]!r}: give 1 if needed, else 0"
            )
        checked = {"labels": labels, "label": own(label.astype(np.int32)), "skills": skills, "needs": own(needs)}
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        for name, count in zip(self.attribute_names, self.attributes.sum(0), strict=True):
            if count in (0, len(items)):
                which = "no item has" if not count else f"all {len(items)} items have"
                raise ValueError(f"{which} attribute {name!r}, so it tells none apart: drop the column")

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {len(self.labels)} labels, {len(self.skills)} skills. {self.responses}"

    @property
    def attributes(self) -> np.ndarray:
        """(items, L + S) floats, 1 or 0: the label one-hot, then the skills."""
        return np.hstack([np.eye(len(self.labels))[self.label], self.needs])

    @property
    def attribute_names(self) -> tuple:
        """Names of the columns of `attributes`."""
        return self.labels + self.skills

    def layouts(self) -> dict[str, np.ndarray]:
        """Masks (D, L + S) for the hierarchical model, by name: which attribute feeds which further coordinate.

        "apart": labels feed the first coordinate, skills the second, as in Shi & Athey's (2021, §7.3) H of length 2.
        "two each": labels feed the first two coordinates, skills the next two, as in their H of length 4.
        Without skills both have the labels' coordinates only. "all to all", not theirs: every attribute feeds both
        of two coordinates.
        """
        is_skill = np.arange(len(self.attribute_names)) >= len(self.labels)
        apart = np.stack([~is_skill, is_skill])[: 2 if self.skills else 1]
        both = np.ones((2, len(is_skill)), dtype=bool)
        return {"apart": apart, "two each": apart.repeat(2, axis=0), "all to all": both}


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """What a simulated exam's answers were drawn from. Strengths are inside the loadings; each ability has variance 1.

    ability: (students,) the general one. further: (students, 2) what ties the next two together. label_ability:
    (students, L). skill_ability: (students, S). hidden: (students, 2), tied to no attribute.
    discrimination, label, label_loadings, difficulty: (items,). skill_loadings: (items, S).
    hidden_loadings: (items, 2).
    label_directions: (L, 2) and skill_directions: (S, 2), unit vectors among the further abilities.
    """

    ability: np.ndarray
    further: np.ndarray
    label_ability: np.ndarray
    skill_ability: np.ndarray
    hidden: np.ndarray
    discrimination: np.ndarray
    label: np.ndarray
    label_loadings: np.ndarray
    skill_loadings: np.ndarray
    hidden_loadings: np.ndarray
    difficulty: np.ndarray
    label_directions: np.ndarray
    skill_directions: np.ndarray

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, own(getattr(self, field.name)))

    def __repr__(self) -> str:
        return f"Truth: of {len(self.ability):,} students and {len(self.difficulty):,} items"

    def predict(self, student, item) -> np.ndarray:
        """P(right) of students to items, (answers,) codes each; ValueError for a code that nobody has."""
        n = as_array(student, "student codes").size
        student = codes(student, range(len(self.ability)), n, "student")
        item = codes(item, range(len(self.difficulty)), n, "item")
        eta = np.empty(len(student))
        for start in range(0, len(student), 1 << 17):
            block = slice(start, start + (1 << 17))
            i, j = student[block], item[block]
            eta[block] = self.discrimination[j] * self.ability[i] - self.difficulty[j]
            eta[block] += self.label_loadings[j] * self.label_ability[i, self.label[j]]
            eta[block] += np.einsum("rs,rs->r", self.skill_loadings[j], self.skill_ability[i])
            eta[block] += np.einsum("rd,rd->r", self.hidden_loadings[j], self.hidden[i])
        return expit(eta)


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedExam(Exam):
    """An exam with its truth. p_correct: (answers,) the probability that each answer of `responses` was drawn with.

    For a part of the answers `replace` both, or keep the exam whole: truth.predict(part.student, part.item).
    """

    truth: Truth
    p_correct: np.ndarray

    def __post_init__(self):
        super().__post_init__()
        instance(self.truth, Truth, "truth", "make both with exams.exam")
        p_correct = probabilities(self.p_correct, "p_correct")
        if p_correct.shape != (len(self.responses),):
            raise ValueError(
                f"p_correct has shape {p_correct.shape} for {len(self.responses)} answers: give "
                "truth.predict(responses.student, responses.item)"
            )
        object.__setattr__(self, "p_correct", own(p_correct))


def exam(
    answers: int = 860_000,
    students: int | None = None,
    items: int = 3_600,
    labels: int = 22,
    skills: int = 12,
    *,
    rng,
    general: float = 1.0,
    by_label: float = 1.0,
    by_skill: float = 0.5,
    idiosyncratic: float = 0.5,
) -> SimulatedExam:
    """A simulated exam log of the shape of Shi & Athey's (2021): 8.6 M answers of 261 K students to 3.6 K items.

    With answers=8_600_000 it has their size. With fewer, students (by default 261 for each 8,600 answers) become
    fewer, so that each still answers about 33 questions and is known as well; items stay and have fewer answers each:
    what is known of a question is then the thin part. rng: a generator or a seed.

    η = general a θ + by_label b u[label] + by_skill mean of v[skills] + idiosyncratic c·w − difficulty, with
    a, b ~ log-normal(0, 0.3), c ~ N(0, 1/2) in each of two directions, difficulty ~ N(−1, 1), and abilities of
    variance 1: θ the general one, u in each label, v in each skill, w two that no attribute tells of. Nine tenths of
    the variance of u and v come from two further abilities, in which each label and skill has a direction of its own:
    that makes attributes worth having, since a student's answers in common labels tell of the rare ones.
    general, by_label, by_skill, idiosyncratic: strengths, 0 or more, in logits. The last three at 0 leave the
    two-parameter model, exactly; idiosyncratic alone makes many factors true and attributes useless.

    Share of the answers of the label of rank k ~ (k + 7)⁻⁶ (Zipf's law as Mandelbrot (1953) has it): 46 % down to
    .02 %. Items of a label ~ the root of that, so rare labels have few questions and few answers to each. Within a
    label popularity is log-normal(0, 1); every item has an answer. Answers of a student vary with sd half the mean.
    An item needs 1 to 3 skills, common and rare ones.

    Raises ValueError for sizes that cannot be: labels and skills 2 or more, items at least as many as either, answers
    from the larger of students and items to half of all pairs.
    """
    strength = {"general": general, "by_label": by_label, "by_skill": by_skill, "idiosyncratic": idiosyncratic}
    general, by_label, by_skill, idiosyncratic = (not_negative(value, name) for name, value in strength.items())
    answers, labels, skills = whole(answers, "answers", 1), whole(labels, "labels", 2), whole(skills, "skills", 2)
    items = whole(items, "items", max(labels, skills))
    students = max(1, round(answers * 261 / 8_600)) if students is None else whole(students, "students", 1)
    if not max(students, items) <= answers <= students * (items // 2):
        raise ValueError(
            f"answers = {answers} for {students} students and {items} items: give {max(students, items)} to "
            f"{students * (items // 2)}, or other students and items"
        )
    wide = students * (labels + skills + 5) + items * (2 * skills + 8) + 6 * answers
    fits_in_memory(wide, f"an exam of {answers:,} answers, {students:,} students and {items:,} items")
    rng = generator(rng)
    label, popularity = _labelled(rng, items, labels)
    needs = _needed(rng, items, skills)
    student, item = _asked(rng, answers, students, popularity)

    further = rng.standard_normal((students, FURTHER), dtype=np.float32)
    directions = [_directions(rng, n) for n in (labels, skills)]
    own = [rng.standard_normal((students, n), dtype=np.float32) for n in (labels, skills)]
    tied = [
        np.sqrt(np.float32(1 - OWN)) * (further @ d.T) + np.sqrt(np.float32(OWN)) * e
        for d, e in zip(directions, own, strict=True)
    ]
    truth = Truth(
        ability=rng.standard_normal(students),
        further=further,
        label_ability=tied[0],
        skill_ability=tied[1],
        hidden=rng.standard_normal((students, 2), dtype=np.float32),
        discrimination=general * rng.lognormal(0, 0.3, items),
        label=label,
        label_loadings=by_label * rng.lognormal(0, 0.3, items),
        skill_loadings=(by_skill * needs / needs.sum(1, keepdims=True)).astype(np.float32),
        hidden_loadings=(idiosyncratic * np.sqrt(0.5) * rng.standard_normal((items, 2))).astype(np.float32),
        difficulty=rng.normal(-1, 1, items),
        label_directions=directions[0],
        skill_directions=directions[1],
    )
    p_correct = truth.predict(student, item)
    correct = (rng.random(answers) < p_correct).astype(np.int8)
    return SimulatedExam(
        responses=Responses(student, item, correct, tuple(range(students)), tuple(range(items))),
        labels=tuple(f"label {k + 1}" for k in range(labels)),
        label=label,
        skills=tuple(f"skill {k + 1}" for k in range(skills)),
        needs=needs,
        truth=truth,
        p_correct=p_correct,
    )


def _labelled(rng: np.random.Generator, items: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Every item's label, and its share of all answers."""
    share = (np.arange(labels) + 8.0) ** -6
    ends = np.rint(np.cumsum(np.sqrt(share)) / np.sqrt(share).sum() * (items - labels)).astype(int)
    label = rng.permutation(np.repeat(np.arange(labels, dtype=np.int32), 1 + np.diff(ends, prepend=0)))
    within = rng.lognormal(0, 1, items)
    popularity = share[label] * within / np.bincount(label, within)[label]
    return label, popularity / popularity.sum()


def _needed(rng: np.random.Generator, items: int, skills: int) -> np.ndarray:
    """(items, skills) 0 or 1, one to three a row; the first items have one each, so none is on all or on no item."""
    race = rng.standard_exponential((items, skills)) * np.sqrt(1 + np.arange(skills))
    many = rng.integers(1, min(3, skills - 1) + 1, items)
    first = np.arange(skills)
    race[first, first], many[first] = -1, 1
    return (race.argsort(1).argsort(1) < many[:, None]).astype(float)


def _asked(rng: np.random.Generator, answers: int, students: int, popularity: np.ndarray) -> tuple:
    """Student and item of every answer, sorted; each pair once, each student and each item at least once."""
    items = len(popularity)
    lavish, most = rng.gamma(4, size=students), items // 2
    quota = np.ones(students, dtype=int)
    while missing := answers - quota.sum():
        room = lavish * (quota < most)
        quota = np.minimum(quota + rng.multinomial(missing, room / room.sum()), most)
    seats = rng.choice(np.repeat(np.arange(students), quota), items, replace=False)
    pairs = np.sort(seats * items + np.arange(items))
    temper = 1
    while len(pairs) < answers:
        short = quota - np.bincount(pairs // items, minlength=students)
        student = np.repeat(np.arange(students), short)
        ends = np.cumsum(popularity**temper)
        item = np.minimum(np.searchsorted(ends, rng.random(len(student)) * ends[-1], side="right"), items - 1)
        pairs = np.sort(np.concatenate([pairs, student * items + item]))
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        temper *= 0.8
    return (pairs // items).astype(np.int32), (pairs % items).astype(np.int32)


def _directions(rng: np.random.Generator, n: int) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)
