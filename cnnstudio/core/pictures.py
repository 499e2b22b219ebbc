"""Reading images that somebody else made, whatever is wrong with them, and finding the ink in them."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnstudio.core import limits
from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.framing import Ink, brightness

_BROKEN: Final = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, LookupError, TypeError, AttributeError,
    ArithmeticError, RuntimeError, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow's decoders are known to raise on broken files; each decoder has its own habits."""

_QUIET: Final = threading.Lock()
"""Guards the process-wide list of warning filters: the window and the engine may both read images."""

_FAINT: Final = 12 / 255
"""A picture whose pixels differ by less than this is blank."""

_EVEN_PAPER: Final = 8 / 255
"""Paper whose border varies by less is a drawing's background; by more, a photograph's."""

_EDGE_PX: Final = 4
"""An edge lies no further than this from the stroke it belongs to."""

_MOST: Final = f"At most {limits.MAX_PICTURE_PIXELS // 1_000_000} million are."
_REMEDY: Final = "Save it again as PNG or JPEG, or choose another one."


@dataclass(frozen=True, slots=True)
class ReadImage:
    """An image as read.

    Attributes:
        rgb: uint8 [height, width, 3], upright, read-only, at most `limits.PICTURE_SIDE_PX` on its longer side.
        notes: Sentences about what was left out, as in "The image is animated; its first frame was taken."
    """

    rgb: Images
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Locks the array."""
        self.rgb.setflags(write=False)

    @property
    def colour(self) -> bool:
        """Whether any pixel is more than a trace away from grey."""
        signed = self.rgb.astype(np.int16)
        return bool((signed.max(axis=2) - signed.min(axis=2)).max(initial=0) > 10)


def read_picture(source: str | Path | bytes) -> ReadImage:
    """Reads an image file of any kind that Pillow knows, and brings it to 8-bit colour.

    Turned upright by its EXIF tag; 16-bit and float modes scaled; CMYK converted; transparency laid over white
    paper, or over black where what is visible is light; a picture that is only transparency (one colour) becomes black
    ink; of an animation the first frame; reduced if very large.

    Args:
        source: A path, or the bytes of a file (from the clipboard).

    Raises:
        StudioError: The file is missing, no image, damaged or too large; the sentence says which.
    """
    name = "The image" if isinstance(source, bytes) else f"{Path(source).name or source}"
    if isinstance(source, bytes):
        if not source:
            raise StudioError("The image is empty.", remedy=_REMEDY)
    else:
        _check_file(Path(source), name)
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of oddities that are handled here
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
                return _decode(image, name)
    except UnidentifiedImageError:
        raise StudioError(
            f"{name} is not an image that can be read.", "Its contents are of another kind.", _REMEDY
        ) from None
    except MemoryError:
        raise StudioError(f"{name} is too large for this computer's memory.", remedy="Save it smaller.") from None
    except Image.DecompressionBombError:
        raise StudioError(f"{name} has too many pixels to be read.", _MOST, "Save it smaller.") from None
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno:
            report = report_from(error, f"Reading {name}")
        else:
            report = ErrorReport(
                f"{name} is damaged.", "It is cut off or was changed after it was saved.", _REMEDY, str(error)
            )
        raise StudioError(report.what, report.cause, report.remedy, report.details) from None


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height as the file's header says them, or None where it is no image; reads no pixels."""
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return image.size
    except _BROKEN:
        return None


def _check_file(path: Path, name: str) -> None:
    try:
        if path.is_dir():
            raise StudioError(f"{name} is a folder, not an image.", remedy="Choose an image in it.")
        if not path.exists():
            raise StudioError(f"{name} is not there.", "It was moved or deleted, or its drive is not connected.")
        if not path.is_file():
            raise StudioError(f"{name} is not a file.", remedy="Choose an image.")
        if path.stat().st_size == 0:
            raise StudioError(f"{name} is empty.", "It was not saved completely.", _REMEDY)
    except (OSError, ValueError) as error:  # a name that the system does not allow
        report = report_from(error, f"Reading {name}")
        raise StudioError(report.what, report.cause, report.remedy) from None


def _decode(image: Image.Image, name: str) -> ReadImage:
    width, height = image.size
    if width * height > limits.MAX_PICTURE_PIXELS:
        raise StudioError(
            f"{name} has {width:,} x {height:,} pixels, too many to be read.",
            _MOST,
            "Save it smaller.",
        )
    if width == 0 or height == 0:
        raise StudioError(f"{name} has no pixels.", remedy=_REMEDY)
    notes: tuple[str, ...] = ()
    # A phone's MPO holds a second view of the same picture, which nobody misses.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        notes = ("The image is animated; its first frame was taken.",)
        image.seek(0)
    side = limits.PICTURE_SIDE_PX
    image.draft("RGB", (side, side))  # JPEG only: unpacks at a half, a quarter or an eighth where that is enough
    image.load()
    upright = ImageOps.exif_transpose(image)
    rgb = _to_rgb(upright, side)
    return ReadImage(rgb, notes)


def _to_rgb(image: Image.Image, side: int) -> Images:
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        image = Image.fromarray(_to_8_bit(np.asarray(image), image.mode))
    elif image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return _flatten(np.asarray(_reduced(image.convert("RGBA"), side)))
    return np.array(_reduced(image.convert("RGB"), side))


def _reduced(image: Image.Image, side: int) -> Image.Image:
    longest = max(image.size)
    if longest <= side:
        return image
    size = (max(1, round(image.width * side / longest)), max(1, round(image.height * side / longest)))
    return image.resize(size, Image.Resampling.BOX)


