"""Contrast, colours with one meaning, colour maps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from cnnstudio.core.colours import FURTHER_COLOURS, ROLE_STEPS
from cnnstudio.core.events import Competitor
from cnnstudio.ui import theme as look
from cnnstudio.ui._style import style_sheet
from cnnstudio.ui.theme import ROLE_COLOURS, THEMES


def competitor(name, role):
    return Competitor(name, name, role, "", 1, 1)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("behind", ["window", "side", "surface", "chip"])
@pytest.mark.parametrize("name", ["text", "muted", "faint"])
def test_text_can_be_read_on_everything_it_stands_on(theme, name, behind):
    assert look.contrast(theme.colour(name), theme.colour(behind)) >= look.CONTRAST


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_problems_and_primary_buttons_can_be_read(theme):
    for text, behind in (("bad", "window"), ("bad", "side"), ("text", "bad_back"), ("on_primary", "primary")):
        assert look.contrast(theme.colour(text), theme.colour(behind)) >= look.CONTRAST, (text, behind)


PALE_BY_DESIGN = {"#E69F00"}
"""The orange of locally connected networks is that of Okabe and Ito; its lines carry a mark and a name."""


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_lines_and_bars_of_all_networks_stand_out(theme):
    steps = {hue for hues in ROLE_STEPS.values() for hue in hues} - PALE_BY_DESIGN
    for hue in (*steps, *FURTHER_COLOURS):
        for behind in ("window", "surface"):
            contrast = look.contrast(QColor(hue), theme.colour(behind))
            assert contrast >= look.NETWORK_CONTRAST - 0.12 * (hue not in steps), (hue, behind, contrast)
    for place in range(4):
        assert look.contrast(theme.neutral(place), theme.colour("window")) >= look.NETWORK_CONTRAST


def test_networks_of_one_role_have_marks_and_dashes_of_their_own():
    race = [competitor("lenet5", "cnn"), competitor("small", "cnn"), competitor("mlp", "mlp")]
    assert look.network_marks(race) == {"lenet5": 0, "small": 1, "mlp": 0}
    assert look.dashes_of(0) != look.dashes_of(1)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("hue", ROLE_COLOURS.values(), ids=list(ROLE_COLOURS))
def test_a_networks_name_can_be_read_in_its_hue(theme, hue):
    for behind in ("window", "surface"):
        assert look.contrast(theme.readable(hue, behind), theme.colour(behind)) >= look.CONTRAST


def test_contrast_of_known_pairs():
    assert look.contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)
    assert look.contrast(QColor("white"), QColor("white")) == pytest.approx(1.0)
    # The lightest grey that passes level AA on white, a figure often quoted.
    assert look.contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.01)


@given(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF))
def test_every_hue_has_a_readable_shade_on_every_ground(hue, ground):
    shade = look.text_shade(QColor.fromRgb(hue), QColor.fromRgb(ground))
    assert look.contrast(shade, QColor.fromRgb(ground)) >= look.CONTRAST


def test_roles_have_their_hues_in_any_order():
    race = [competitor("mlp", "mlp"), competitor("lenet5", "cnn"), competitor("local", "local")]
    for order in itertools.permutations(race):
        colours = look.network_colours(order)
        assert {name: colour.name().upper() for name, colour in colours.items()} == {
            "mlp": "#D55E00", "lenet5": "#0072B2", "local": "#E69F00"}  # fmt: skip
        assert list(colours) == [one.network for one in order]


def test_networks_of_one_race_have_different_hues():
    roles = ["mlp", "mlp", "cnn", "cnn", "local", ""]
    colours = look.network_colours([competitor(f"n{place}", role) for place, role in enumerate(roles)])
    assert len({colour.name() for colour in colours.values()}) == len(roles)
    weights = {look.weight_map()[0].tobytes(), look.weight_map()[255].tobytes()}
    assert not weights & {bytes(colour.getRgb()[:3]) for colour in colours.values()}


def test_weight_map_is_white_at_zero_and_differs_at_the_ends():
    lut = look.weight_map()
    assert lut.shape == (256, 3)
    assert lut.dtype == np.uint8
    assert (lut[127:129] == 255).all()
    red, green, blue = lut[0].astype(int)
    assert red > green
    assert blue > green
    red, green, blue = lut[255].astype(int)
    assert green > red
    assert green > blue
    brightness = lut.astype(int).sum(1)
    assert (np.diff(brightness[:128]) >= 0).all()
    assert (np.diff(brightness[128:]) <= 0).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_signed_colours_are_the_nearest_entries_of_the_map(kind):
    values = np.random.default_rng(0).normal(size=(40, 50)).astype(kind)
    for scale in (None, 0.5):
        top = np.abs(values).max() if scale is None else scale
        wanted = look.weight_map()[np.round(127.5 + 127.5 * np.clip(values / top, -1, 1)).astype(int)]
        np.testing.assert_array_equal(look.signed_colours(values, scale), wanted)
    assert look.signed_colours(np.zeros((0, 4))).shape == (0, 4, 3)


def test_signed_colours_put_zero_at_white_and_survive_nan():
    colours = look.signed_colours(np.array([-2.0, 0.0, 2.0, np.nan]), scale=2.0)
    np.testing.assert_array_equal(colours[0], look.weight_map()[0])
    np.testing.assert_array_equal(colours[1], [255, 255, 255])
    np.testing.assert_array_equal(colours[2], look.weight_map()[255])
    np.testing.assert_array_equal(colours[3], [255, 255, 255])
    np.testing.assert_array_equal(look.signed_colours(np.zeros(3)), np.full((3, 3), 255))


def test_value_map_is_grey_and_rises():
    lut = look.value_map().astype(int)
    assert (lut[:, 0] == lut[:, 1]).all()
    assert (np.diff(lut[:, 0]) == 1).all()


def test_the_projector_has_large_labels_and_thick_lines():
    points = look.PROJECTOR.label_px * 72 / 96
    assert points == 24
    assert look.PROJECTOR.line_px > look.LIGHT.line_px


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_applying_a_theme_gives_its_palette_and_size(qapp, theme):
    look.apply(qapp, theme)
    assert qapp.palette().window().color().name().upper() == theme.window
    assert qapp.font().pixelSize() == theme.body_px
    assert "{" not in style_sheet(theme).replace("{\n", "").replace(" {", "")


def test_pyqtgraph_is_row_major_and_leaves_the_exception_hook_alone():
    import sys

    hook = sys.excepthook
    pg = look.pyqtgraph()
    assert pg.getConfigOption("imageAxisOrder") == "row-major"
    assert sys.excepthook is hook
