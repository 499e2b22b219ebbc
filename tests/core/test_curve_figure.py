"""Curves as files: of every kind, the same each time, with names where the lines end."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.curve_figure import Curve, Plot, curve_figure

XS = np.array([1.0, 10.0, 100.0])


def plot(**changes):
    curves = (
        Curve("MLP test", "#D55E00", XS, np.array([0.1, 0.5, 0.75]), text_colour="#A04000", dashed=True, bold=True),
        Curve("CNN test", "#0072B2", XS, np.array([0.1, 0.6, np.nan])),
        Curve("batches", "#0072B2", XS, np.array([0.2, 0.3, 0.4]), faint=True),
        Curve("left at once", "#009E73", XS[:0], XS[:0]),
    )
    return Plot(**({"curves": curves, "x_name": "pictures seen", "x_end": 200.0, "percent": True} | changes))


def texts(content):
    return [text.strip() for text in ET.fromstring(content).itertext() if text.strip()]


def test_each_line_is_named_with_its_last_value_and_faint_ones_are_not():
    said = texts(curve_figure((plot(),), "digits", "svg"))
    assert {"digits", "pictures seen", "accuracy, %", "MLP test 75.0 %", "CNN test 60.0 %"} <= set(said)
    assert not any("batches" in text or "left at once" in text for text in said)


def test_losses_are_numbers_on_a_logarithmic_axis():
    said = texts(curve_figure((plot(percent=False, log_y=True, log_x=True),), "digits", "svg"))
    assert {"loss", "MLP test 0.750"} <= set(said)


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_same_curves_give_the_same_file(kind, start):
    content = curve_figure((plot(), plot(percent=False)), "digits", kind)
    assert content.startswith(start)
    assert curve_figure((plot(), plot(percent=False)), "digits", kind) == content


@pytest.mark.parametrize("count", [1, 2])
def test_plots_stand_beside_each_other(count):
    with Image.open(io.BytesIO(curve_figure((plot(),) * count, "digits", "png"))) as image:
        assert image.size == (count * 1600, 900)
        colours = {colour for _, colour in image.convert("RGB").getcolors(2**24)}
    assert {(0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2), (0xFF, 0xFF, 0xFF)} <= colours
