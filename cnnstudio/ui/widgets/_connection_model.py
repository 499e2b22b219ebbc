"""What the connections panel shows: the numbers of the layer, whose weights, which unit. No widgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.connections import (
    WAYS,
    Numbers,
    Way,
    Wiring,
    initial_map,
    initial_unit,
    respond,
    unit_of,
)
from cnnstudio.core.framing import fit_colour
from cnnstudio.core.knobs import Knob
from cnnstudio.core.questions import LayerWeights
from cnnstudio.ui.widgets._connection import Connection, Place
from cnnstudio.ui.widgets.mosaic import as_rgb

LEAST_SIDE_PX: Final = 28
MOST_SIDE_PX: Final = 224

UNITS: Final = Knob("units", "units", 77, "Units of the dense layer.", minimum=1, maximum=100_000, log=True)
KERNELS: Final = Knob(
    "kernels", "kernels", 6, "Kernels of the locally connected layer and of the convolution, and so output maps.",
    minimum=1, maximum=4_096, log=True,
)  # fmt: skip
KERNEL: Final = Knob("kernel", "kernel size", 5, "Height and width of a kernel.", minimum=1, maximum=11, unit="px")

_KINDS: Final[dict[str, Way]] = {"templates": "dense", "kernels": "conv"}
_NEAR: Final = ((0, -1), (0, 1), (-1, 0), (1, 0), (0, -2), (0, 2), (-2, 0), (2, 0), (0, 3), (3, 0))
_NEIGHBOURS: Final = 4

SENTENCES: Final[dict[Way, str]] = {
    "dense": "A dense layer can represent whatever a convolution computes: zeros outside the patch, and a copy of it "
    "for every place. But nothing tells it to. It has to learn each place by itself, from examples with ink there.",
    "local": "Local, not shared: it assumes that neighbouring pixels belong together. But what is learned here is not "
    "known one pixel further on; every place has to learn it again.",
    "conv": "Local and shared: what is learned at one place is known at all. The assumption is right for images, where "
    "a pattern means the same anywhere, and wrong where the place itself matters.",
}


@dataclass
class Choice:
    """What the student chose.

    Attributes:
        side: Height and width of the picture in pixels.
        colour: Whether it has three channels.
        units: Of the dense layer.
        kernels: Of the other two.
        kernel: Their height and width in pixels.
        own: Whether these numbers are the student's; otherwise they follow the networks of the race.
        of_map: The output map that is looked at, counted from 0.
        unit: Row and column of the dense unit; None is the middle.
        patch: Row and column of the unit in the other two; None is the middle.
    """

    side: int = LEAST_SIDE_PX
    colour: bool = False
    units: int = 77
    kernels: int = 6
    kernel: int = 5
    own: bool = False
    of_map: int = 0
    unit: Place | None = None
    patch: Place | None = None

    def settings(self) -> dict[str, Any]:
        """As JSON types."""
        places = {"unit": self.unit, "patch": self.patch}
        return {name: getattr(self, name) for name in ("side", "colour", "units", "kernels", "kernel", "own", "of_map")
                } | {name: None if place is None else list(place) for name, place in places.items()}  # fmt: skip

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes back what `settings` gave; what does not fit is ignored."""
        side = Knob("side", "side", 28, "", minimum=LEAST_SIDE_PX, maximum=MOST_SIDE_PX)
        of_map = Knob("of_map", "map", 0, "", minimum=0, maximum=4_095)
        for knob in (side, UNITS, KERNELS, KERNEL, of_map):
            value = settings.get(knob.name)
            if isinstance(value, int) and knob.check(value) is None:
                setattr(self, knob.name, value)
        for name in ("colour", "own"):
            setattr(self, name, settings.get(name) is True)
        for name in ("unit", "patch"):
            place = settings.get(name)
            good = isinstance(place, list) and len(place) == 2 and all(isinstance(one, int) for one in place)
            setattr(self, name, tuple(place) if isinstance(place, list) and good else None)


