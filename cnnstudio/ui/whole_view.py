"""A view with nothing scrolled away: it is laid out as large as its content while it is drawn, and then as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QSize
from PySide6.QtWidgets import QLayout, QScrollArea, QScrollBar, QSplitter, QWidget

from cnnstudio.core import limits

_ROUNDS: Final = 8
"""Of growing: an area within another one shows what it needs only when the outer one has grown."""

_PASSES: Final = 6
"""Of laying out: what a part needs is told to the one around it, which then gives it more, and so on inwards."""


@dataclass(frozen=True, slots=True)
class _Before:
    """How a view was.

    Attributes:
        place: Its geometry.
        least: The areas' explicit minimum sizes.
        bars: Where they were scrolled to.
        splits: How its splitters were divided.
        around: The layouts of what the view lies in.
    """

    place: QRect
    least: tuple[tuple[QScrollArea, QSize], ...]
    bars: tuple[tuple[QScrollBar, int], ...]
    splits: tuple[tuple[QSplitter, tuple[int, ...]], ...]
    around: tuple[QLayout, ...]


@contextmanager
def whole(view: QWidget, most_px: int = limits.EXPORT_SIDE_PX, least: QSize | None = None) -> Iterator[QSize]:
    """Lays a view out so that all its areas show all that they hold, while the block runs.

    Nothing of it is seen on the screen: Qt paints only when control goes back to the event loop, and by then sizes,
    scroll positions and splitters are what they were.

    Args:
        view: A panel, or any widget in a window.
        most_px: Neither side grows beyond this; what is further down or right stays scrolled away.
        least: The view grows to this size at least; None is its own.

    Yields:
        How much is still scrolled away in spite of that, in px: 0 x 0 where everything is in sight.
    """
    areas = _areas(view)
    least = view.size() if least is None else view.size().expandedTo(least)
    if least == view.size() and not any(_hidden_px(area) != QSize(0, 0) for area in areas):
        yield QSize(0, 0)
        return
    before = _Before(
        view.geometry(),
        tuple((area, area.minimumSize()) for area in areas),
        tuple((bar, bar.value()) for area in areas for bar in (area.horizontalScrollBar(), area.verticalScrollBar())),
        tuple((one, tuple(one.sizes())) for one in view.findChildren(QSplitter)),
        tuple(_around(view)),
    )
    try:
        for layout in before.around:
            layout.setEnabled(False)  # a part that shows itself would have the whole window laid out anew
        view.resize(least)
        _lay_out(view)
        if not _grow(view, areas, most_px):
            _release(view, before)
        for bar, _ in before.bars:
            bar.setValue(bar.minimum())
        yield _beyond(areas)
    finally:
        _restore(view, before)


def _around(view: QWidget) -> Iterator[QLayout]:
    parent = view.parentWidget()
    while parent is not None:
        layout = parent.layout()
        if layout is not None and layout.isEnabled():
            yield layout
        parent = None if parent.isWindow() else parent.parentWidget()


def _areas(view: QWidget) -> list[QScrollArea]:
    return [area for area in view.findChildren(QScrollArea) if area.isVisible() and not area.size().isEmpty()]


def _hidden_px(area: QScrollArea) -> QSize:
    """How much larger an area would have to be to show all that it holds."""
    across, down = area.horizontalScrollBar(), area.verticalScrollBar()
    return QSize(across.maximum() - across.minimum(), down.maximum() - down.minimum())


def _beyond(areas: list[QScrollArea]) -> QSize:
    beyond = QSize(0, 0)
    for area in areas:
        beyond = beyond.expandedTo(_hidden_px(area))
    return beyond


def _grow(view: QWidget, areas: list[QScrollArea], most_px: int) -> bool:
    """Grows a view as far as it needs to; gives whether it could."""
    most = QSize(most_px, most_px).expandedTo(view.size())
    for _ in range(_ROUNDS):
        missing = [(area, _hidden_px(area)) for area in areas]
        needed = view.size()
        # Sideways first: parts whose rows break anew in a wider view are less high.
        sideways = any(hidden.width() for _, hidden in missing) and view.width() < most.width()
        for area, hidden in missing:
            more = QSize(hidden.width(), 0) if sideways else QSize(0, hidden.height())
            if more != QSize(0, 0):
                area.setMinimumSize(area.size() + more)
                needed = needed.expandedTo(view.size() + more)
        _lay_out(view)
        needed = needed.expandedTo(_least(view, needed.width()))
        if needed.boundedTo(most) == view.size() and not sideways:
            return needed == view.size()
        view.resize(needed.boundedTo(most))
        _lay_out(view)
    return False


def _least(view: QWidget, width: int) -> QSize:
    """What a view's layout needs at least at a width: rows that break anew may need more height than its minimum."""
    layout = view.layout()
    if layout is None:
        return QSize(0, 0)
    least = layout.totalMinimumSize()
    if layout.hasHeightForWidth():
        least.setHeight(max(least.height(), layout.totalMinimumHeightForWidth(max(width, least.width()))))
    return least


def _lay_out(view: QWidget) -> None:
    """Lets the layouts within the view do at once what waits in the event queue, and nobody outside it."""
    parts = [*reversed(view.findChildren(QWidget)), view]
    for _ in range(_PASSES):
        for part in parts:
            QCoreApplication.sendPostedEvents(part, QEvent.Type.LayoutRequest)
            if isinstance(part, QScrollArea):
                # An area shows and hides its bars by a call to itself that it queues.
                QCoreApplication.sendPostedEvents(part, QEvent.Type.MetaCall)


def _release(view: QWidget, before: _Before) -> None:
    """The areas are no larger than the view has room for."""
    for area, least in before.least:
        area.setMinimumSize(least)
    _lay_out(view)


def _restore(view: QWidget, before: _Before) -> None:
    _release(view, before)
    view.setGeometry(before.place)
    _lay_out(view)
    for layout in before.around:
        layout.setEnabled(True)
    for split, sizes in before.splits:
        split.setSizes(list(sizes))
    for bar, value in before.bars:
        bar.setValue(value)
    view.update()
