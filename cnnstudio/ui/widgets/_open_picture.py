"""From a file, a drop or the clipboard to a sheet for the canvas."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage, QImageWriter

from cnnstudio.core.drawing import Bitmap, Sheet
from cnnstudio.core.errors import StudioError

NAME_FILTER = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff *.ppm *.pgm);;All files (*)"


def sheet_of(source: Path | bytes, name: str) -> tuple[Sheet, tuple[str, ...]]:
    """Reads an image and lays it on a sheet.

    Args:
        source: A file, or the bytes of one.
        name: What to call it, as in "opened cat.png".

    Returns:
        The sheet, and sentences about what was left out of the image.

    Raises:
        StudioError: The image cannot be read; the sentence says why.
    """
    from cnnstudio.core.pictures import read_picture  # Pillow comes with it: not before the first picture is opened

    image = read_picture(source)
    return Sheet(bitmap=Bitmap.from_rgb(image.rgb), source=name), image.notes


def sheet_from_mime(data: QMimeData | None) -> tuple[Sheet, tuple[str, ...]]:
    """Reads what was dropped or pasted: the first local file, or else the image itself.

    Raises:
        StudioError: There is no image in it, or it cannot be read.
    """
    data = data or QMimeData()  # some platforms have no clipboard at all until something is on it
    for url in data.urls():
        if url.isLocalFile():
            path = Path(url.toLocalFile())
            return sheet_of(path, f"opened {path.name}")
    if data.hasImage():
        image = QImage(data.imageData())
        if not image.isNull():
            return sheet_of(_png(image), "pasted picture")
    if data.hasUrls():
        raise StudioError(
            "That picture is on the web, and CNN Studio does not fetch from there.",
            remedy="Save it first and open the file, or copy the picture itself and paste it.",
        )
    raise StudioError("There is no picture to paste.", remedy="Copy a picture first, or open a file.")


def _png(image: QImage) -> bytes:
    packed = QByteArray()
    buffer = QBuffer(packed)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    buffer.close()
    return bytes(packed.data())