@dataclass
class ConnectionModel:
    """Gives the drawing what it shows; keeps what was computed for as long as it holds.

    Attributes:
        choice: What the student chose.
        learned: The first layers of the race's networks at the current moment, by way.

    Thread: GUI.
    """

    choice: Choice = field(default_factory=Choice)
    learned: dict[Way, LayerWeights] = field(default_factory=dict)
    _given: NDArray[np.uint8] | None = None
    _fitted: tuple[Any, NDArray[np.uint8]] | None = None
    _map: tuple[Any, Numbers | None] | None = None
    _sums: tuple[Any, Numbers | None] | None = None

    def take_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Another picture, uint8 [channels, height, width]; None is an empty one."""
        self._given, self._fitted, self._sums = picture, None, None
        self._follow()

    def take_layers(self, layers: Iterable[LayerWeights]) -> None:
        """Other weights; networks that have none, or of another kind, are left out."""
        self.learned = {}
        for layer in layers:
            way = _KINDS.get(layer.kind)
            whole = layer.weights_from != "none" and 0 < len(layer.kernels) == layer.total
            if way is not None and whole and way not in self.learned:
                self.learned[way] = layer
        self._map = self._sums = None
        self._follow()

    def follow(self) -> None:
        """Takes the numbers of the race's networks and of the picture again."""
        self.choice.own = False
        self._follow()

    def _follow(self) -> None:
        choice = self.choice
        if choice.own:
            return
        if self._given is not None:
            choice.side = min(max(int(self._given.shape[1]), LEAST_SIDE_PX), MOST_SIDE_PX)
            choice.colour = len(self._given) == 3
        if "dense" in self.learned:
            choice.units = self.learned["dense"].total
        if "conv" in self.learned:
            kernels = self.learned["conv"]
            choice.kernels = kernels.total
            choice.kernel = min(int(kernels.kernels.shape[-1]), int(KERNEL.maximum or 1))

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture in the chosen size, uint8 [channels, side, side]."""
        shape = self.wiring("dense").shape
        if self._fitted is None or self._fitted[0] != shape:
            self._fitted = (shape, self._fit(shape))
        return self._fitted[1]

    @property
    def given(self) -> NDArray[np.uint8]:
        """The picture as it came."""
        return np.zeros((1, LEAST_SIDE_PX, LEAST_SIDE_PX), np.uint8) if self._given is None else self._given

    def _fit(self, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        return self.given if self.given.shape == shape else fit_colour(as_rgb(self.given[None])[0], shape)

    def wiring(self, way: Way) -> Wiring:
        """The layer connected in one of the ways."""
        choice = self.choice
        shape = (3 if choice.colour else 1, choice.side, choice.side)
        return Wiring(way, shape, choice.units, choice.kernels, choice.kernel)

    def wirings(self) -> tuple[Wiring, ...]:
        """All three."""
        return tuple(self.wiring(way) for way in WAYS)

    def place(self, way: Way) -> Place:
        """The unit that is kept, within the map."""
        kept = self.choice.unit if way == "dense" else self.choice.patch
        wiring = self.wiring(way)
        rows, columns = wiring.grid
        row, column = kept or (rows // 2, columns // 2)
        row, column = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
        return (row, column) if wiring.holds(row, column) else (0, 0)

    def keep(self, way: Way, place: Place) -> None:
        """Keeps another unit."""
        if way == "dense":
            self.choice.unit = place
        else:
            self.choice.patch = place

    def fits(self, way: Way) -> LayerWeights | None:
        """The learned layer, where it has this layer's sizes."""
        layer, wiring = self.learned.get(way), self.wiring(way)
        count = wiring.units if way == "dense" else wiring.kernels
        window = wiring.shape if way == "dense" else (wiring.shape[0], wiring.kernel, wiring.kernel)
        return layer if layer is not None and layer.kernels.shape == (count, *window) else None

    def connection(self, way: Way, place: Place) -> Connection:
        """Everything about one unit."""
        wiring, of_map = self.wiring(way), self.of_map(way)
        weights = self._weights(wiring, of_map)
        near = [(place[0] + down, place[1] + across) for down, across in _NEAR]
        near = [one for one in near if wiring.holds(*one)][:_NEIGHBOURS]
        others = tuple((_name(wiring, one), self._unit(wiring, of_map, weights, one)) for one in near)
        unit = self._unit(wiring, of_map, weights, place)
        title, shared = self._words(wiring, of_map, place)
        return Connection(
            wiring, self.picture, place, unit, others, self._outputs(wiring, of_map, weights), title, shared
        )

    def of_map(self, way: Way) -> int:
        """The output map that is looked at."""
        return 0 if way == "dense" else self.choice.of_map % self.choice.kernels

    def _weights(self, wiring: Wiring, of_map: int) -> Numbers | None:
        key = (wiring, of_map)
        if self._map is None or self._map[0] != key:
            layer = self.fits(wiring.way)
            if layer is None:
                made = initial_map(wiring, of_map)
            else:
                made = layer.kernels if wiring.way == "dense" else layer.kernels[of_map]
            self._map = (key, made)
            self._sums = None
        return self._map[1]

    def _unit(self, wiring: Wiring, of_map: int, weights: Numbers | None, place: Place) -> Numbers:
        return initial_unit(wiring, of_map, *place) if weights is None else unit_of(wiring, weights, *place)

    def _outputs(self, wiring: Wiring, of_map: int, weights: Numbers | None) -> Numbers | None:
        key = (wiring, of_map)
        if self._sums is None or self._sums[0] != key:
            pixels = self.picture.astype(np.float32) / np.float32(255)
            self._sums = (key, None if weights is None else respond(wiring, pixels, weights))
        return self._sums[1]

    def _words(self, wiring: Wiring, of_map: int, place: Place) -> tuple[str, str]:
        layer, places = self.fits(wiring.way), wiring.grid[0] * wiring.grid[1]
        whose, weights = layer.title if layer else "random", f"{wiring.reads:,} weights"
        if wiring.way == "dense":
            return f"Unit {place[0] * wiring.grid[1] + place[1] + 1:,}, {whose}", f"{weights} of its own"
        title = f"Kernel {of_map + 1:,} of {wiring.kernels:,}, {whose}"
        return (
            title,
            f"{weights} of this place" if wiring.way == "local" else f"the same {weights} at {places:,} places",
        )


def _name(wiring: Wiring, place: Place) -> str:
    row, column = place
    if wiring.way == "dense":
        return f"unit {row * wiring.grid[1] + column + 1:,}"
    return f"the unit at row {row}, column {column}"
