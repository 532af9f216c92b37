"""Do gaps and warnings come true? A fit to half of each log's answers, judged by the other half.

The halves are dealt at random within the log, so they are of the same time: what is asked is whether a gap or a warning
is more than luck, not whether it lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._checks import instance
from ..data.exams import Exam
from ..forecast.scores import wilson
from ..homework import gaps, proficiency
from ..irt import ascent
from .gap_alarms import NO_PRIOR
from .means import Mean

DOMAINS = ("Number", "Algebra", "Geometry", "Data and Chance", "Biology", "Chemistry", "Physics", "Earth Science")
TOL = 1e-5  # nats an answer that a last sweep may still gain
READERS = ("count", "count, drawn to zero", "factors, not told the areas", "factors, told the areas")
