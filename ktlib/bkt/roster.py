"""Who knows what, followed as answers come: a student × skill table of beliefs, one answer at a time.

What `model.filter` does to a whole log, answer by answer: the same beliefs, without the log.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Hashable, Mapping
from pathlib import Path
from reprlib import repr as shown

from .. import _checks as checks
from ..data._files import near
from .model import NAMES, BKTParams
from .sensitivity import MASTERY
from .skills import SkillFits

_KIND = "roster"


class Roster:
    """Beliefs about students and skills that move with every answer.

    skills: name -> `BKTParams`, or what `skills.fit` returned. mastery: P(known) from which a skill counts as mastered,
    between 0 and 1.

    A skill must be one of `skills`, a student enrolled (`enrol`): a name that is neither is refused with the nearest
    one that is, lest a typo start a student of its own. A student whose skill has no answer yet is believed to know it
    with its p_init. Raises ValueError for anything else.
    """

    def __init__(self, skills, *, mastery: float = MASTERY):
        if isinstance(skills, SkillFits):
            skills = dict(zip(skills.names, skills.params, strict=True))
        self.skills = checks.mapping(skills, "skills", "{'fractions': BKTParams()} or give what skills.fit returned")
        if not self.skills:
            raise ValueError("skills are none: give at least one, such as {'fractions': BKTParams()}")
        for name, params in self.skills.items():
            checks.instance(params, BKTParams, f"skills[{shown(name)}]", "give BKTParams")
        self.mastery = checks.inside(mastery, "mastery", MASTERY)
        self._students: dict[Hashable, dict] = {}  # student -> skill -> [P(known), P(not known), answers]

    def __repr__(self) -> str:
        cells = sum(map(len, self._students.values()))
        return f"Roster: {len(self._students):,} students, {len(self.skills):,} skills, {cells:,} beliefs"

    def __len__(self) -> int:
        return len(self._students)

    @property
    def students(self) -> tuple:
        """Who is enrolled, in the order enrolled."""
        return tuple(self._students)

    def enrol(self, student, known: Mapping | None = None) -> None:
        """Add a student, or resume one. known: skill -> her P(known) as it was stored, for the question to come.

        Raises ValueError for a student who is enrolled already, an unknown skill, or what is no probability.
        """
        if not isinstance(student, Hashable) or student is None or student != student:
            raise ValueError(f"student = {shown(student)}: give a text or a number")
        if student in self._students:
            raise ValueError(f"student {shown(student)} is enrolled already: answers go to add")
        stored = checks.mapping({} if known is None else known, "known", "{'fractions': 0.7}")
        cells = {}
        for skill, value in stored.items():
            self._params(skill)
            belief = float(
                checks.probabilities(checks.finite(value, f"known[{shown(skill)}]"), f"known[{shown(skill)}]")
            )
            cells[skill] = [belief, 1 - belief, 0]
        self._students[student] = cells

    def add(self, student, skill, correct) -> float:
        """One answer, 1 right or 0 wrong: moves the belief, and gives P(known) for the next question.

        Bayes' rule and the chance to learn (Corbett & Anderson 1995, p. 258), as in `model.update`. Raises ValueError
        for an unknown student or skill, an answer that is neither, and one that is impossible under the skill's
        probabilities; the belief then stays as it was.
        """
        cells, params = self._cells(student), self._params(skill)
        try:
            right = bool(correct)
            if correct not in (0, 1):
                right = None
        except (TypeError, ValueError):
            right = None
        if right is None:
            raise ValueError(f"answer {shown(correct)} is not 1 (right) or 0 (wrong): recode it or leave it out")
        known, unknown, n = cells.get(skill) or (params.p_init, 1 - params.p_init, 0)
        known *= 1 - params.p_slip if right else params.p_slip
        unknown *= params.p_guess if right else 1 - params.p_guess
        total = known + unknown
        if not total:
            raise ValueError(f"the answer has probability zero under {params}: move slip and guess away from 0 and 1")
        known, unknown = known / total, unknown / total
        known, unknown = known + (1 - known) * params.p_transit, unknown * (1 - params.p_transit)
        cells[skill] = [known, unknown, n + 1]
        return known

    def feed(self, log) -> Roster:
        """All answers of a `data.Log`, in order; who is new is enrolled. Gives the roster itself.

        Raises ValueError as `add`, and for a log without skills.
        """
        frame = getattr(log, "frame", None)
        if not {"student", "skill", "correct"} <= set(getattr(frame, "columns", ())):
            raise ValueError(f"log = {shown(log)}: give what data.read returned, with skills")
        for skill in frame["skill"].unique():
            self._params(skill)
        for student in frame["student"].unique():
            if student not in self._students:
                self.enrol(student)
        columns = (frame[name].tolist() for name in ("student", "skill", "correct"))
        for student, skill, correct in zip(*columns, strict=True):
            self.add(student, skill, correct)
        return self

    def known(self, student, skill) -> float:
        """P(known) for the next question."""
        params = self._params(skill)
        cell = self._cells(student).get(skill)
        return cell[0] if cell else params.p_init

    def forecast(self, student, skill) -> float:
        """P(right) of the next answer."""
        known, params = self.known(student, skill), self._params(skill)
        return known * (1 - params.p_slip) + (1 - known) * params.p_guess

    def mastered(self, student) -> tuple:
        """Skills that a student has answered and knows with `mastery` or more, in the order first answered."""
        return tuple(skill for skill, cell in self._cells(student).items() if cell[0] >= self.mastery)

    def frame(self):
        """A DataFrame with a row a belief: student, skill, answers, p_known, p_correct of the next, mastered."""
        import pandas as pd

        rows = [
            (student, skill, cell[2], cell[0], self.forecast(student, skill), cell[0] >= self.mastery)
            for student, cells in self._students.items()
            for skill, cell in cells.items()
        ]
        return pd.DataFrame(rows, columns=["student", "skill", "answers", "p_known", "p_correct", "mastered"])

    def save(self, path) -> None:
        """Write to a .json file, whole or not at all. Names must be texts or numbers."""
        path = Path(checks.instance(path, (str, os.PathLike), "path", 'give the name of a file, such as "roster.json"'))
        names = [*self.skills, *self._students]
        bad = next((name for name in names if not isinstance(name, str | int | float)), None)
        if bad is not None:
            raise ValueError(f"name {shown(bad)}: only texts and numbers can be saved as names")
        about = {"kind": _KIND, "version": 1, "mastery": self.mastery}
        about["skills"] = [[name, *params] for name, params in self.skills.items()]
        about["students"] = [
            [who, [[skill, *cell] for skill, cell in cells.items()]] for who, cells in self._students.items()
        ]
        beside = path.with_name(path.name + ".part")
        beside.write_text(json.dumps(about), encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path) -> Roster:
        """Read what `save` wrote. ValueError for a file that is cut short or holds no roster."""
        path = Path(checks.instance(path, (str, os.PathLike), "path", 'give the name of a file, such as "roster.json"'))
        text = path.read_bytes()
        try:
            about = json.loads(text)
            if about["kind"] != _KIND or about["version"] != 1:
                raise KeyError("kind")
            skills = {
                name: BKTParams(**dict(zip(NAMES, p, strict=True)), allow_flip=True) for name, *p in about["skills"]
            }
            roster = cls(skills, mastery=about["mastery"])
            for student, cells in about["students"]:
                roster._students[student] = {skill: _cell(values) for skill, *values in cells if roster._params(skill)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path} is cut short or holds no roster ({type(error).__name__}): save it again"
            ) from error
        return roster

    def _cells(self, student) -> dict:
        try:
            return self._students[student]
        except (KeyError, TypeError):
            raise ValueError(
                f"student {shown(student)} is not enrolled{near(student, self._students)}: enrol who is new"
            ) from None

    def _params(self, skill) -> BKTParams:
        try:
            return self.skills[skill]
        except (KeyError, TypeError):
            raise ValueError(
                f"skill {shown(skill)} was not fitted{near(skill, self.skills)}: name one that was"
            ) from None


def _cell(values: list) -> list:
    known, unknown, answers = values
    if not (math.isfinite(known) and 0 <= known <= 1 and 0 <= unknown <= 1 and answers >= 0):
        raise ValueError(f"belief {values}")
    return [known, unknown, answers]
