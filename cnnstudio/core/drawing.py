"""What is on the canvas: strokes, perhaps a picture under them, and where the whole of it was moved to.

Everything is measured in canvas units: x runs from 0 (left) to 1 (right), y from 0 (top) to 1 (bottom), and the
width of a stroke is a share of the canvas. Strokes and picture are kept as they were made; moving, turning and
scaling changes one `Transform` only, so nothing is lost by moving a drawing about. No Qt, no rendering.

A `Sheet` is one immutable state. A `Drawing` holds the present sheet with those that undo and redo lead to.
"""

from __future__ import annotations

import cmath
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.framing import fit_colour

WHITE: Final = (255, 255, 255)
MAX_COORDINATE: Final = 1_000.0
"""A point further out than this many canvases comes from a damaged file."""
MAX_SHIFT: Final = 40.0
"""Nobody moves a picture further away; with `MIN_SCALE` it keeps every coordinate below `MAX_COORDINATE`."""
MIN_SCALE: Final = 0.05
MAX_SCALE: Final = 20.0
_DECIMALS: Final = 4

Point = tuple[float, float, float]
"""x, y and width, in canvas units."""
Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in canvas units."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One line of the pen, or of the eraser.

    Attributes:
        points: As the hand gave them; whoever draws them smooths. At least one.
        erases: Whether it takes ink away.
        colour: Ink of a pen on a colour canvas; white elsewhere.
    """

    points: tuple[Point, ...]
    erases: bool = False
    colour: Colour = WHITE


def rounded(point: Point) -> Point:
    """A point as exactly as a kept drawing holds it, to 1/10,000 of the canvas."""
    return round(point[0], _DECIMALS), round(point[1], _DECIMALS), round(point[2], _DECIMALS)


def stroke(points: Iterable[Point], erases: bool = False, colour: Colour = WHITE) -> Stroke:
    """A stroke of rounded points."""
    return Stroke(tuple(rounded(point) for point in points), erases, colour)


@dataclass(frozen=True, slots=True)
class Transform:
    """A move, turn and change of size of the plane: z becomes `turn` * z + `shift`, with z = x + iy.

    Attributes:
        turn: Its absolute value is the scale, its phase the angle (clockwise on the screen, as y runs down).
        shift: The move, in canvas units.
    """

    turn: complex = 1 + 0j
    shift: complex = 0j

    @staticmethod
    def about(x: float, y: float, *, degrees: float = 0.0, scale: float = 1.0) -> Transform:
        """A turn and scaling that leaves one point where it is."""
        turn = cmath.rect(scale, math.radians(degrees))
        centre = complex(x, y)
        return Transform(turn, centre - turn * centre)

    @staticmethod
    def through(old: tuple[complex, complex], new: tuple[complex, complex]) -> Transform:
        """The transform that takes two points to two others: two fingers on a screen.

        Args:
            old: Where the fingers were.
            new: Where they are.

        Returns:
            The one such transform; a plain move where the two old points are one.
        """
        span = old[1] - old[0]
        turn = (new[1] - new[0]) / span if abs(span) > 1e-9 else 1 + 0j
        if abs(turn) < 1e-9:
            turn = 1 + 0j
        return Transform(turn, new[0] - turn * old[0])

    @property
    def scale(self) -> float:
        """How many times larger."""
        return abs(self.turn)

    @property
    def degrees(self) -> float:
        """How far turned, clockwise on the screen, -180 to 180."""
        return math.degrees(cmath.phase(self.turn))

    @property
    def is_identity(self) -> bool:
        """Whether nothing moves by as much as a kept drawing could tell."""
        return abs(self.turn - 1) < 1e-6 and abs(self.shift) < 1e-6

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Where a point goes."""
        moved = self.turn * complex(x, y) + self.shift
        return moved.real, moved.imag

    def then(self, later: Transform) -> Transform:
        """This transform and then a later one, as one."""
        return Transform(later.turn * self.turn, later.turn * self.shift + later.shift)

    def inverse(self) -> Transform:
        """The transform that undoes this one."""
        return Transform(1 / self.turn, -self.shift / self.turn)


