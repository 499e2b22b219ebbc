"""What every unit of one layer does over many pictures, found in one pass: what excites it, and how its values spread.

A map's value for a picture is its largest over the map's places; a unit of a flat list is a map of one place.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnstudio.core import limits
from cnnstudio.core.dataset import Images, Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_points import Dropout, ReLU, ReLU6, StochasticDepth
from cnnstudio.core.layer_pools import GlobalMax, MaxPool
from cnnstudio.core.layers import Sizes, Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import sources, steps_by_name
from cnnstudio.core.unit_record import PartName, parts_words
from cnnstudio.datasets import Prepared
from cnnstudio.engine._histograms import Histograms
from cnnstudio.engine.evaluate import slice_pictures
from cnnstudio.engine.probe import probe

if TYPE_CHECKING:
    from cnnstudio.engine.session import Reader  # which keeps the records made here

V = TypeVar("V", bound="Sized")

KEPT: Final = 16
"""Pictures kept at each end of each map."""

_VALUE_MACS: Final = 80
"""Looking at one value of a map takes about as long as so many multiply-adds: sizes of slices are decided by it."""

_LARGEST_NUMBER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Looked:
    """Some pictures of one of a data set's three sets.

    Attributes:
        part: Which set.
        images: uint8 [n, c, h, w]: all of that set.
        labels: int64 [n].
        index: int64 [m]: which of them are looked at, ascending.
    """

    part: PartName
    images: Images
    labels: NDArray[np.int64]
    index: NDArray[np.int64]


def looked_at(prepared: Prepared, more: Pictures | None = None, most: int | None = None) -> tuple[Looked, ...]:
    """Which pictures of a data set are looked at.

    Test pictures first, as the network never learned from them, then validation, then training pictures, until there
    are `most`. Of the set that no longer fits, evenly spread ones are taken (its pictures may be in order of class).

    Args:
        prepared: The three sets.
        more: Further pictures of the same kind, looked at last.
        most: No more pictures than this; None is `limits.RECORD_PICTURES`.
    """
    left, found = limits.RECORD_PICTURES if most is None else most, []
    parts: list[tuple[PartName, Pictures]] = [
        ("test", prepared.test), ("validation", prepared.validation), ("train", prepared.train),
    ]  # fmt: skip
    if more is not None:
        parts.append(("more", more))
    for part, pictures in parts:
        count = min(left, len(pictures))
        index = np.arange(count, dtype=np.int64) * len(pictures) // max(1, count)
        found.append(Looked(part, pictures.images, pictures.labels, index))
        left -= count
    return tuple(found)


class Extremes:
    """For every map, the pictures with the largest (or smallest) value so far. Of equal ones, the earlier comes first.

    Thread: engine.
    """

    def __init__(self, maps: int, largest: bool, most: int = KEPT) -> None:
        """Begins with no pictures.

        Args:
            maps: How many lists to keep.
            largest: Whether large values are wanted, or small ones.
            most: Length of each list.
        """
        self._largest, self._most = largest, most
        self._keys = torch.empty((maps, 0), dtype=torch.int64)
        self._places = torch.empty((maps, 0), dtype=torch.int64)

    def add(self, values: Tensor, first: int, activations: Tensor) -> None:
        """Looks at further pictures.

        Args:
            values: float32 [n, maps], without NaN.
            first: Number of the first of them; the others follow.
            activations: float32 [n, maps, places]: where to look up at which place a value stands.
        """
        before = self._keys.shape[1]
        keys, chosen = self._best(self._keyed(values, first))
        numbers = self._numbers(keys) - first
        keys, kept = self._best(torch.cat([self._keys, keys], 1))
        numbers, places = (
            torch.cat(pair, 1).gather(1, kept)
            for pair in ((self._numbers(self._keys) - first, numbers), (self._places, torch.zeros_like(chosen)))
        )
        maps, ranks = torch.nonzero(kept >= before, as_tuple=True)
        places[maps, ranks] = activations[numbers[maps, ranks], maps].argmax(1)
        self._keys, self._places = keys, places

    def _keyed(self, values: Tensor, first: int) -> Tensor:
        """One whole number per value, in the same order, and no two alike: the value's bits, then the picture's number.

        Floats compare as their bits do once the bits of negative ones are turned over.
        """
        bits = (values + 0.0).view(torch.int32)  # + 0.0: a negative zero is no less than zero
        ordered = (bits ^ ((bits >> 31) & _LARGEST_NUMBER)).to(torch.int64)
        numbers = torch.arange(first, first + len(values))
        low = _LARGEST_NUMBER - numbers if self._largest else numbers
        return ((ordered << 32) + low[:, None]).T.contiguous()

    def _best(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        found = keys.topk(min(self._most, keys.shape[1]), 1, self._largest)
        return found.values, found.indices

    def _numbers(self, keys: Tensor) -> Tensor:
        low = keys & 0xFFFFFFFF
        return _LARGEST_NUMBER - low if self._largest else low

    def end(self) -> Found:
        """The lists, best first."""
        ordered = (self._keys >> 32).to(torch.int32)
        values = (ordered ^ ((ordered >> 31) & _LARGEST_NUMBER)).view(torch.float32)
        return Found(*(_locked(each) for each in (values, self._numbers(self._keys), self._places)))


@dataclass(frozen=True, slots=True)
class Found:
    """For every map of a layer, the pictures that excite it most or least, in order.

    Attributes:
        values: float32 [maps, pictures]: the map's largest value over its places.
        numbers: int64, same shape: the picture's number in the order in which they were looked at.
        places: int64, same shape: where in the map the value stands, counted along rows.
    """

    values: NDArray[np.float32]
    numbers: NDArray[np.int64]
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """What all units of one layer do over the pictures looked at.

    Attributes:
        shape: Of the layer's output for one picture.
        top: What excites each map most.
        least: What excites it least.
        pictures: How many were looked at.
        tested: How many of them are test pictures; what follows is of these alone.
        histograms: Of every unit's value, by its number within `shape`.
        above: int64 [units]: for how many of them the unit is above zero.
        dead: bool [maps].
    """

    shape: Sizes
    top: Found
    least: Found
    pictures: int
    tested: int
    histograms: Histograms
    above: NDArray[np.int64]
    dead: NDArray[np.bool_]

    @property
    def nbytes(self) -> int:
        """Memory that it takes, nearly."""
        arrays = [getattr(found, name) for found in (self.top, self.least) for name in ("values", "numbers", "places")]
        return self.histograms.nbytes + sum(int(array.nbytes) for array in (*arrays, self.above, self.dead))


def layer_record(reader: Reader, step: Step, looked: tuple[Looked, ...]) -> Generator[Progress, None, LayerRecord]:
    """Passes pictures through a network up to one layer, and keeps what its units do.

    Args:
        reader: The network, held steady (`session.steady`).
        step: A layer of its specification.
        looked: The pictures.

    Yields:
        Progress, after each slice of about 10 ms.

    Raises:
        StudioError: There are no pictures, or the layer computes what are no numbers.
    """
    total = sum(len(part.index) for part in looked)
    if not total:
        raise StudioError("There are no pictures to look at.", "The data set is empty.", "Choose another data set.")
    steps = reader.spec.steps()
    gathered, done = _Gathered(step, total), 0
    macs = sum(each.macs for each in steps[: steps.index(step) + 1])
    size = slice_pictures(macs + _VALUE_MACS * gathered.units, limits.QUESTION_PICTURES)
    told = parts_words((part.part, len(part.index)) for part in looked)
    for part, images in _slices(looked, size):
        yield Progress(done / total, f"{step.layer.title}: looked at {done:,} of {total:,} pictures ({told})")
        given = reader.given(images)
        with probe(reader.module, reader.spec, (step.name,)) as read:  # other questions may use the module in between
            values = read(given)[step.name].cpu()
        gathered.add(values, done, tested=part == "test")
        done += len(images)
    return gathered.end(_passed_by_relu(reader.spec, step.name))


def _slices(looked: tuple[Looked, ...], size: int) -> Iterator[tuple[PartName, Images]]:
    for part in looked:
        for start in range(0, len(part.index), size):
            yield part.part, part.images[part.index[start : start + size]]


class _Gathered:
    """What is kept of the values of one layer while slices of pictures pass.

    Thread: engine.
    """

    def __init__(self, step: Step, pictures: int) -> None:
        """Begins with no pictures."""
        self.step, self.pictures, self.tested = step, pictures, 0
        self.maps = step.shape[0]
        self.units = int(np.prod(step.shape))
        self.top, self.least = Extremes(self.maps, True), Extremes(self.maps, False)
        self.histograms = Histograms(self.units)
        self.above = np.zeros(self.units, np.int64)

    def add(self, values: Tensor, first: int, tested: bool) -> None:
        maps = values.reshape(len(values), self.maps, -1)
        largest = maps.amax(2)
        if not bool(torch.isfinite(largest).all()):
            raise no_numbers(self.step)
        self.top.add(largest, first, maps)
        self.least.add(largest, first, maps)
        if tested:
            flat = maps.reshape(len(values), -1)
            if not self.histograms.add(flat):
                raise no_numbers(self.step)
            self.above += np.add.reduce((flat > 0).numpy().view(np.uint8), axis=0, dtype=np.int32)
            self.tested += len(values)

    def end(self, passed_by_relu: bool) -> LayerRecord:
        lowest, highest = (each.reshape(self.maps, -1) for each in self.histograms.range())
        low, high = lowest.min(1), highest.max(1)
        dead = (low == high) & (self.tested > 1)
        if passed_by_relu:
            dead |= (high <= 0) & (self.tested > 0)
        for array in (dead, self.above):
            array.setflags(write=False)
        return LayerRecord(
            self.step.shape, self.top.end(), self.least.end(), self.pictures, self.tested,
            self.histograms, self.above, dead,
        )  # fmt: skip


def no_numbers(step: Step) -> StudioError:
    """What is said of a layer that computes infinities, or what is no number at all."""
    return StudioError(
        f"{step.layer.title.capitalize()} computes values that are not numbers.",
        "The network's weights have grown beyond all bounds in training.",
        "Choose an earlier moment, or train again with a smaller learning rate.",
    )


def _passed_by_relu(spec: NetworkSpec, layer: str) -> bool:
    """Whether nothing of a layer's values goes on but what a ReLU lets pass: positive ones.

    That is so of a ReLU's own output, and where every layer that reads the values is a ReLU, or is max-pooling or
    dropout with nothing but such readers. A shortcut or a branch that reads them too breaks it.
    """
    layers = steps_by_name(spec)
    if isinstance(layers[layer].layer, ReLU | ReLU6):
        return True
    readers = [name for name, read in sources(spec).items() if layer in read]
    handed_on = (ReLU, ReLU6, MaxPool, GlobalMax, Dropout, StochasticDepth)
    return bool(readers) and all(
        isinstance(layers[name].layer, handed_on) and _passed_by_relu(spec, name) for name in readers
    )


class Sized(Protocol):
    """What knows how much memory it takes.

    Thread: any.
    """

    @property
    def nbytes(self) -> int:
        """Memory that its arrays take."""


class Records(Generic[V]):
    """What was found out about many pictures, the latest kept, bounded in bytes.

    Thread: engine.
    """

    def __init__(self, most_bytes: int = limits.RECORDS_BYTES) -> None:
        """Begins empty."""
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[object, ...], tuple[weakref.ref[Images], V]] = OrderedDict()

    def get(self, key: tuple[object, ...], data: Images) -> V | None:
        """The record kept under a key, if it was made of these very pictures."""
        of, record = self._kept.get(key, (None, None))
        if of is None or of() is not data:
            return None
        self._kept.move_to_end(key)
        return record

    def keep(self, key: tuple[object, ...], data: Images, record: V) -> None:
        """Keeps a record; the oldest go where there is no more room. One that is larger than the room is not kept."""
        self._kept.pop(key, None)
        if record.nbytes > self._most_bytes:
            return
        self._kept[key] = (weakref.ref(data), record)
        while sum(each.nbytes for _, each in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forgets all."""
        self._kept.clear()


def _locked(values: Tensor) -> NDArray[Any]:
    array = values.numpy().copy()
    array.setflags(write=False)
    return array
