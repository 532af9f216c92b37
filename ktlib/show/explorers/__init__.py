"""Interactive figures that need no kernel: one custom element each, drawn by a small module beside its class.

The same object works in a live notebook and on the built page. Without JavaScript the finding in words stays.

trace: one student, four sliders. sweep: one probability wrong. hill: EM climbs. data: how much data it takes.
imagined: a prior counted in children. borrow: what other skills lend to a class. auc: built by hand. models: the same
answers, BKT and IRT. curve: an item's curve and a belief. runaway: a question without a prior. shared: two classes and
their common questions. factors: two abilities. rare: a new question's own answers. homework: be the student.
trial: what an experiment would see.
gaps: real gaps and false alarms.
"""

from .auc import AUCExplorer
from .borrow import BorrowExplorer
from .curve import CurveExplorer
from .data import DataExplorer
from .factors import FactorsExplorer
from .gaps import GapsExplorer
from .hill import HillExplorer
from .homework import HomeworkExplorer
from .imagined import ImaginedExplorer
from .models import TwoModelsExplorer
from .rare import RareExplorer
from .runaway import RunawayExplorer
from .shared import SharedExplorer
from .sweep import SweepExplorer
from .trace import TraceExplorer
from .trial import TrialExplorer

__all__ = [
    "AUCExplorer",
    "BorrowExplorer",
    "CurveExplorer",
    "DataExplorer",
    "FactorsExplorer",
    "GapsExplorer",
    "HillExplorer",
    "HomeworkExplorer",
    "ImaginedExplorer",
    "RareExplorer",
    "RunawayExplorer",
    "SharedExplorer",
    "SweepExplorer",
    "TraceExplorer",
    "TrialExplorer",
    "TwoModelsExplorer",
]
