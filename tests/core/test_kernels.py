"""The kernels that have a name."""

import numpy as np
import pytest
from scipy import ndimage

from cnnstudio.core.convolution import Convolution, convolve
from cnnstudio.core.kernels import PRESETS, fitted

PICTURE = np.random.default_rng(1).random((1, 12, 12))


def inside(kernel):
    return convolve(PICTURE, kernel[None], Convolution(kernel.shape[-1], padding="valid"))[0]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.id)
@pytest.mark.parametrize("size", range(1, 12))
def test_every_preset_has_every_size(preset, size):
    kernel = preset.kernel(size, 30.0)
    assert kernel.shape == (size, size)
    assert np.isfinite(kernel).all()


def test_scipy_has_the_same_ones():
    cut = slice(1, -1)
    for name, wanted in {
        "sobel_x": ndimage.sobel(PICTURE[0], 1),
        "sobel_y": ndimage.sobel(PICTURE[0], 0),
        "prewitt": ndimage.prewitt(PICTURE[0], 1),
        "laplacian": ndimage.laplace(PICTURE[0]),
        "box": ndimage.uniform_filter(PICTURE[0], 3),
    }.items():
        np.testing.assert_allclose(inside(PRESETS[name].kernel(3)), wanted[cut, cut], atol=1e-12)


def test_blurs_keep_the_brightness_and_edges_lose_it():
    for name in ("identity", "box", "gaussian", "sharpen"):
        assert PRESETS[name].kernel(5).sum() == pytest.approx(1)
    for name in ("sobel_x", "sobel_y", "prewitt", "scharr", "laplacian", "edge", "gabor"):
        assert PRESETS[name].kernel(7).sum() == pytest.approx(0, abs=1e-12)


def test_a_gabor_turns():
    gabor = PRESETS["gabor"]
    np.testing.assert_allclose(gabor.kernel(7, 90), gabor.kernel(7, 0).T, atol=1e-12)
    stripes = np.cos(2 * np.pi * np.arange(7) / 3.5)[None].repeat(7, 0)
    assert abs((gabor.kernel(7, 0) * stripes).sum()) > 5 * abs((gabor.kernel(7, 90) * stripes).sum())


def test_another_size_keeps_the_middle():
    assert (fitted(np.array([[7.0]]), 4) == np.pad([[7.0]], ((1, 2), (1, 2)))).all()
    kernel = np.arange(25.0).reshape(5, 5)
    assert (fitted(kernel, 3) == kernel[1:4, 1:4]).all()
    assert (fitted(fitted(kernel, 11), 5) == kernel).all()
