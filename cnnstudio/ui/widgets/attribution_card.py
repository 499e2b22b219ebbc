"""One network's map: its name and probability, the picture under the map, and whether the map can be believed."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.attribution import Attribution
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, Theme, weight_map
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets.attribution_colours import map_colours, over, plain, teal_map
from cnnstudio.ui.widgets.attribution_picture import AttributionPicture
from cnnstudio.ui.widgets.attribution_words import (
    check_short,
    check_tip,
    check_words,
    class_name,
    legend_words,
)
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.matrix_card import NameLine

How = Literal["over", "beside"]

_STRIP_PX: Final = 96


class AttributionCard(QObject):
    """A name line, a picture with its map, and the check in words: three widgets, so that those of all networks align.

    Attributes:
        line: The network, the class explained, its probability.
        picture: The images.
        check: What the occlusion check says.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, parent: QObject) -> None:
        """Makes it empty."""
        super().__init__(parent)
        self.line = NameLine(theme)
        self.picture = AttributionPicture(theme)
        self.check = label("", wrap=True)
        self.check.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._shown: tuple[Attribution, NDArray[np.uint8]] | None = None
        self._low = False

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """Its widgets, from above."""
        return self.line, self.picture, self.check

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.picture.set_theme(theme)

    @property
    def attribution(self) -> Attribution | None:
        """What is shown."""
        return self._shown[0] if self._shown is not None else None

    def show_attribution(
        self, found: Attribution, pixels: NDArray[np.uint8], name: str, hue: QColor, names: tuple[str, ...], own: bool
    ) -> None:
        """Takes a map; `draw` shows it.

        Args:
            found: The map, or why there is none.
            pixels: The picture it is about, uint8 [channels, height, width].
            name: The network's short name.
            hue: Its colour.
            names: The classes' names.
            own: Whether the class explained is the network's own verdict.
        """
        self._shown = found, pixels
        if found.weights_from == "none":
            words = "not trained yet"
        else:
            which = class_name(names, found.target)
            said = f"says {which}, {percent(found.probability)}" if own else f"{which}: {percent(found.probability)}"
            words = said if own else f"why {said}"
        self.line.show_name(name, words, hue)
        self.picture.setAccessibleName(f"{name}: {words}")
        self.check.setToolTip(check_tip(found) if found.map is not None else "")
        self._say_check()

    def set_low(self, low: bool) -> None:
        """Where there is little height, the check is said in few words; the rest is its tool tip."""
        self._low = low
        self._say_check()

    def _say_check(self) -> None:
        if self._shown is not None:
            found = self._shown[0]
            self.check.setText(check_short(found) if self._low else check_words(found))
            self.check.setAccessibleName(check_words(found))

    def draw(self, how: How, share: float) -> None:
        """Draws the map over its picture (`share` as in `over`), or the two beside each other."""
        if self._shown is None:
            return
        found, pixels = self._shown
        own = plain(pixels)
        if found.map is None:
            ghost = over(pixels, np.full_like(own, 255), 0.5)
            images = [own, ghost] if how == "beside" else [ghost]
            self.picture.set_images(images, pixels, None, found.why_not or "There is no map.")
            return
        colours = map_colours(found.map, signed=found.signed)
        images = [own, colours] if how == "beside" else [over(pixels, colours, share)]
        self.picture.set_images(images, pixels, found.map)


class Legend(QWidget):
    """A strip of a map's colours between the words for its two ends.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Shows the colours without a sign first."""
        super().__init__()
        self._theme = theme
        self._signed = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_signed(signed=False)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_signed(self, *, signed: bool) -> None:
        """Whether values below zero have a colour of their own."""
        self._signed = signed
        more = "Purple speaks against the class, white is zero, green speaks for it." if signed else (
            "White is zero; the darker, the more the class's logit hangs on the pixel, for or against."
        )  # fmt: skip
        self.setToolTip(f"{more} Every map has its own scale: the strongest colour is its 99.5th percentile.")
        self.setAccessibleName(more)
        self.updateGeometry()
        self.update()

    def _image(self) -> QImage:
        table = weight_map() if self._signed else teal_map()
        return image_of(table[None])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints word, strip, word."""
        painter, (left, _, right) = QPainter(self), legend_words(signed=self._signed)
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.colour("muted"))
        metrics = painter.fontMetrics()
        wide, middle = metrics.horizontalAdvance(left) + GRID_PX, Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, wide, self.height()), middle | Qt.AlignmentFlag.AlignLeft, left)
        strip = QRectF(wide, (self.height() - GRID_PX) / 2, _STRIP_PX, GRID_PX)
        painter.drawImage(strip, self._image())
        painter.drawRect(strip.adjusted(0, 0, -1, -1))
        rest = QRectF(strip.right() + GRID_PX, 0, self.width(), self.height())
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignLeft, right)

    def sizeHint(self) -> QSize:
        """One line."""
        metrics = QFontMetrics(self._theme.font("small"))
        left, _, right = legend_words(signed=self._signed)
        wide = metrics.horizontalAdvance(left) + metrics.horizontalAdvance(right) + _STRIP_PX + 2 * GRID_PX + 2
        return QSize(wide, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`."""
        return self.sizeHint()
