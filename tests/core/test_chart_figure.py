"""Charts of experiments as figures."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.chart_figure import chart_figure
from cnnstudio.core.experiment import Chart, Series

MLP = Series(
    "Deep MLP", (1.0, 10.0, 100.0), (0.2, 0.3, 0.4), (0.1, 0.2, 0.3), (0.3, 0.4, 0.5), (3, 3, 3), "mlp", "mlp", True
)
CNN = Series(
    "Small CNN", (1.0, 10.0, 100.0), (0.8, 0.9, 1.0), (0.7, 0.8, 1.0), (0.9, 1.0, 1.0), (3, 3, 3), "cnn", "cnn"
)
CHARTS = {
    "lines": Chart("a", "Lines & more", "lines", "examples", "accuracy", (MLP, CNN), log_x=True, chance=0.1),
    "bars": Chart("a", "Bars", "bars", "network", "seconds", (MLP, CNN), ("one", "two", "three"), percent=False),
    "map": Chart("a", "Map", "map", "right (px)", "down (px)", grid=((0.0, 0.5), (1.0, 0.25))),
    "empty lines": Chart("a", "Nothing yet", "lines", "x", "y"),
    "empty bars": Chart("a", "Nothing yet", "bars", "x", "y"),
    "empty map": Chart("a", "Nothing yet", "map", "x", "y"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_kind_is_drawn_the_same_each_time(name):
    first, again = (chart_figure(CHARTS[name], "svg") for _ in range(2))
    assert first == again
    ElementTree.fromstring(first)


def test_a_figure_names_its_lines_and_axes():
    text = chart_figure(CHARTS["lines"], "svg", "3 seeds").decode()
    for words in ("Lines &amp; more", "3 seeds", "Deep MLP", "Small CNN", "examples", "accuracy (%)", "chance"):
        assert words in text
    assert "#d55e00" in text.lower()
    assert "#0072b2" in text.lower()


def test_bars_have_names_and_whiskers():
    text = chart_figure(CHARTS["bars"], "svg").decode()
    assert all(name in text for name in ("one", "two", "three", "seconds", "Deep MLP"))
    assert "(%)" not in text


def test_a_png_can_be_read():
    pixels = np.asarray(Image.open(io.BytesIO(chart_figure(CHARTS["map"]))).convert("RGB"))
    assert pixels.shape == (900, 1600, 3)
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50


@pytest.mark.parametrize(("kind", "at"), [("lines", 10.0), ("map", 1.0)])
def test_what_happened_is_marked(kind, at):
    marked = replace(CHARTS[kind], happened=((at, "flip"),))
    assert "flip" in chart_figure(marked, "svg").decode()
    assert "flip" not in chart_figure(CHARTS[kind], "svg").decode()
    before, after = (
        np.asarray(Image.open(io.BytesIO(chart_figure(chart)))).astype(int) for chart in (CHARTS[kind], marked)
    )
    rows, columns = np.nonzero(np.abs(after - before).sum(-1))
    assert np.ptp(rows) > 0.5 * before.shape[0], "from the bottom to the top"
    assert np.ptp(columns) < 0.1 * before.shape[1]


@pytest.mark.parametrize(("count", "aslant"), [(4, False), (12, True)])
def test_names_that_would_run_into_each_other_are_written_aslant(count, aslant):
    names = tuple(f"{number} max pool 2 x 2" for number in range(count))
    one = Series("1 px", tuple(map(float, range(count))), (0.5,) * count, (0.4,) * count, (0.6,) * count, (3,) * count)
    text = chart_figure(Chart("a", "Layers", "bars", "layer", "error", (one,), names, percent=False), "svg").decode()
    assert ("rotate(-35" in text) == aslant