def _to_8_bit(values: NDArray[Any], mode: str) -> Images:
    """Scales deep greys: by the range their numbers are in, or by their own where that is unknown."""
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    if mode.startswith("I;16"):
        low, high = 0.0, 65_535.0
    elif low >= 0 and high <= 1 and mode == "F":
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    elif low >= 0 and high <= 65_535:
        low, high = 0.0, 65_535.0
    scaled = (numbers - low) * (255 / max(high - low, 1e-12))
    return np.rint(scaled).astype(np.uint8)


def _flatten(rgba: Images) -> Images:
    """Lays a transparent picture over paper, so that what was visible stays visible."""
    colour, alpha = rgba[..., :3], rgba[..., 3]
    seen = alpha > 0
    if alpha.min() == 255:
        return np.ascontiguousarray(colour)
    if not seen.any():
        return np.full(colour.shape, 255, np.uint8)
    visible = colour[seen]
    if (visible == visible[0]).all():
        # One colour: the shape is in the transparency alone, as with most exported pens and glyphs.
        return np.ascontiguousarray(np.repeat((255 - alpha)[..., None], 3, axis=2))
    weight = alpha[..., None].astype(np.float32) / 255
    light = float((visible.astype(np.float32).mean(axis=1) * alpha[seen]).sum() / alpha[seen].sum()) > 180
    paper = np.float32(0 if light else 255)
    return np.rint(colour * weight + paper * (1 - weight)).astype(np.uint8)


def as_ink(rgb: Images) -> Ink:
    """Finds the ink: white strokes on black, whichever way round the picture was.

    The median of the border is the paper, and the ink is on whichever side of it the picture reaches further. On
    even paper (a drawing, a screenshot, a picture of a data set) the ink is the difference from the paper, stretched
    to 0..1. On uneven paper (a photograph) the lighting is evened out first, and a threshold by Otsu (1979),
    softened so that edges stay smooth, parts strokes from paper.

    Args:
        rgb: uint8 [height, width, 3].

    Returns:
        float32 [height, width], 0 is paper and 1 is full ink; all zero for a blank picture.
    """
    grey = brightness(rgb)
    border = _border(grey)
    paper = float(np.median(border))
    darker, lighter = paper - float(grey.min()), float(grey.max()) - paper
    difference = paper - grey if darker >= lighter else grey - paper
    if max(darker, lighter) < _FAINT:
        return np.zeros(grey.shape, np.float32)
    spread = float(np.subtract(*np.percentile(border, [90, 10])))
    if spread <= _EVEN_PAPER:
        even: Ink = np.clip(difference / difference.max(), 0, 1)
        return even
    return _photographed(grey if darker < lighter else 1 - grey)


def _border(grey: Ink) -> NDArray[np.float32]:
    """The pixels of a frame, a fortieth of the shorter side wide."""
    width = max(1, min(grey.shape) // 40)
    return np.concatenate(
        [grey[:width].ravel(), grey[-width:].ravel(), grey[:, :width].ravel(), grey[:, -width:].ravel()]
    )


def _photographed(ink: Ink) -> Ink:
    """Ink from a photograph in which ink is light: subtracts the lighting, then a soft threshold."""
    lit = _filtered(ink, 1, np.add) - _lighting(ink)
    threshold = otsu(lit)
    core = lit > threshold
    if not core.any() or float(lit[core].mean()) < 2 * _FAINT:
        return np.zeros(ink.shape, np.float32)
    # A ramp about the threshold keeps edges smooth; grain that is nowhere near a stroke is not an edge.
    near = _filtered(core.astype(np.float32), _EDGE_PX, np.maximum)
    strokes: Ink = np.clip((lit - threshold / 2) / np.float32(threshold), 0, 1) * near
    return strokes


def _lighting(ink: Ink) -> Ink:
    """The paper without its strokes: a morphological opening at an eighth of the size, smoothed.

    The darkest of each neighbourhood knows no strokes, and the lightest of those follows a slope again.
    """
    height, width = ink.shape
    small = (max(1, width // 8), max(1, height // 8))
    coarse = np.asarray(Image.fromarray(ink).resize(small, Image.Resampling.BOX))
    reach = max(1, max(coarse.shape) // 8)
    for step in (np.minimum, np.maximum, np.add):
        coarse = _filtered(coarse, reach, step)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR))


def _filtered(picture: Ink, reach: int, step: np.ufunc) -> Ink:
    """The minimum, maximum or mean (as np.add) of the square that reaches so far, one axis after the other."""
    for axis in (0, 1):
        length = picture.shape[axis]
        padded = np.pad(picture, [(reach, reach) if each == axis else (0, 0) for each in (0, 1)], mode="edge")
        picture = padded.take(range(length), axis)
        for shift in range(1, 2 * reach + 1):
            neighbours = padded[shift : shift + length] if axis == 0 else padded[:, shift : shift + length]
            step(picture, neighbours, out=picture)
        if step is np.add:
            picture /= np.float32(2 * reach + 1)
    return picture


def otsu(values: NDArray[np.float32], bins: int = 256) -> float:
    """The threshold that parts values into two groups whose means lie furthest apart (Otsu 1979).

    Args:
        values: Any shape.
        bins: Steps in which thresholds are tried between the least and the greatest value.
    """
    counts, edges = np.histogram(values, bins=bins)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = counts.sum() - below
    sums = np.cumsum(counts * centres)
    mean_below = sums[:-1] / np.maximum(below, 1)
    mean_above = (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_below - mean_above) ** 2
    # Between two separate groups every threshold is equally good: the middle of them is taken.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1:-1][best].mean())
