"""What the colours stand for: a ramp with numbers for signed values, and one for values that are never below zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import GRID_PX, Theme, value_map, weight_map
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets._inside_colour import Scale, ScaleOf, short

_RAMP_PX: Final = 6 * GRID_PX
_SIGNED_WORDS: Final = ("below 0", "above 0")
_PLAIN_WORDS: Final = ("0", "most")
_TIP: Final = (
    "Purple is below zero, white is zero, green is above. A layer that is never below zero goes from black, zero, to "
    "white, its largest value. The picture is grey from its darkest to its brightest pixel, "
    "whatever their numbers are."
)


class Legend(QWidget):
    """Two small ramps.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Shows both ramps without numbers."""
        super().__init__()
        self._theme = theme
        self._signed: tuple[str, str] = _SIGNED_WORDS
        self._plain: tuple[str, str] = _PLAIN_WORDS
        self._shown: tuple[bool, ...] = (True, False)
        self._ramps = tuple(image_of(table[None]) for table in (weight_map(), value_map()))
        self.setToolTip(_TIP)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """What stands at the ends of the signed ramp and of the other."""
        return self._signed, self._plain

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_scales(self, scale_of: ScaleOf, scales: Iterable[Scale], *, only_used: bool = False) -> None:
        """Shows numbers where one scale is everybody's, else what the ends mean.

        Args:
            scale_of: Whose the scale is; "network" where `scales` are everybody's.
            scales: Those in use.
            only_used: Whether a ramp that none of them has is left out.
        """
        before = self._shown, self._signed, self._plain
        scales = tuple(scales)
        used = {scale.signed for scale in scales}
        self._shown = tuple(signed for signed in (True, False) if not only_used or not used or signed in used)
        self._signed, self._plain = _SIGNED_WORDS, _PLAIN_WORDS
        if scale_of == "network":
            for scale in scales:
                if scale.signed:
                    self._signed = short(scale.lowest), short(scale.highest)
                else:
                    self._plain = "0", short(scale.highest)
        if before == (self._shown, self._signed, self._plain):
            return
        self.setAccessibleName(f"Colours: {self._signed[0]} to {self._signed[1]}; {' to '.join(self._plain)}")
        self.updateGeometry()
        self.update()

    def _parts(self) -> list[tuple[float, str, bool]]:
        """Left edges and texts of everything; the ramps have no text."""
        metrics = QFontMetricsF(self._theme.font("small")).horizontalAdvance
        parts: list[tuple[float, str, bool]] = []
        left = 0.0
        for signed in self._shown:
            low, high = self._signed if signed else self._plain
            parts.append((left, low, True))
            left += metrics(low) + GRID_PX / 2
            parts.append((left, str(int(not signed)), False))
            left += _RAMP_PX + GRID_PX / 2
            parts.append((left, high, True))
            left += metrics(high) + 2 * GRID_PX
        parts.append((left - 2 * GRID_PX, "", True))
        return parts

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the ramps and the words at their ends."""
        painter, theme = QPainter(self), self._theme
        painter.setFont(theme.font("small"))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for left, text, is_text in self._parts():
            if is_text:
                painter.setPen(theme.colour("muted"))
                area = QRectF(left, 0, self.width(), self.height())
                painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            else:
                bar = QRectF(left, self.height() / 2 - GRID_PX / 2, _RAMP_PX, GRID_PX)
                painter.drawImage(bar, self._ramps[int(text)])
                painter.setPen(QPen(theme.colour("outline"), 1))
                painter.drawRect(bar)

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(round(self._parts()[-1][0]) + 2, self._theme.body_px + GRID_PX)
