"""What a live curve is fed with: its lines, what its axes mean, and which part is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QColor

from cnnstudio.ui.widgets._curve_arithmetic import Column

Kind = Literal["line", "raw", "past"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of the plot.

    Attributes:
        key: Identifies the line from one feeding to the next.
        name: As in "CNN test".
        colour: Of the line, and of its label in a shade that can be read as text.
        xs: float64 [n], ascending.
        ys: float64 [n]; values that are not finite leave a gap.
        dashed: Whether it is a test (or validation) line.
        kind: "line" is labelled and smoothed; "raw" stands faintly behind (the loss of single batches); "past" is
            an earlier run, faint, and named only by the read-out.
        text_colour: For its label; None is `colour`.
        group: Lines of one group are read off together (a network).
        bold: Whether its name is.
        mark: Of the network among those of its role, a number of `core.colours.MARKS`: it decides the dashes.
    """

    key: str
    name: str
    colour: QColor
    xs: Column
    ys: Column
    dashed: bool = False
    kind: Kind = "line"
    text_colour: QColor | None = None
    group: str = ""
    bold: bool = False
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Axes:
    """What the two axes mean.

    Attributes:
        x_name: As in "pictures seen", shown below the axis.
        x_end: Where the x axis ends: the whole run, so that its progress shows.
        percent: Whether y is a share from 0 to 1, shown as 0 to 100 %.
        log_x: Whether x is logarithmic.
        log_y: Whether y is logarithmic.
    """

    x_name: str = "pictures seen"
    x_end: float = 1.0
    percent: bool = True
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The part of the plane that is shown, in axis units (exponents of ten where logarithmic)."""

    x0: float
    x1: float
    y0: float
    y1: float
