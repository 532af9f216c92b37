"""Interactive figures that need no kernel: one custom element each, drawn by a small module beside its class.

The same object works in a live notebook and on the built page. Without JavaScript the finding in words stays.

trace: one student, four sliders. sweep: one probability wrong. data: how much data it takes.
hill: EM climbs a hill.
"""

from .data import DataExplorer
from .hill import HillExplorer
from .sweep import SweepExplorer
from .trace import TraceExplorer

__all__ = ["DataExplorer", "HillExplorer", "SweepExplorer", "TraceExplorer"]
