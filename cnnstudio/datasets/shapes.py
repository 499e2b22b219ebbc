"""Coloured shapes and textures: neither mean colour nor place tells the class, so a network has to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import DatasetInfo, Images, Labels, Loading, Pictures, Request
from cnnstudio.core.knobs import Knob
from cnnstudio.datasets._making import Making, knobs_of, load_made
from cnnstudio.datasets._outlines import PATCHES, PLAIN, TEXTURES, Plane
from cnnstudio.datasets._streams import Part, balanced_labels, numpy_stream

SIDE: Final = 32
CLASS_NAMES: Final = tuple(outline.__name__ for outline in PLAIN) + tuple(TEXTURES)
RADIUS_PX: Final = (7.0, 12.0)
PERIOD_PX: Final = (4.5, 7.0)
SLICE: Final = 128

_CANDIDATES: Final = 4

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the knobs say.

    Attributes:
        jitter_px: How far the middle may sit from the centre, to each side, as long as the shape stays inside.
        noise: Standard deviation of the noise on every pixel and channel; 1 is the whole range.
        clutter: Stray lines in each picture.
        colour: Whether pictures are coloured, or grey in all three channels.
    """

    jitter_px: float = 10.0
    noise: float = 0.05
    clutter: int = 0
    colour: bool = True


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was decided for each of n pictures, before any pixel: lengths in pixels, angles in radians."""

    labels: Labels
    radius: Floats
    middle: Floats
    angle: Floats
    patch: NDArray[np.int64]
    wave: Floats
    tint: Floats
    colours: Floats


def _colours(n: int, rng: np.random.Generator, colour: bool) -> Floats:
    """Colours [n, 4, 3]: two corners of the background, the shape, and the second colour of its texture.

    Of a few random colours the one farthest from what it has to stand out against is taken; all classes alike.
    """
    candidates = rng.random((n, 2 * _CANDIDATES + 2, 3), dtype=np.float32)
    if not colour:
        candidates[:] = candidates[..., :1]
    ground = candidates[:, 0]
    slope = 0.35 * (candidates[:, 1] - 0.5)
    chosen: list[Floats] = []
    for others, options in (
        ([ground], candidates[:, 2 : 2 + _CANDIDATES]),
        ([ground], candidates[:, 2 + _CANDIDATES :]),
    ):
        against = others + chosen
        far = np.min([np.linalg.norm(options - other[:, None], axis=2) for other in against], axis=0)
        chosen.append(options[np.arange(n), far.argmax(1)])
    return np.stack([ground - slope, ground + slope, *chosen], 1)


def _plan(n: int, seed: int, part: Part, recipe: Recipe) -> _Plan:
    labels = balanced_labels(n, len(CLASS_NAMES), numpy_stream(seed, part, "labels"))
    rng, places = numpy_stream(seed, part, "forms"), numpy_stream(seed, part, "places")
    radius = (RADIUS_PX[0] + (RADIUS_PX[1] - RADIUS_PX[0]) * rng.random(n, dtype=np.float32)).astype(np.float32)
    room = np.minimum(SIDE / 2 - 0.85 * radius, recipe.jitter_px).clip(0)
    return _Plan(
        labels,
        radius,
        (places.uniform(-1, 1, (n, 2)) * room[:, None]).astype(np.float32),
        rng.uniform(0, 2 * np.pi, n).astype(np.float32),
        rng.integers(0, len(PATCHES), n),
        (2 * np.pi / rng.uniform(*PERIOD_PX, n)).astype(np.float32),
        rng.uniform(0, 2 * np.pi, (n, 3)).astype(np.float32),
        _colours(n, numpy_stream(seed, part, "colours"), recipe.colour),
    )


def _grid(plan: _Plan, chosen: NDArray[np.int64]) -> tuple[Plane, Plane]:
    """Coordinates [n, SIDE, SIDE] of every pixel in each shape's own frame: turned, from its middle, in pixels."""
    centre = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    x = (centre[None, :] - plan.middle[chosen, 0, None])[:, None, :]
    y = (centre[None, :] - plan.middle[chosen, 1, None])[:, :, None]
    cos, sin = np.cos(plan.angle[chosen])[:, None, None], np.sin(plan.angle[chosen])[:, None, None]
    return x * cos + y * sin, y * cos - x * sin


def _cover(distance: Plane, radius: Floats) -> Plane:
    """Share of each pixel that is covered, from a signed distance in radii: edges one pixel wide."""
    cover: Plane = np.clip(np.float32(0.5) - distance * radius[:, None, None], 0, 1)
    return cover


def _ground(plan: _Plan, chosen: NDArray[np.int64]) -> Floats:
    """Backgrounds [n, 3, SIDE, SIDE]: an even change from one colour to another, in any direction."""
    centre = ((np.arange(SIDE) - (SIDE - 1) / 2) / SIDE).astype(np.float32)
    direction = plan.tint[chosen, 0]
    ramp = (
        np.cos(direction)[:, None, None] * centre[None, None, :]
        + np.sin(direction)[:, None, None] * centre[None, :, None]
    )
    one, two = plan.colours[chosen, 0, :, None, None], plan.colours[chosen, 1, :, None, None]
    ground: Floats = one + (two - one) * (ramp[:, None] + np.float32(0.5))
    return ground


