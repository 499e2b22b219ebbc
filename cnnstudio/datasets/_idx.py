"""The IDX format of MNIST and its relatives: a header of big-endian numbers, then bytes.

Read with numpy, not with torchvision's reader: that one needs torch, seconds of import before a data set can be shown.
torchvision is the oracle in the tests.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images, Labels
from cnnstudio.core.errors import StudioError, report_from

_UINT8: Final = 0x08  # the format's code for unsigned bytes, the only kind that these sets use


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Opens an IDX file of bytes without reading it all.

    Args:
        path: The file, unpacked.
        dimensions: 1 for labels, 3 for pictures.

    Returns:
        uint8, read-only, mapped from the file: copy what is kept.

    Raises:
        StudioError: The file cannot be read, or is damaged; the sentence names it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
        size = path.stat().st_size
    except OSError as error:
        report = report_from(error, f"Reading {path}")
        raise StudioError(report.what, report.cause, report.remedy) from None
    if len(header) < 4 + 4 * dimensions or header[:4] != bytes([0, 0, _UINT8, dimensions]):
        raise damaged(path, "It does not begin as an IDX file of this kind does.")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    expected = len(header) + int(np.prod([int(n) for n in shape], dtype=object))
    if size != expected:
        raise damaged(path, f"It has {size:,} bytes where its header says {expected:,}.")
    if expected == len(header):
        raise damaged(path, "It holds nothing.")
    return np.memmap(path, np.uint8, "r", offset=len(header), shape=shape)


def read_pair(
    images: Path, labels: Path, shape: tuple[int, int], classes: int, first: int = 0
) -> tuple[Images, Labels]:
    """Opens the pictures and the labels of one set.

    Args:
        images: IDX file of pictures.
        labels: IDX file of labels.
        shape: Height and width that the pictures must have.
        classes: How many classes there are.
        first: The number that the file gives to the first class.

    Returns:
        uint8 [n, height, width], mapped from the file, and int64 [n] counted from 0.

    Raises:
        StudioError: Either file is damaged, or they do not belong together.
    """
    pixels = read_idx(images, 3)
    if pixels.shape[1:] != shape:
        raise damaged(
            images, f"Its pictures have {pixels.shape[1]} x {pixels.shape[2]} pixels, not {shape[0]} x {shape[1]}."
        )
    numbers = read_idx(labels, 1).astype(np.int64) - first
    if len(numbers) != len(pixels):
        raise damaged(labels, f"It has {len(numbers):,} labels for {len(pixels):,} pictures.")
    if numbers.min() < 0 or numbers.max() >= classes:
        raise damaged(labels, f"It has a label outside {first} to {first + classes - 1}.")
    return pixels, numbers


def damaged(path: Path, cause: str) -> StudioError:
    """The sentence about a damaged file."""
    return StudioError(f"{path.name} is damaged.", cause, f"Delete {path} and load the data set again.")
