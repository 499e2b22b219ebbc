"""One line of arithmetic: quiet words, bold numbers, and a large result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import GRID_PX, ROLE_COLOURS, Theme

_RESULT_SHARE = 1.35
"""The result against ordinary text."""

_SMALL = 0.0005
_LARGE = 1000.0


@dataclass(frozen=True, slots=True)
class Term:
    """A word or number of the line; what is not `needed` goes where there is too little room."""

    text: str
    look: Literal["word", "number", "result"] = "word"
    needed: bool = True


def signed(value: float) -> str:
    """A number with its sign, three decimals, or two digits of a very small or large one."""
    if value != 0 and not _SMALL <= abs(value) < _LARGE:
        return f"{value:+.1e}"
    return f"{value:+.3f}" if value else "0.000"


def plain(value: float) -> str:
    """A number without a plus."""
    return signed(value).removeprefix("+")


class SumLine(QWidget):
    """Shows terms from left to right on one base line.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, role: str | None = None) -> None:
        """Makes it empty; the result has the colour of `role`, or that of text where it may be any network's."""
        super().__init__()
        self._theme, self._role = theme, role
        self._terms: tuple[Term, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The sum")

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(term.text for term in self._terms)

    def set_terms(self, terms: Sequence[Term], exact: str = "") -> None:
        """Shows other terms; `exact` is the tool tip: the result with all its digits."""
        self._terms = tuple(terms)
        self.setAccessibleDescription(self.text)
        self.setToolTip(exact)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def _font(self, look: str) -> QFont:
        font = self._theme.font("body", bold=look != "word")
        if look == "result":
            font.setPixelSize(round(self._theme.body_px * _RESULT_SHARE))
        return font

    def _widths(self, terms: Sequence[Term]) -> list[float]:
        return [QFontMetricsF(self._font(term.look)).horizontalAdvance(term.text) for term in terms]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Writes the terms that fit."""
        painter = QPainter(self)
        terms: Sequence[Term] = self._terms
        gap = GRID_PX * 0.75
        if sum(self._widths(terms)) + gap * len(terms) > self.width():
            terms = [term for term in terms if term.needed]
        metrics = QFontMetricsF(self._font("result"))
        x, base = 0.0, (self.height() + metrics.ascent() - metrics.descent()) / 2
        for term, wide in zip(terms, self._widths(terms), strict=True):
            painter.setFont(self._font(term.look))
            role = self._role if term.look == "result" else None
            hue = self._theme.readable(ROLE_COLOURS[role]) if role is not None else None
            painter.setPen(hue or self._theme.colour("muted" if term.look == "word" else "text"))
            painter.drawText(QPointF(x, base), term.text)
            x += wide + gap

    def sizeHint(self) -> QSize:
        """As high as the result."""
        high = QFontMetricsF(self._font("result")).height()
        return QSize(20 * GRID_PX, round(high) + GRID_PX // 2)