def _paint(plan: _Plan, chosen: NDArray[np.int64], name: str) -> Floats:
    """Pictures of one class, [n, 3, SIDE, SIDE] from 0 to 1, before noise."""
    x, y = _grid(plan, chosen)
    radius = plan.radius[chosen]
    u, v = x / radius[:, None, None], y / radius[:, None, None]
    picture = _ground(plan, chosen)
    first, second = plan.colours[chosen, 2, :, None, None], plan.colours[chosen, 3, :, None, None]
    if name not in TEXTURES:
        picture += (first - picture) * _cover(PLAIN[CLASS_NAMES.index(name)](u, v), radius)[:, None]
        return picture
    distance = np.empty_like(u)
    for number, outline in enumerate(PATCHES):
        mine = plan.patch[chosen] == number
        distance[mine] = outline(u[mine], v[mine])
    wave, phase = plan.wave[chosen][:, None, None], plan.tint[chosen]
    height = TEXTURES[name](wave * x + phase[:, 1, None, None], wave * y + phase[:, 2, None, None])
    share = np.clip(np.float32(0.5) + height / wave, 0, 1)[:, None]
    picture += (first + (second - first) * share - picture) * _cover(distance, radius)[:, None]
    return picture


def _lines(n: int, count: int, rng: np.random.Generator, colour: bool) -> tuple[Plane, Floats]:
    """Stray straight lines: how much each covers [n, count, SIDE, SIDE], and their colours [n, count, 3]."""
    centre = np.arange(SIDE, dtype=np.float32)
    start = rng.uniform(0, SIDE, (n, count, 2, 1, 1)).astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi, (n, count, 1, 1)).astype(np.float32)
    half = rng.uniform(2, 5, (n, count, 1, 1)).astype(np.float32)
    dx, dy = centre[None, :] - start[:, :, 0], centre[:, None] - start[:, :, 1]
    along = np.abs(dx * np.cos(angle) + dy * np.sin(angle)) - half
    across = np.abs(dy * np.cos(angle) - dx * np.sin(angle)) - np.float32(0.7)
    colours = rng.random((n, count, 3), dtype=np.float32)
    if not colour:
        colours[:] = colours[..., :1]
    return np.clip(np.float32(0.5) - np.maximum(along, across), 0, 1), colours


def _finish(images: Images, pictures: Floats, recipe: Recipe, rngs: tuple[np.random.Generator, ...]) -> None:
    """Adds stray lines and noise to pictures and stores them as bytes."""
    noises, strays = rngs
    if recipe.clutter:
        cover, colours = _lines(len(pictures), recipe.clutter, strays, recipe.colour)
        for number in range(recipe.clutter):
            pictures += (colours[:, number, :, None, None] - pictures) * cover[:, None, number]
    noise = noises.standard_normal(pictures.shape, dtype=np.float32)
    if not recipe.colour:
        noise[:] = noise[:, :1]
    pictures += np.float32(recipe.noise) * noise
    np.clip(np.rint(pictures * np.float32(255)), 0, 255, out=pictures)
    images[:] = pictures.astype(np.uint8)


def make(n: int, seed: int, part: Part = "train", recipe: Recipe | None = None) -> Making:
    """Makes pictures, equally many of each class to within one.

    Args:
        n: How many.
        seed: Decides everything.
        part: The training and the test set of a seed have nothing in common.
        recipe: What the knobs say; everything at its default when None.

    Yields:
        How many pictures were finished since the last time.

    Returns:
        The pictures, [n, 3, 32, 32], red, green, blue.
    """
    recipe = recipe or Recipe()
    plan = _plan(n, seed, part, recipe)
    rngs = numpy_stream(seed, part, "noise"), numpy_stream(seed, part, "clutter")
    images = np.empty((n, 3, SIDE, SIDE), np.uint8)
    for number, name in enumerate(CLASS_NAMES):
        mine = np.flatnonzero(plan.labels == number)
        for start in range(0, len(mine), SLICE):
            chosen = mine[start : start + SLICE]
            finished = np.empty((len(chosen), 3, SIDE, SIDE), np.uint8)
            _finish(finished, _paint(plan, chosen, name), recipe, rngs)
            images[chosen] = finished
            yield len(chosen)
    return Pictures(images, plan.labels)


def _load(request: Request) -> Loading:
    knobs = knobs_of(DATASET, request)
    recipe = Recipe(float(knobs["jitter"]), float(knobs["noise"]), int(knobs["clutter"]), bool(knobs["colour"]))
    return (
        yield from load_made(DATASET, request, lambda n, part: make(n, request.seed, part, recipe), "making shapes")
    )


DATASET = DatasetInfo(
    id="shapes",
    title="Coloured shapes",
    order=30,
    sentence="Ten shapes and textures of any colour, size, turn and place, 32 x 32. Colours alone tell no class.",
    source="This program",
    licence="MIT, as the program",
    shape=(3, SIDE, SIDE),
    class_names=CLASS_NAMES,
    train_size=12_000,
    test_size=2_000,
    load=_load,
    knobs=(
        Knob(
            "jitter",
            "jitter",
            10.0,
            "How far a shape may sit from the centre, to each side, if it fits.",
            0.0,
            10.0,
            "px",
        ),
        Knob(
            "noise",
            "noise",
            0.06,
            "Standard deviation of the noise on every pixel; 1 is from black to white.",
            0.0,
            0.5,
        ),
        Knob("clutter", "clutter", 0, "How many stray lines lie over each picture.", 0, 8, "lines"),
        Knob("colour", "colour", True, "Whether pictures are coloured; off, they are grey in all three channels."),
    ),
    race={"networks": ("mlp", "lenet5"), "examples": 6_000, "epochs": 8},
    generated=True,
)
