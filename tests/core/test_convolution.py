"""The arithmetic of stepping, against PyTorch and SciPy."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d
from torch.nn import functional

from cnnstudio.core.convolution import (
    KINDS,
    PADDING_MODES,
    Convolution,
    axis_map,
    check_kernel,
    convolve,
    explain,
    laid_out,
)
from cnnstudio.core.errors import StudioError

TORCH_MODES = {"zero": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


@st.composite
def cases(draw, kinds=KINDS):
    kind = draw(st.sampled_from(kinds))
    size = 1 if kind == "pointwise" else draw(st.integers(1, 5))
    stride = draw(st.integers(1, 3))
    amounts = ["valid", "full", 0, 1, 2, 3] + (["same"] if stride == 1 else [])
    if kind == "transposed":
        amounts = ["valid", 0, 1, 2]
    mode = "zero" if kind == "transposed" else draw(st.sampled_from(PADDING_MODES))
    setting = Convolution(
        size, stride, draw(st.sampled_from(amounts)), mode, draw(st.integers(1, 3)), draw(st.booleans()), kind
    )
    shape = draw(st.sampled_from([1, 3])), draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    try:
        setting.check(*shape[1:])
    except StudioError:
        assume(False)
    weights = rng.normal(size=(shape[0], size, size)) * (rng.random((shape[0], size, size)) > 0.2)
    return setting, rng.random(shape), weights, float(rng.normal())


def by_torch(setting, pixels, weights, bias):
    given, kernel = torch.from_numpy(pixels)[None], torch.from_numpy(weights)
    if setting.flip:
        kernel = kernel.flip(-1, -2)
    before, after = setting.margins
    if setting.kind == "transposed":
        out = functional.conv_transpose2d(
            given, kernel[:, None], stride=setting.stride, padding=before, dilation=setting.dilation
        )
        return (out[0] + bias).numpy()
    padded = functional.pad(given, (before, after, before, after), TORCH_MODES[setting.mode])
    apart = setting.kind == "depthwise"
    kernel = kernel[:, None] if apart else kernel[None]
    out = functional.conv2d(
        padded, kernel, stride=setting.stride, dilation=setting.dilation, groups=len(pixels) if apart else 1
    )
    return (out[0] + bias).numpy()


@settings(max_examples=250, deadline=None)
@given(cases())
def test_the_whole_output_is_pytorchs(case):
    setting, pixels, weights, bias = case
    found = convolve(pixels, weights, setting, bias)
    wanted = by_torch(setting, pixels, weights, bias)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(cases(), st.data())
def test_one_pixel_taken_apart_sums_to_the_output_exactly(case, data):
    setting, pixels, weights, bias = case
    out = convolve(pixels, weights, setting, bias)
    channel, row, column = (data.draw(st.integers(0, length - 1)) for length in out.shape)
    told = explain(pixels, weights, setting, row, column, channel, bias)
    assert told.total == out[channel, row, column]
    assert told.sum + bias == told.total
    assert (told.products == told.patch * told.weights).all()
    assert (told.running[:, -1, -1] == told.sums).all()
    top, left = row * setting.step, column * setting.step
    laid = laid_out(pixels, setting)[list(told.channels)]
    reach, gap = setting.reach, setting.dilation
    assert (told.patch == laid[:, top : top + reach : gap, left : left + reach : gap]).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5), st.integers(5, 12), st.booleans(), st.sampled_from(["valid", "same", "full"]), st.integers(0, 99)
)
def test_scipy_agrees_on_correlation_and_convolution(size, length, flip, amount, seed):
    assume(size % 2 or amount != "same")  # SciPy and PyTorch put the odd row of an even kernel on different sides
    rng = np.random.default_rng(seed)
    pixels, weights = rng.random((length, length + 1)), rng.normal(size=(size, size))
    found = convolve(pixels[None], weights[None], Convolution(size, padding=amount, flip=flip))[0]
    wanted = (convolve2d if flip else correlate2d)(pixels, weights, mode=amount)
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9), st.integers(0, 8), st.sampled_from(["reflect", "replicate", "circular"]))
def test_padding_is_numpys(length, amount, mode):
    assume(amount < length)
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    wanted = np.pad(np.arange(length), amount, mode=names[mode])
    assert (axis_map(length, Convolution(1, padding=amount, mode=mode)) == wanted).all()


@pytest.mark.parametrize(
    ("setting", "length", "formula"),
    [
        (Convolution(5, padding=2), 28, "(28 + 2·2 − 5)/1 + 1 = 28"),
        (Convolution(3, 2, 1), 28, "⌊(28 + 2·1 − 3)/2⌋ + 1 = 14"),
        (Convolution(4), 28, "(28 + 1 + 2 − 4)/1 + 1 = 28"),
        (Convolution(3, padding="valid", dilation=2), 28, "(28 + 2·0 − (2·(3 − 1) + 1))/1 + 1 = 24"),
        (Convolution(3, 2, 1, kind="transposed"), 14, "(14 − 1)·2 − 2·1 + 3 = 27"),
    ],
)
def test_the_formula_has_the_live_numbers(setting, length, formula):
    assert setting.formula(length) == formula
    assert convolve(np.zeros((1, length, length)), np.ones((1, setting.size, setting.size)), setting).shape[1] == int(
        formula.rsplit(" ", 1)[1]
    )


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        (Convolution(11, padding="valid"), "larger than the picture"),
        (Convolution(11, padding=1), "with its padding (10 px)"),
        (Convolution(3, 0), "stride of 0"),
        (Convolution(3, 2), '"same" keeps the size'),
        (Convolution(3, dilation=0), "dilation of 0"),
        (Convolution(3, padding="valid", dilation=6), "leaves the picture of 8 px"),
        (Convolution(3, padding=8, mode="reflect"), "at least 9 pixels; this has 8"),
        (Convolution(3, padding=9, mode="circular"), "more than once"),
        (Convolution(3, padding=-1), "negative"),
        (Convolution(12), "12 px wide"),
        (Convolution(3, kind="pointwise"), "1 × 1"),
        (Convolution(1, padding=5, kind="transposed"), "cuts everything away"),
        (Convolution(3, padding="full", kind="transposed"), 'no "full"'),
        (Convolution(3, mode="reflect", kind="transposed"), "zero padding only"),
    ],
)
def test_what_cannot_be_is_said(setting, says):
    with pytest.raises(StudioError) as caught:
        convolve(np.zeros((1, 8, 8)), np.ones((1, setting.size, setting.size)), setting)
    assert says in str(caught.value)


def test_what_is_odd_and_possible_is_said_too():
    assert Convolution(3).notes() == []
    assert "no middle" in Convolution(4).notes()[0]
    assert "see nothing of the picture" in Convolution(3, padding=3).notes()[0]


def test_kernels_of_zeros_and_of_no_numbers():
    assert "only the bias" in check_kernel(np.zeros((1, 3, 3)))
    assert check_kernel(np.ones((1, 3, 3))) == ""
    assert (convolve(np.ones((1, 5, 5)), np.zeros((1, 3, 3)), Convolution(3), 0.5) == 0.5).all()
    broken = np.ones((1, 3, 3))
    broken[0, 0, 0] = np.nan
    with pytest.raises(StudioError, match="1 of the kernel's 9 weights is not a finite number"):
        convolve(np.ones((1, 5, 5)), broken, Convolution(3))


def test_a_large_picture_is_cut_into_strips_without_seams():
    rng = np.random.default_rng(5)
    pixels, weights = rng.random((3, 300, 517)), rng.normal(size=(3, 5, 5))
    setting = Convolution(5, padding=2, mode="reflect")
    found = convolve(pixels, weights, setting, 0.25)
    np.testing.assert_allclose(found, by_torch(setting, pixels, weights, 0.25), rtol=1e-11, atol=1e-12)
    for row in (0, 14, 15, 16, 299):
        assert explain(pixels, weights, setting, row, 200, 0, 0.25).total == found[0, row, 200]
