"""What a report on a log says, in words a teacher follows: of skills, of warnings, of what users ask again."""

from __future__ import annotations

from statistics import median

import numpy as np

from ..bkt import NAMES, BKTParams, bounds
from ..bkt.skills import SkillFits

WIDE = 0.1  # a number whose interval reaches further than this to either side is not pinned
LONGEST = 60  # answers a student beyond which a bound is not asked for
WORDS = {
    "p_init": "knows it beforehand",
    "p_transit": "learns it from a question",
    "p_slip": "misses though she knows",
    "p_guess": "right though she does not",
}
_WARNINGS = {  # how a flag begins: what it means for a teacher
    "guess + slip": "A right answer speaks against knowing it. Its two states have changed places.",
    "guess > ½": "Those who do not know it get most questions right. Perhaps the questions can be solved without it.",
    "slip > ½": "Those who know it get most questions wrong. Perhaps several skills share this name.",
    "transit = 0": "Nobody is seen to learn. Perhaps the questions get harder as the children get better.",
    "transit = 1": "Everybody is said to know it after one question. Most of these children knew it before.",
    "init = ": "What children knew beforehand lies at the very edge, which a few more answers can move.",
    "slip = 0": "Nobody who knows it is said ever to miss. One miss then counts as proof.",
    "guess = 0": "Nobody who does not know it is said ever to get it right. One right answer then counts as proof.",
    "flat": "These answers do not tell the four numbers apart: others would fit them as well.",
    "one student": "One student is no class.",
    "at most two answers": "Two answers a student cannot tell four numbers apart.",
    "every answer right": "Every answer is right: there is nothing to learn from.",
    "every answer wrong": "Every answer is wrong: there is nothing to learn from.",
    "another": "Other numbers fit these answers almost as well.",
    "upside down": "Read upside down, the model would fit better.",
    "the prior": "There are too few skills to say how skills differ.",
    "rough": "The numbers are a rough average.",
    "had not": "The fit had not come to rest.",
}


def sentences(p: BKTParams) -> str:
    """Four numbers as sentences to argue with."""
    return (
        f"Of those who come to it {p.p_init:.0%} know it already. Of those who do not, {p.p_transit:.0%} learn it from "
        f"one question. Those who know it miss {p.p_slip:.0%}; those who do not get {p.p_guess:.0%} right."
    )


def warning(flag: str) -> str:
    """A flag in a teacher's words, the flag itself where there are none."""
    return next((words for start, words in _WARNINGS.items() if flag.startswith(start)), flag)


def unpinned(fits: SkillFits, answers_each: dict) -> list[dict]:
    """Skills with a number that is not pinned: the widest, its interval, and what it would take to pin it.

    answers_each: skill -> the median of its students' answers. needed: students for ±`WIDE` with 95% from that many
    answers each, if its own answers were all there is, by the Cramér-Rao bound; where the log has that many already and
    its interval is wider, what its interval says, as widths go with one over the root. None, and why, where none would.
    """
    low, high = fits.interval()
    half = np.where(np.isnan(high - low), np.inf, (high - low) / 2)
    out = []
    for k in np.flatnonzero((half > WIDE).any(1)):
        number, answers = NAMES[int(half[k].argmax())], int(min(answers_each[fits.names[k]], LONGEST))
        at, students = NAMES.index(number), int(fits.students[k])
        try:
            needed, why = bounds.students_needed(fits.params[k], max(answers, 3), within=WIDE)[number], ""
        except ValueError:
            needed, why = None, "its numbers lie at an edge, where no bound holds"
        if needed is not None and needed <= students:
            grown = students * (half[k, at] / WIDE) ** 2
            needed, why = (int(np.ceil(grown)), "") if np.isfinite(grown) else (None, "nothing tells its numbers apart")
        row = {"skill": fits.names[k], "number": number, "low": low[k, at], "high": high[k, at], "why": why}
        out.append(row | {"students": students, "answers": max(answers, 3), "needed": needed})
    return out


def rest(p: BKTParams) -> float:
    """The belief below which a wrong answer still raises P(known): where wrong answers for ever would lead."""
    known = p.p_init
    for _ in range(500):
        wrong = known * p.p_slip / (known * p.p_slip + (1 - known) * (1 - p.p_guess))
        known = wrong + (1 - wrong) * p.p_transit
    return known


def asked_again(fits: SkillFits) -> list[tuple[str, str]]:
    """Questions that users of such programs ask, with answers from these fits."""
    flipped = [str(name) for name, p in zip(fits.names, fits.params, strict=True) if p.flipped]
    inside = [p for p in fits.params if not p.flipped and 0 < p.p_slip and p.p_guess < 1]
    beliefs = [rest(p) for p in inside]
    lowers = (
        f"That happens where guess and slip add up to more than one: {', '.join(flipped[:5])}. “Known” "
        "then means the state that answers worse. Do not use these skills."
        if flipped
        else "On no skill of this log: guess and slip add up to less than one on each, and then a right answer always "
        "raises P(knows it). Where they add up to more, the two states have changed places: throw the fit away."
    )
    raises = (
        "A wrong answer is evidence against knowing. But she also had a chance to learn from the question, and the "
        "model adds that afterwards. Where P(knows it) is low there is little to lose, and the chance to learn wins."
    )
    if beliefs:
        raises += f" On the typical skill of this log that is so below {median(beliefs):.0%}."
    state = (
        "roster.csv beside this page has a row for each student and skill: p_known is what the model believes after "
        "the last answer, p_correct the chance that the next is right. In Python: Roster.load('roster.json')"
        ".known(student, skill); add(student, skill, 1) takes the next answer."
    )
    return [
        ("A right answer lowers mastery?", lowers),
        ("A wrong answer raises it?", raises),
        ("How do I get the current state?", state),
        (
            "Why do two programs give other numbers?",
            "Four numbers from few answers lie in a valley: many fours fit about as well. Look at the intervals before "
            "you look for a mistake.",
        ),
    ]


NOT_SAID = (
    "That a child “has” a skill. The model knows two states, and P(knows it) is its belief under four numbers that "
    "are themselves uncertain.",
    "That a question taught anything. Children who were asked more differ from children who were asked less.",
    "That one skill is taught better than another. Skills differ in their questions and in who comes to them.",
    "That nobody forgets. The model cannot say otherwise: a gap in the log may hide it.",
    "Anything about children unlike these. Another school, another year, another tutor: fit again.",
)
