"""Augmentation, held against torchvision's v2 transforms."""

import math

import pytest
import torch

from cnnstudio.core.config import AUGMENTATIONS
from cnnstudio.datasets._torchvision import import_torchvision
from cnnstudio.engine.augment import COLOUR, GEOMETRY, SHIFT, Augmentation, Draw, recolour, transform


@pytest.fixture(scope="module")
def v2():
    import_torchvision()
    import torchvision.transforms.v2.functional as v2_functional

    return v2_functional


def pictures(n: int = 4, channels: int = 1, height: int = 28, width: int = 28) -> torch.Tensor:
    return torch.rand((n, channels, height, width), generator=torch.Generator().manual_seed(3))


def one(degrees=0.0, right=0.0, down=0.0, scale=1.0, shear=0.0, flip=1.0) -> Draw:
    return Draw(*(torch.tensor([float(x)]) for x in (degrees, right, down, scale, shear, flip)))


@pytest.mark.parametrize(
    ("degrees", "right", "down", "scale", "shear"),
    [(30, 0, 0, 1, 0), (0, 3, -2, 1, 0), (0, 0, 0, 1.3, 0), (0, 0, 0, 1, 20), (-12, 2, 1, 0.9, -8)],
)
@pytest.mark.parametrize("size", [(28, 28), (20, 32)])
def test_geometry_is_torchvisions(v2, degrees, right, down, scale, shear, size) -> None:
    images = pictures(1, 3, *size)
    wanted = v2.affine(images, degrees, [right, down], scale, [shear, 0.0], interpolation=v2.InterpolationMode.BILINEAR)
    torch.testing.assert_close(transform(images, one(degrees, right, down, scale, shear)), wanted, atol=2e-4, rtol=0)


def test_a_flip_is_torchvisions(v2) -> None:
    images = pictures(1)
    torch.testing.assert_close(transform(images, one(flip=-1)), v2.horizontal_flip(images), atol=1e-5, rtol=0)


def test_flip_comes_before_the_rest(v2) -> None:
    images = pictures(1)
    wanted = v2.affine(
        v2.horizontal_flip(images), 20, [2, 0], 1.1, [10, 0.0], interpolation=v2.InterpolationMode.BILINEAR
    )
    torch.testing.assert_close(transform(images, one(20, 2, 0, 1.1, 10, -1)), wanted, atol=2e-4, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_are_torchvisions(v2, channels) -> None:
    images = pictures(2, channels)
    factors = torch.tensor([0.8, 1.2]), torch.tensor([1.25, 0.75]), torch.tensor([0.75, 1.25])
    changed = recolour(images, *factors)
    for place in range(2):
        wanted = v2.adjust_brightness(images[place], float(factors[0][place]))
        wanted = v2.adjust_contrast(wanted, float(factors[1][place]))
        if channels == 3:
            wanted = v2.adjust_saturation(wanted, float(factors[2][place]))
        torch.testing.assert_close(changed[place], wanted, atol=1e-5, rtol=0)


def test_every_picture_has_its_own_draw() -> None:
    same = pictures(1).expand(6, -1, -1, -1)
    for name in AUGMENTATIONS:
        changed = Augmentation((name,), 0)(same)
        assert changed.shape == same.shape
        assert changed.dtype == torch.float32
        assert 0 <= float(changed.min()) <= float(changed.max()) <= 1 + 1e-6
        assert len({tuple(picture.flatten().tolist()) for picture in changed}) > 1, name


def test_the_seed_decides_and_torchs_random_stream_is_left_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = Augmentation(AUGMENTATIONS, 5)
    second, other = Augmentation(AUGMENTATIONS, 5), Augmentation(AUGMENTATIONS, 6)
    for _ in range(2):
        images = pictures(8, 3)
        changed = first(images)
        assert torch.equal(changed, second(images))
        assert not torch.equal(changed, other(images))
    assert torch.equal(before, torch.get_rng_state())


def test_nothing_to_change_changes_nothing() -> None:
    images = pictures()
    assert Augmentation((), 0)(images) is images


def test_draws_stay_within_their_ranges() -> None:
    draw = Augmentation(GEOMETRY, 0).draw(500, 28, 28)
    assert float(draw.degrees.abs().max()) <= 12
    # A crop of 70 % of the area is enlarged by 1.2, and may then be moved by 0.1 of the side.
    assert float(draw.right_px.abs().max()) <= 28 * (SHIFT + (1 / math.sqrt(0.7) - 1) / 2) + 1e-4
    assert 0.88 <= float(draw.scale.min()) <= float(draw.scale.max()) <= 1.12 / math.sqrt(0.7) + 1e-4
    assert set(draw.flip.tolist()) == {-1.0, 1.0}


def test_a_crop_never_looks_outside() -> None:
    white = torch.ones(64, 1, 28, 28)
    cropped = Augmentation(("crop",), 1)(white)
    # Sampling between the outermost pixels' centres and the border mixes with the black outside.
    assert float(cropped[:, :, 1:-1, 1:-1].min()) > 0.999


def test_an_erased_rectangle_is_black_and_the_rest_untouched() -> None:
    images = pictures(40) * 0.5 + 0.25
    erased = Augmentation(("erase",), 2)(images)
    changed = erased != images
    assert (erased[changed] == 0).all()
    shares = changed.flatten(1).float().mean(1)
    touched = shares[shares > 0]
    assert 8 < len(touched) < 32
    assert 0.01 < float(touched.min()) <= float(touched.max()) < 0.2


def test_brightness_factors_cover_their_range() -> None:
    dim = torch.full((400, 1, 4, 4), 0.5)
    levels = Augmentation(("colour",), 0)(dim).mean((1, 2, 3))
    assert float(levels.min()) == pytest.approx(0.5 * COLOUR[0], abs=0.01)
    assert float(levels.max()) == pytest.approx(0.5 * COLOUR[1], abs=0.01)
