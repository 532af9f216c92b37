"""Sliders for those who run a notebook: move one, let go, and the figure is drawn with your numbers."""

from __future__ import annotations

import base64
import inspect
import math
from collections.abc import Callable
from numbers import Real
from reprlib import repr as shown

from .. import _checks as checks
from .figure import WIDE, Figure
from .tables import say

_MISSING = "Sliders need ipywidgets, which is not installed here: `pip install 'ktlib[notebooks]'`, then start again."
_STEPS = 50  # at least so many to a slider
_WIDTH = round(100 * WIDE)  # of the picture, in pixels


def live(draw: Callable[..., Figure], **ranges):
    """Sliders above the figure that `draw` makes of their values; drawn again whenever one is let go.

    draw: takes the values by name and returns a `Figure`; a default of its own is where that slider starts, else the
    middle. ranges: by name (low, high) or (low, high, step), whole numbers or not; a list of choices; True or False.
    Gives an ipywidgets box, or the sentence that names what to install. A ValueError of `draw` is shown in its place.
    Raises ValueError for another range, and where `draw` does not take these names.
    """
    starts = _starts(draw, ranges)
    try:
        import ipywidgets as widgets
    except ModuleNotFoundError:
        return say(_MISSING)
    controls = {name: _control(widgets, name, given, starts.get(name)) for name, given in ranges.items()}
    place = widgets.Output()

    def redraw(change=None) -> None:
        place.outputs = (_shown(draw, {name: control.value for name, control in controls.items()}),)

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    return widgets.VBox([*controls.values(), place])


def _starts(draw, ranges: dict) -> dict:
    """The defaults of `draw` among these names. ValueError unless it can be called with all of them."""
    if not callable(draw):
        raise ValueError(f"draw = {shown(draw)}: give a function of {', '.join(ranges) or 'a value'}")
    if not ranges:
        raise ValueError("no ranges: give at least one, such as students=(22, 2000)")
    try:
        takes = inspect.signature(draw)
        takes.bind(**ranges)
    except (TypeError, ValueError) as error:
        raise ValueError(f"draw cannot be called with {', '.join(ranges)}: {error}") from None
    defaults = {name: parameter.default for name, parameter in takes.parameters.items() if name in ranges}
    return {name: value for name, value in defaults.items() if value is not inspect.Parameter.empty}


def _control(widgets, name: str, given, start):
    """A slider, a list to choose from, or a box to tick."""
    words = {"description": name.removeprefix("p_").replace("_", " "), "style": {"description_width": "8em"}}
    if isinstance(given, bool):
        return widgets.Checkbox(value=given if start is None else checks.flag(start, name), **words)
    if isinstance(given, list):
        options = [_option(choice, name) for choice in given]
        if not options:
            raise ValueError(f"{name} = []: give at least one choice")
        start = options[0] if start is None else start
        if start not in options:
            raise ValueError(f"{name} starts at {start!r}, which is not among {', '.join(map(repr, options))}")
        return widgets.Dropdown(options=options, value=start, **words)
    low, high, step = _range(given, name)
    if start is None:
        start = low + round((high - low) / 2 / step) * step
    if not low <= checks.finite(start, name) <= high:
        raise ValueError(f"{name} starts at {start:g}, outside {low:g} to {high:g}")
    slider = widgets.IntSlider if isinstance(low + high + step, int) else widgets.FloatSlider
    if slider is widgets.FloatSlider:
        words["readout_format"] = f".{max(0, math.ceil(-math.log10(step) - 1e-9))}f"
    words |= {"continuous_update": False, "layout": {"width": "32em"}}  # it moves on only when let go
    return slider(value=start, min=low, max=high, step=step, **words)


def _option(choice, name: str):
    """One choice of a list: a text or a number."""
    if isinstance(choice, str):
        return choice
    return choice if isinstance(choice, int) else checks.finite(choice, name)


def _range(given, name: str) -> tuple:
    """low, high and step, whole numbers if all that was given are; the default step is a round one."""
    if not isinstance(given, tuple) or len(given) not in (2, 3) or not all(isinstance(v, Real) for v in given):
        raise ValueError(f"{name} = {shown(given)}: give (low, high), (low, high, step), a list of choices, or True")
    low, high, *step = (v if isinstance(v, int) else checks.finite(v, name) for v in given)
    if not low < high:
        raise ValueError(f"{name} = {shown(given)}: the first must be below the second")
    if not step:
        step = [10 ** math.floor(math.log10((high - low) / _STEPS))]
        step = [max(1, int(step[0]))] if isinstance(low + high, int) else step
    if not 0 < step[0] <= high - low:
        raise ValueError(f"{name} = {shown(given)}: the step must be above 0 and fit between the two")
    return low, high, step[0]


def _shown(draw, values: dict) -> dict:
    """What stands in place of the figure, as an output of a notebook: its picture, or why there is none."""
    try:
        figure = checks.instance(draw(**values), Figure, "draw gave", "it must return a Figure")
        picture = base64.b64encode(figure.png()).decode()
    except ValueError as error:
        data, metadata = dict.fromkeys(("text/markdown", "text/plain"), f"No figure with these numbers: {error}"), {}
    else:
        data = {"image/png": picture, "text/plain": f"Figure: {figure.alt}"}
        metadata = {"image/png": {"width": _WIDTH}}
    return {"output_type": "display_data", "data": data, "metadata": metadata}
