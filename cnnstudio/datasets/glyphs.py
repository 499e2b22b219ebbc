"""Find the glyph: a task where only the pattern counts and never its place.

Ten random 5 x 5 patterns of +1 and -1, one of them added somewhere into a 28 x 28 picture of noise. The task is
constructed to expose what weight sharing gives (Lahoti, Karp, Winston, Singh, Li, "Role of Locality and Weight
Sharing in Image-Based Tasks", ICLR 2024), and has to be presented as such.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import DatasetInfo, Loading, Pictures, Request
from cnnstudio.core.knobs import Knob
from cnnstudio.datasets._making import Making, knobs_of, load_made
from cnnstudio.datasets._streams import Part, balanced_labels, numpy_stream

SIDE: Final = 28
GLYPH: Final = 5
CLASS_NAMES: Final = tuple("ABCDEFGHIJ")
GREY: Final = 34
"""Grey level of 0.0: the mean that grey pictures are normalised by (MNIST's, 0.1307). With another level all inputs
would share an offset; in 784 of them it switches an MLP's hidden units off for good (measured from 48 upwards: 10 % on
the training set), and the comparison would be about that."""
STEP: Final = 13.0
"""Grey levels for 1.0. At noise 0.5 one dark pixel in 2,000 of a glyph is cut off at black, and hardly any other."""
FARTHEST_PX: Final = (SIDE - GLYPH) // 2
SLICE: Final = 500
_GLYPHS_SEED: Final = 20


def glyphs() -> NDArray[np.float32]:
    """The ten patterns, always the same: float32 [10, 5, 5], each +1 or -1."""
    rng = np.random.Generator(np.random.PCG64(_GLYPHS_SEED))
    return (2 * rng.integers(0, 2, (len(CLASS_NAMES), GLYPH, GLYPH)) - 1).astype(np.float32)


def _corners(n: int, jitter_px: int, side: str, rng: np.random.Generator) -> NDArray[np.int64]:
    """Top left corner of each glyph, int64 [n, 2] as row, column."""
    chance = rng.random((n, 2))
    steps = np.floor(chance * (2 * jitter_px + 1)).astype(np.int64) - jitter_px
    if side != "both" and jitter_px > 0:
        away = 1 + np.floor(chance[:, 1] * jitter_px).astype(np.int64)
        steps[:, 1] = away if side == "right" else -away
    return FARTHEST_PX + steps


def make(
    n: int, seed: int, part: Part = "train", jitter_px: int = FARTHEST_PX, noise: float = 0.5, side: str = "both"
) -> Making:
    """Makes pictures, equally many of each glyph to within one.

    Args:
        n: How many.
        seed: Decides place and noise.
        part: The training and the test set of a seed have nothing in common.
        jitter_px: How far the glyph may sit from the centre, to each side.
        noise: Standard deviation of the noise; the glyph is +1 and -1.
        side: "both", or the half of the picture, "left" or "right", that the middle of the glyph keeps to.

    Yields:
        How many pictures were finished since the last time.

    Returns:
        The pictures, [n, 1, 28, 28]. A value v is stored as 34 + 13 v, rounded and cut to 0..255.
    """
    labels = balanced_labels(n, len(CLASS_NAMES), numpy_stream(seed, part, "labels"))
    corners = _corners(n, jitter_px, side, numpy_stream(seed, part, "places"))
    rng, patterns = numpy_stream(seed, part, "noise"), glyphs()
    images = np.empty((n, 1, SIDE, SIDE), np.uint8)
    reach = np.arange(GLYPH)
    for start in range(0, n, SLICE):
        here = slice(start, start + SLICE)
        values = noise * rng.standard_normal((len(labels[here]), SIDE, SIDE), dtype=np.float32)
        rows = corners[here, 0, None, None] + reach[:, None]
        columns = corners[here, 1, None, None] + reach
        values[np.arange(len(values))[:, None, None], rows, columns] += patterns[labels[here]]
        images[here, 0] = np.clip(np.rint(GREY + STEP * values), 0, 255).astype(np.uint8)
        yield len(values)
    return Pictures(images, labels)


def _load(request: Request) -> Loading:
    knobs = knobs_of(DATASET, request)
    jitter_px, noise, side = int(knobs["jitter"]), float(knobs["noise"]), str(knobs["side"])
    return (
        yield from load_made(
            DATASET, request, lambda n, part: make(n, request.seed, part, jitter_px, noise, side), "making glyphs"
        )
    )


DATASET = DatasetInfo(
    id="glyphs",
    title="Find the glyph",
    order=20,
    sentence="Ten fixed 5 x 5 patterns, one of them somewhere in noise: constructed to show why weights are shared.",
    source="This program, after the Dynamic Signal Distribution of Lahoti et al., ICLR 2024",
    licence="MIT, as the program",
    shape=(1, SIDE, SIDE),
    class_names=CLASS_NAMES,
    train_size=4_000,
    test_size=2_000,
    load=_load,
    knobs=(
        Knob("jitter", "jitter", FARTHEST_PX, "How far the glyph may sit from the centre, to each side.",
             0, FARTHEST_PX, "px"),
        Knob("noise", "noise", 0.5, "Standard deviation of the noise; the glyph itself is +1 and -1.", 0.0, 1.0),
        Knob("side", "half", "both", "The half in which the glyph's middle stays.",
             choices=("both", "left", "right")),
    ),
    race={"networks": ("mlp", "small_cnn"), "epochs": 15, "optimiser": "adam", "learning_rate": 3e-3,
          "weight_decay": 0.0},
    generated=True,
)  # fmt: skip
