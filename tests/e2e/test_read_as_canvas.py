"""`cnnstudio read` gives the networks the very pixels that the window gives them of the same file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio import cli
from cnnstudio.cli import read
from cnnstudio.engine.build import build
from cnnstudio.engine.weights import WeightsCard, save_weights
from cnnstudio.networks import spec_for
from cnnstudio.ui.widgets._open_picture import sheet_of
from cnnstudio.ui.widgets._seeing import Seeing
from cnnstudio.ui.widgets.canvas import Canvas


def drawing(size: tuple[int, int]) -> Image.Image:
    """Dark strokes with soft edges on white paper."""
    ys, xs = np.mgrid[: size[1], : size[0]] / max(size)
    ink = np.clip(2 - 30 * np.abs(np.hypot(xs - 0.3, ys - 0.25) - 0.15), 0, 1)
    return Image.fromarray(np.rint(255 - 235 * ink).astype(np.uint8))


def photograph(size: tuple[int, int]) -> Image.Image:
    """Colours, and light that falls off."""
    chance = np.random.default_rng(size[0])
    pixels = chance.integers(0, 90, (size[1], size[0], 3)) + np.linspace(40, 160, size[0])[None, :, None]
    pixels[size[1] // 4 : size[1] // 2, size[0] // 3 : size[0] // 2] = (30, 60, 20)
    return Image.fromarray(pixels.astype(np.uint8))


def transparent(size: tuple[int, int]) -> Image.Image:
    image = drawing(size)
    image.putalpha(drawing(size).point(lambda level: 255 - level))
    return image


@pytest.mark.parametrize("make", [drawing, photograph, transparent])
@pytest.mark.parametrize("size", [(28, 28), (1, 1), (400, 300), (33, 700), (321, 320), (1500, 1100)])
@pytest.mark.parametrize("dataset", ["digits", "glyphs", "shapes"])
@pytest.mark.parametrize("centring", [True, False])
def test_window_and_command_give_the_same_pixels(
    qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make, size: tuple[int, int], dataset: str, centring: bool
):
    path = tmp_path / "Bücher von Zoë.png"
    make(size).save(path)
    seeing, canvas = Seeing(), Canvas()
    qtbot.addWidget(canvas)
    seeing.set_dataset(dataset)
    canvas.set_colour(seeing.colour)
    canvas.change(sheet_of(path, "opened")[0])

    spec = spec_for("mlp:hidden=2", seeing.shape, 10)
    weights = tmp_path / "w.safetensors"
    save_weights(weights, build(spec, 0), spec, WeightsCard(spec.id, dataset))
    given = []
    monkeypatch.setattr(read, "_verdict", lambda trained, pixels: given.append(pixels) or VERDICT)
    switch = [] if centring else ["--no-centre"]
    assert cli.main(["read", str(path), "--weights", str(weights), "--json", "-", *switch]) == 0

    assert given[0].dtype == np.uint8
    np.testing.assert_array_equal(given[0], seeing.see(canvas, centring).pixels)


VERDICT = {
    "network": "mlp",
    "title": "MLP",
    "weights": "",
    "guess": "0",
    "confidence": 1.0,
    "probabilities": {"0": 1.0},
}
