"""Pictures that show nothing: reproducible, of every size, and what is taught is never what is measured."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio.core.errors import StudioError
from cnnstudio.core.nonsense_pictures import FROM_REAL, KINDS, LETTERS, MEASURED, TAUGHT, make

SHAPES = ((1, 28, 28), (3, 32, 32), (1, 20, 31))


def _real(shape, n=3):
    return np.random.default_rng(5).integers(0, 256, (n, *shape)).astype(np.uint8)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_same_for_the_same_seed(kind, shape):
    one, again, other = (make(kind, 6, shape, seed, _real(shape)) for seed in (4, 4, 5))
    assert one.shape == (6, *shape)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() == (kind != "inverted")
    if kind not in FROM_REAL:
        assert (one == one[:, :1]).all()


def test_what_is_taught_is_never_measured():
    assert not TAUGHT.keys() & MEASURED.keys()
    assert KINDS.keys() == TAUGHT.keys() | MEASURED.keys()
    assert not set(LETTERS) & set("BDGIJLOQSTYZ")


def test_inverted_and_shuffled_are_made_of_real_pictures_in_turn():
    real = _real((1, 9, 9))
    np.testing.assert_array_equal(make("inverted", 4, (1, 9, 9), 0, real), 255 - real[[0, 1, 2, 0]])
    shuffled = make("shuffled", 4, (1, 9, 9), 0, real)
    for made, origin in zip(shuffled, real[[0, 1, 2, 0]], strict=True):
        np.testing.assert_array_equal(np.sort(made.ravel()), np.sort(origin.ravel()))
        assert (made != origin).any()
    assert (shuffled[0] != shuffled[3]).any()


def test_channels_are_shuffled_together():
    real = np.repeat(_real((1, 9, 9)), 3, axis=1)
    made = make("shuffled", 3, (3, 9, 9), 0, real)
    assert (made == made[:, :1]).all()


def test_blank_begins_with_black_and_letters_are_framed_as_digits_are():
    blank = make("blank", 5, (1, 28, 28))
    assert not blank[0].any()
    assert (blank == blank[:, :, :1, :1]).all()
    for kind in ("letters", "scribbles"):
        ink = make(kind, 30, (1, 28, 28)).max(0)[0]
        rows = np.flatnonzero(ink.any(1))
        assert 20 <= rows[-1] - rows[0] + 1 <= 26
        assert (make(kind, 30, (1, 28, 28)).max((1, 2, 3)) > 200).all()


@pytest.mark.parametrize(
    ("kind", "real", "said"),
    [("ghosts", None, "no nonsense"), ("inverted", None, "real ones"), ("shuffled", np.empty((0, 1, 28, 28)), "real"),
     ("inverted", np.zeros((1, 3, 28, 28), np.uint8), "same size")],
)  # fmt: skip
def test_what_cannot_be_is_refused(kind, real, said):
    with pytest.raises(StudioError, match=said):
        make(kind, 1, (1, 28, 28), 0, real)