@dataclass(frozen=True, eq=False, slots=True)
class Bitmap:
    """A picture under the strokes, fitted into the canvas with its proportions kept.

    Attributes:
        pixels: uint8 [height, width] (ink, white on black) or [height, width, 3] (red, green, blue); read-only.
        stored: Whether it is a data set's own picture, to be handed to the networks as it is while untouched.
    """

    pixels: NDArray[np.uint8]
    stored: bool = False

    def __post_init__(self) -> None:
        """Locks the pixels.

        Raises:
            StudioError: There are no pixels, or they are not grey or RGB.
        """
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or 0 in shape or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)):
            raise StudioError("This is not a picture that can be put on the canvas.")
        object.__setattr__(self, "pixels", np.ascontiguousarray(self.pixels))
        self.pixels.setflags(write=False)

    @staticmethod
    def from_planes(planes: NDArray[np.uint8]) -> Bitmap:
        """A data set's picture, uint8 [1 or 3, height, width]."""
        pixels = planes[0] if planes.shape[0] == 1 else planes.transpose(1, 2, 0)
        return Bitmap(np.array(pixels, np.uint8, order="C"), stored=True)

    @staticmethod
    def from_rgb(rgb: NDArray[np.uint8]) -> Bitmap:
        """An opened picture, uint8 [height, width, 3], averaged down to `limits.MAX_BITMAP_PX` where it is larger."""
        height, width = rgb.shape[:2]
        times = limits.MAX_BITMAP_PX / max(height, width, 1)
        if times < 1:
            shape = (3, max(1, round(height * times)), max(1, round(width * times)))
            rgb = fit_colour(rgb, shape).transpose(1, 2, 0)
        return Bitmap(np.array(rgb, np.uint8, order="C"))

    def planes(self) -> NDArray[np.uint8]:
        """uint8 [1 or 3, height, width], as the networks take pictures."""
        if self.pixels.ndim == 2:
            return self.pixels[None]
        return np.ascontiguousarray(self.pixels.transpose(2, 0, 1))

    @property
    def box(self) -> Box:
        """Where it lies before any transform: as large as fits, in the middle."""
        height, width = self.pixels.shape[:2]
        longest = max(height, width)
        dx, dy = (1 - width / longest) / 2, (1 - height / longest) / 2
        return dx, dy, 1 - dx, 1 - dy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bitmap):
            return NotImplemented
        return self.stored == other.stored and np.array_equal(self.pixels, other.pixels)

    def __hash__(self) -> int:
        return hash((self.stored, self.pixels.shape, self.pixels.tobytes()))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One state of the canvas.

    Attributes:
        strokes: In the order they were drawn, in the plane before `transform`.
        bitmap: What lies under them, or None.
        transform: Where strokes and bitmap were moved to, together.
        source: Where the bitmap comes from, as in "opened cat.png"; "" when there is none.
        label: The class the data set gives the bitmap, or None.
    """

    strokes: tuple[Stroke, ...] = ()
    bitmap: Bitmap | None = None
    transform: Transform = Transform()
    source: str = ""
    label: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing but black can be on it."""
        return self.bitmap is None and all(line.erases for line in self.strokes)

    @property
    def is_untouched(self) -> bool:
        """Whether it is a bitmap alone, neither drawn on nor moved."""
        return self.bitmap is not None and not self.strokes and self.transform.is_identity

    @property
    def caption(self) -> str:
        """Where the picture comes from, in few words."""
        if self.bitmap is None:
            return "empty" if self.is_empty else "drawn"
        return self.source if self.is_untouched else f"{self.source}, changed"

    def box(self) -> Box | None:
        """The smallest upright box around everything, before the transform; None when there is nothing."""
        boxes = [self.bitmap.box] if self.bitmap is not None else []
        boxes += [
            (x - w / 2, y - w / 2, x + w / 2, y + w / 2)
            for line in self.strokes
            if not line.erases
            for x, y, w in line.points
        ]
        if not boxes:
            return None
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def moved(self, change: Transform) -> Sheet:
        """Everything moved by a further transform; one that would make it tiny or huge is left out."""
        after = self.transform.then(change)
        if not MIN_SCALE <= after.scale <= MAX_SCALE or abs(after.shift) > MAX_SHIFT:
            return self
        return replace(self, transform=after)

    def with_stroke(self, added: Stroke) -> Sheet:
        """With one more stroke, given where it was drawn: the transform so far is taken out of it."""
        back = self.transform.inverse()
        points = ((*back.apply(x, y), w * back.scale) for x, y, w in added.points)
        strokes = (*self.strokes, stroke(points, added.erases, added.colour))
        while len(strokes) > 1 and sum(len(line.points) for line in strokes) > limits.MAX_DRAWING_POINTS:
            strokes = strokes[1:]  # what could not be kept is given up while it can be seen
        return replace(self, strokes=strokes)


class Drawing:
    """The sheet on the canvas and the way back.

    Attributes:
        sheet: The present state.
    """

    def __init__(self, sheet: Sheet | None = None) -> None:
        """Starts from a sheet, with nothing to undo."""
        self.sheet = sheet if sheet is not None else Sheet()
        self._past: deque[Sheet] = deque(maxlen=limits.UNDO_STEPS)
        self._future: list[Sheet] = []
        self._merge = ""

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier state."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a state that was undone."""
        return bool(self._future)

    def change(self, sheet: Sheet, merge: str = "") -> bool:
        """Goes to a new state.

        Args:
            sheet: The new state.
            merge: Changes in a row with the same name here are one step to undo, as when an arrow key is held.

        Returns:
            Whether anything changed.
        """
        if sheet == self.sheet:
            return False
        if not (merge and merge == self._merge and self._past):
            self._past.append(self.sheet)
        self._future.clear()
        self._merge = merge
        self.sheet = sheet
        return True

    def undo(self) -> bool:
        """Goes back one state; whether there was one."""
        if not self._past:
            return False
        self._future.append(self.sheet)
        self.sheet = self._past.pop()
        self._merge = ""
        return True

    def redo(self) -> bool:
        """Takes an undo back; whether there was one."""
        if not self._future:
            return False
        self._past.append(self.sheet)
        self.sheet = self._future.pop()
        self._merge = ""
        return True

    def clear(self) -> bool:
        """Empties the canvas, as a step that can be undone."""
        return self.change(Sheet())


def first_sheet() -> Sheet:
    """The digit that stands on the canvas at the first start: a 3, written in one go."""
    outline = (
        (0.300, 0.262, 0.082), (0.345, 0.212, 0.084), (0.415, 0.180, 0.086), (0.500, 0.172, 0.088),
        (0.585, 0.192, 0.092), (0.645, 0.248, 0.096), (0.652, 0.322, 0.098), (0.610, 0.394, 0.094),
        (0.540, 0.440, 0.086), (0.470, 0.462, 0.078), (0.550, 0.470, 0.082), (0.632, 0.512, 0.090),
        (0.688, 0.588, 0.098), (0.690, 0.682, 0.100), (0.640, 0.766, 0.098), (0.550, 0.814, 0.092),
        (0.450, 0.820, 0.088), (0.365, 0.796, 0.084), (0.305, 0.750, 0.078),
    )  # fmt: skip
    return Sheet((stroke(outline),))
