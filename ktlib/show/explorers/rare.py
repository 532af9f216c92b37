"""A question with few answers of its own: from how many on do they tell more than its attributes?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ... import studies
from ..._checks import one_of
from ._base import Element, count, stop, thousandths

LOGS = {"eedi": "Eedi", "timss": "TIMSS", "simulated": "simulated"}


@dataclass(frozen=True)
class RareExplorer(Element):
    """Log loss on further answers to a new question, by how many of its own answers the fit has seen.

    log: which log is shown first. answers: own answers at first, one of those in the stored study `cold_items`, whose
    means these are. Raises ValueError for anything else.
    """

    tag = "kt-rare"
    log: str = "eedi"
    answers: int = 1

    def __post_init__(self):
        object.__setattr__(self, "log", one_of(self.log, LOGS, "log"))
        object.__setattr__(self, "answers", stop(self.answers, _study().kept, "answers"))

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        found, kept = _found(self.log), _study().kept
        at, crossed = kept.index(self.answers), found["crossed"]
        own, alone = found["own"][at], found["alone"]
        if self.answers >= crossed:
            verdict = "the question's own answers tell more"
        elif own < alone:
            verdict = "own answers lead, but not surely"
        else:
            verdict = "attributes alone tell more"
        seen = count(self.answers, "own answer") if self.answers else "no own answer"
        both = thousandths(found["both"][at])
        return (
            f"{LOGS[self.log]}, {seen}: {verdict}. Log loss is {thousandths(own)} from own answers, "
            f"{thousandths(alone)} from attributes alone, {both} from both. Own answers surely win from {crossed} on "
            f"({found['items']} questions, drawn {found['draws']} times)."
        )

    def _config(self) -> dict:
        return {
            "log": self.log,
            "answers": self.answers,
            "kept": _study().kept,
            "logs": {log: _found(log) for log in LOGS},
        }


@cache
def _study():
    """The stored study."""
    return studies.cold_items.read()


@cache
def _found(log: str) -> dict:
    """Means of a log: own answers, own and attributes, the better of two forecasts from attributes alone, crossing."""
    study, informed = _study(), studies.cold_items.INFORMED
    means = {
        name: [round(study.of(log, kept, model).mean, 5) for kept in study.kept]
        for name, model in (("own", "K = 3"), ("both", informed))
    }
    alone = min(study.of(log, 0, model).mean for model in (informed, "regression"))
    drawn = {"items": study.items(log), "draws": study.draws(log)}
    return {"name": LOGS[log]} | means | {"alone": round(alone, 5), "crossed": study.crossed(log)} | drawn
