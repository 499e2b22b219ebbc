"""Digits that look handwritten, made by the program: no scanned picture was used, none is needed."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from cnnstudio.core.dataset import DatasetInfo, Images, Labels, Loading, Pictures, Request
from cnnstudio.core.knobs import Knob
from cnnstudio.datasets import _pen
from cnnstudio.datasets._allographs import Allograph, DigitShape, digit_shapes
from cnnstudio.datasets._making import Making, knobs_of, load_made
from cnnstudio.datasets._streams import Part, balanced_labels, numpy_stream, one_thread, torch_stream
from cnnstudio.datasets._strokes import Style, write

if TYPE_CHECKING:
    import torch

CLASS_NAMES: Final = tuple("0123456789")
SLICE: Final = 128
"""Pictures between two reports: about 20 ms of one core."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the knobs say.

    Attributes:
        style: How much hands differ.
        jitter_px: Largest distance from the centred place, to each side.
        rotation_degrees: Largest turn beyond what hands do, either way.
        clutter: Extra pieces of stroke in each picture.
        all_ways: Whether every allograph is used, or only the first of each digit.
    """

    style: Style = field(default_factory=Style)
    jitter_px: int = 0
    rotation_degrees: float = 0.0
    clutter: int = 0
    all_ways: bool = True


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The pictures being made, and what was decided for each beforehand."""

    images: Images
    labels: Labels
    turns: torch.Tensor
    offsets: torch.Tensor


def _blank(n: int, seed: int, part: Part, recipe: Recipe) -> _Sheet:
    import torch

    labels = balanced_labels(n, 10, numpy_stream(seed, part, "labels"))
    turns = numpy_stream(seed, part, "turns").uniform(-1, 1, n) * math.radians(recipe.rotation_degrees)
    steps = np.floor(numpy_stream(seed, part, "places").random((n, 2)) * (2 * recipe.jitter_px + 1))
    return _Sheet(
        np.zeros((n, 1, _pen.SIDE, _pen.SIDE), np.uint8),
        labels,
        torch.from_numpy(turns.astype(np.float32)),
        torch.from_numpy(steps.astype(np.int64) - recipe.jitter_px),
    )


def _shares(shape: DigitShape, n: int, rng: np.random.Generator, recipe: Recipe) -> list[tuple[Allograph, slice]]:
    """Divides n pictures of a digit among its allographs by their weights."""
    if not recipe.all_ways:
        return [(shape.allographs[0], slice(0, n))]
    weights = np.array([allograph.weight for allograph in shape.allographs])
    counts = rng.multinomial(n, weights / weights.sum())
    ends = np.cumsum(counts)
    return [
        (a, slice(int(end - count), int(end))) for a, count, end in zip(shape.allographs, counts, ends, strict=True)
    ]


def _write_digits(sheet: _Sheet, seed: int, part: Part, recipe: Recipe) -> Generator[int, None, None]:
    """Fills the sheet slice by slice and yields how many pictures each slice had."""
    import torch

    rng, choice = torch_stream(seed, part, "strokes"), numpy_stream(seed, part, "ways")
    for shape in digit_shapes():
        mine = choice.permutation(np.flatnonzero(sheet.labels == shape.digit))
        for allograph, share in _shares(shape, len(mine), choice, recipe):
            for chosen in torch.split(torch.from_numpy(mine[share]), SLICE):
                if not len(chosen):
                    continue
                with one_thread():
                    path = write(shape, allograph, sheet.turns[chosen], rng, recipe.style)
                    ink = _pen.draw(path, allograph, shape.thickest_px, rng, recipe.style)
                    pixels = _pen.place(ink, sheet.offsets[chosen])
                    sheet.images[chosen.numpy(), 0] = (pixels * 255 + 0.5).to(torch.uint8).numpy()
                yield len(chosen)


def _add_clutter(sheet: _Sheet, seed: int, part: Part, pieces: int) -> Generator[int, None, None]:
    import torch

    rng = torch_stream(seed, part, "clutter")
    for start in range(0, len(sheet.labels), SLICE):
        images = sheet.images[start : start + SLICE, 0]
        with one_thread():
            extra = (_pen.fragments(len(images), pieces, rng) * 255 + 0.5).to(torch.uint8).numpy()
        np.maximum(images, extra, out=images)
        yield len(images)


def make(n: int, seed: int, part: Part = "train", recipe: Recipe | None = None) -> Making:
    """Makes digits, equally many of each to within one.

    The same arguments give the same bytes, whatever the number of threads.

    Args:
        n: How many.
        seed: Decides everything.
        part: The training and the test set of a seed have nothing in common.
        recipe: What the knobs say; everything at its default when None.

    Yields:
        How many pictures were finished (or cluttered) since the last time, some 20 ms each.

    Returns:
        The pictures, [n, 1, 28, 28], white on black.
    """
    recipe = recipe or Recipe()
    sheet = _blank(n, seed, part, recipe)
    yield from _write_digits(sheet, seed, part, recipe)
    if recipe.clutter:
        yield from _add_clutter(sheet, seed, part, recipe.clutter)
    return Pictures(sheet.images, sheet.labels)


def recipe_from(request: Request) -> Recipe:
    """Reads the knobs of a request; what it does not name has its default."""
    knobs = knobs_of(DATASET, request)
    off = {name: not knobs[name] for name in ("pen", "slant", "wobble", "ways")}
    return Recipe(
        Style().without(**off),
        int(knobs["jitter"]),
        float(knobs["rotation"]),
        int(knobs["clutter"]),
        all_ways=bool(knobs["ways"]),
    )


def _load(request: Request) -> Loading:
    recipe = recipe_from(request)
    rounds = 2 if recipe.clutter else 1
    return (
        yield from load_made(
            DATASET, request, lambda n, part: make(n, request.seed, part, recipe), "making digits", rounds
        )
    )


DATASET = DatasetInfo(
    id="digits",
    title="Digits, made here",
    order=10,
    sentence="Handwritten-looking digits drawn by the program and framed as MNIST's are; nothing to download.",
    source="This program, from strokes and a model of hand and pen; the framing is that of LeCun et al., 1998",
    licence="MIT, as the program",
    shape=(1, _pen.SIDE, _pen.SIDE),
    class_names=CLASS_NAMES,
    train_size=12_000,
    test_size=2_000,
    load=_load,
    knobs=(
        Knob("jitter", "jitter", 0, "How far a digit may sit from the centre, to each side; above 4 px it may be cut.",
             0, 8, "px"),
        Knob("rotation", "rotation", 0.0, "How far each digit may be turned, either way, beyond what a hand does.",
             0, 180, "degrees"),
        Knob("clutter", "clutter", 0, "How many stray pieces of stroke lie in each picture.", 0, 8, "pieces"),
        Knob("pen", "many pens", True, "Whether pens differ in width and pressure; off, all digits have one width."),
        Knob("slant", "slant", True, "Whether hands differ in slant, turn and width; off, all digits stand upright."),
        Knob("wobble", "wobble", True, "Whether lines tremble, shift and bend; off, every hand is steady."),
        Knob("ways", "ways of writing", True, "Whether a digit is written in several ways, or only in one."),
    ),
    centred=True,
    generated=True,
)  # fmt: skip
