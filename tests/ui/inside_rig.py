"""The Inside panel in a window, and ways about in it."""

from __future__ import annotations

import numpy as np

from cnnstudio.core.inside import ReadMaps
from cnnstudio.ui.panels.inside import InsidePanel
from tests.inside_answers import inside_answers

BOTH = ("mlp", "lenet5")


def a_three(shift: int = 0) -> np.ndarray:
    pixels = np.zeros((1, 28, 28), np.uint8)
    for row in (6, 13, 20):
        pixels[0, row : row + 2, 8 + shift : 18 + shift] = 255
    pixels[0, 6:22, 17 + shift : 19 + shift] = 255
    return pixels


def opened(rig, qtbot):
    """The panel in a window of its own, with a picture."""
    rig.engine.answers |= inside_answers()
    rig.studio.set_picture(a_three())
    made = InsidePanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 640)
    made.show()
    rig.drain()
    return made


def strip_of(panel, network):
    return panel.overview.rows[network].strip


def asked(rig):
    return rig.engine.questions_of(ReadMaps)


def into(panel, rig, network, layer):
    strip = strip_of(panel, network)
    number = strip.plan.box_of(layer)
    centre = strip.placed.placed[number].tile_rect(0).center()
    strip.layer_chosen.emit((strip.plan.boxes[number].shown, strip.placed.placed[number].tile_at(centre)))
    rig.drain()
