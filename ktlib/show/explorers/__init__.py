"""Interactive figures that need no kernel: one custom element each, drawn by a small module beside its class.

The same object works in a live notebook and on the built page. Without JavaScript the finding in words stays.

trace: one student, four sliders. sweep: one probability wrong. hill: EM climbs. data: how much data it takes. borrow:
what other skills lend to a class. auc: built by hand. models: the same answers, BKT and IRT.
"""

from .auc import AUCExplorer
from .borrow import BorrowExplorer
from .data import DataExplorer
from .hill import HillExplorer
from .models import TwoModelsExplorer
from .sweep import SweepExplorer
from .trace import TraceExplorer

__all__ = [
    "AUCExplorer",
    "BorrowExplorer",
    "DataExplorer",
    "HillExplorer",
    "SweepExplorer",
    "TraceExplorer",
    "TwoModelsExplorer",
]
