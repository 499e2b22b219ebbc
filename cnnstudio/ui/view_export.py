"""A view as a figure for a report: PNG at twice its size, SVG whose text stays text, or a film of the kept moments."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, unescape

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QImageWriter, QPainter, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from cnnstudio import __version__
from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.storage import write_atomic
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.whole_view import whole

PNG_SCALE: Final = 2
_FOOT_EM: Final = 2.2
"""Height of the foot, in sizes of the text."""

_MARGIN_PX: Final = 3 * GRID_PX
"""As a panel's own margins."""

_DPI: Final = 96
"""A pixel of an SVG file is the 96th part of an inch."""

_FAMILY: Final = re.compile(r'font-family="[^"]*"')
_TEXT: Final = re.compile(
    r'<text (?P<how>[^>]*font-size="(?P<size>[\d.]+)" font-weight="(?P<weight>\d+)"[^>]*)>(?P<words>[^<]+)</text>'
)

PROGRAM: Final = f"CNN Studio {__version__}"


def moment_words(studio: Studio) -> str:
    """Where the study is, as in "step 128 of 504"; "" where there is no run."""
    history = studio.history
    if history is None:
        return ""
    step = history.step if studio.moment is None else studio.moment
    return f"step {step:,} of {history.started.steps:,}"


class Page:
    """A view as it is now, with nothing scrolled away, above a foot that says what and when it is, and who drew it.

    Attributes:
        title: What the view is called.
        least: The view is laid out at this size at least, so that the frames of a film are alike.
        most_px: And no higher or wider than this, however much was scrolled away.
        view_size: How large the view was in the last drawing.
        left_out: What the last drawing does not hold, a sentence; "" where it holds everything.

    Thread: GUI.
    """

    def __init__(self, view: QWidget, studio: Studio, title: str, unseen: tuple[QWidget, ...] = ()) -> None:
        """Lays the page out.

        Args:
            view: What is drawn.
            studio: Its study.
            title: What the view is called.
            unseen: Parts of the view that are only for the screen.
        """
        self._view, self._studio, self._unseen = view, studio, unseen
        self.title = title
        self.least = self.view_size = QSize(0, 0)
        self.most_px = limits.EXPORT_SIDE_PX
        self.left_out = ""

    @property
    def size(self) -> QSize:
        """In device-independent pixels, as it is drawn."""
        with self._whole():
            return self._size

    @property
    def _size(self) -> QSize:
        return self._view.size() + QSize(0, round(_FOOT_EM * self._studio.theme.body_px))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        with whole(self._view, self.most_px, self.least) as beyond:
            self.left_out, self.view_size = _left_out(beyond), self._view.size()
            yield

    @property
    def said(self) -> str:
        """The title and the moment."""
        moment = moment_words(self._studio)
        return f"{self.title} · {moment}" if moment else self.title

    def image(self, scale: float) -> QImage:
        """The page as pixels, `scale` of them for each device-independent one; fewer where the page is very large."""
        with self._whole():
            size = self._size
            scale = min(scale, math.sqrt(limits.EXPORT_PIXELS / (size.width() * size.height())))
            made = QImage(int(size.width() * scale), int(size.height() * scale), QImage.Format.Format_RGB32)
            made.setDevicePixelRatio(scale)
            painter = QPainter(made)
            self._paint(painter)
            painter.end()
        for key, text in (("Title", self.title), ("Description", self.said), ("Software", PROGRAM)):
            made.setText(key, text)
        return made

    def png(self, scale: float = PNG_SCALE) -> bytes:
        """The page as the content of a PNG file."""
        return encoded(self.image(scale))

    def svg(self) -> bytes:
        """The page as the content of an SVG file; pictures in it are embedded."""
        from PySide6.QtSvg import QSvgGenerator

        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(_DPI)
        generator.setTitle(self.title)
        generator.setDescription(f"{self.said}. {PROGRAM}")
        with self._whole():
            generator.setSize(self._size)
            generator.setViewBox(QRect(QPoint(0, 0), self._size))
            painter = QPainter(generator)
            self._paint(painter)
            painter.end()
        buffer.close()
        drawn = _FAMILY.sub(f'font-family="{_families()}"', bytes(content.data()).decode())
        return _TEXT.sub(_as_long, drawn).encode()

    def _paint(self, painter: QPainter) -> None:
        theme, size = self._studio.theme, self._size
        painter.fillRect(QRect(QPoint(0, 0), size), theme.colour("window"))
        with _hidden(self._unseen):
            self._view.render(painter, QPoint(0, 0), QRegion(), QWidget.RenderFlag.DrawChildren)
        foot = QRect(0, self._view.height(), size.width(), size.height() - self._view.height())
        painter.fillRect(foot, theme.colour("window"))  # SVG files do not cut off what reaches beyond the view
        foot.adjust(_MARGIN_PX, 0, -_MARGIN_PX, -GRID_PX // 2)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("muted"))
        right = painter.fontMetrics().horizontalAdvance(PROGRAM) + 2 * GRID_PX
        middle = Qt.AlignmentFlag.AlignVCenter
        words = f"{self.said} · {self.left_out}" if self.left_out else self.said
        said = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, foot.width() - right)
        painter.drawText(foot, middle | Qt.AlignmentFlag.AlignLeft, said)
        painter.drawText(foot, middle | Qt.AlignmentFlag.AlignRight, PROGRAM)


def _left_out(beyond: QSize) -> str:
    if beyond == QSize(0, 0):
        return ""
    px, where = max((beyond.height(), "further down"), (beyond.width(), "further right"))
    return f"Too large for one picture: {px:,} px {where} are left out."


def _families() -> str:
    """One list of fonts for all texts: style sheets and painters name the same fonts differently."""
    names = [name for name in QApplication.font().families() if '"' not in name and "'" not in name]
    return escape(", ".join([*(f"'{name}'" for name in names), "sans-serif"]))


def _as_long(text: re.Match[str]) -> str:
    """A text that is as long as here where another font stands in for this one, and does not run into the next."""
    font = QApplication.font()
    font.setPixelSize(max(1, round(float(text["size"]))))
    font.setWeight(min(QFont.Weight, key=lambda weight: abs(weight.value - int(text["weight"]))))
    length_px = QFontMetricsF(font).horizontalAdvance(unescape(text["words"], {"&quot;": '"'}))
    return f'<text {text["how"]} textLength="{length_px:.1f}" lengthAdjust="spacingAndGlyphs">{text["words"]}</text>'


@contextmanager
def _hidden(parts: tuple[QWidget, ...]) -> Iterator[None]:
    """Leaves parts out of what is painted meanwhile; they keep their place, and the keyboard."""
    shown = [part for part in parts if not part.isHidden()]
    holds = [part for part in shown if part.window().focusWidget() is part]
    for part in shown:
        part.clearFocus()  # or Qt gives the keyboard to the part beside it, with a frame and its tip
        part.setVisible(False)
    try:
        yield
    finally:
        for part in shown:
            part.setVisible(True)
        for part in holds:
            part.setFocus()


def encoded(image: QImage) -> bytes:
    """An image as the content of a PNG file."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    buffer.close()
    return bytes(content.data())


def export(path: Path, page: Page) -> None:
    """Writes a page in the form that the file's ending names: .png or .svg.

    Raises:
        StudioError: Another ending, or the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in (".png", ".svg"):
        raise StudioError(f"{path.name} cannot be written.", remedy="Let its name end in .png, .svg or .gif.")
    write_atomic(path, page.png() if kind == ".png" else page.svg())
