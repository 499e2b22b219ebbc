"""Every network of a race has a colour and a mark of its own, and those of one role belong together."""

import itertools

import numpy as np
import pytest

from cnnstudio.core.colours import (
    DASHES,
    FURTHER_COLOURS,
    MARKS,
    NEUTRAL_COLOURS,
    ROLE_COLOURS,
    ROLE_STEPS,
    mark_of,
    network_colours,
    network_marks,
)

NOTICED = 7.0
"""In CIELAB, of two hues that stand in one chart; about 2.3 is just noticeable."""

SIGHTS = {
    "full": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                        [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                        [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                        [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
"""G. M. Machado, M. M. Oliveira, L. A. F. Fernandes: A physiologically-based model for simulation of color vision
deficiency. IEEE TVCG 15, 2009; severity 1."""

TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                   [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip


def lab(colour, sight):
    """CIELAB (D65) of "#RRGGBB" as it is seen."""
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    x, y, z = TO_XYZ @ np.clip(SIGHTS[sight] @ linear, 0, 1) / (0.95047, 1.0, 1.08883)
    fx, fy, fz = (np.cbrt(each) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def test_roles_have_their_colours():
    assert network_colours([("mlp", "mlp"), ("lenet5", "cnn"), ("local", "local")]) == {
        "mlp": ROLE_COLOURS["mlp"],
        "lenet5": ROLE_COLOURS["cnn"],
        "local": ROLE_COLOURS["local"],
    }


def test_a_second_network_of_a_role_takes_the_next_step_of_its_hue():
    given = [("mlp", "mlp"), ("mlp_deep", "mlp"), ("other", ""), ("lenet5", "cnn"), ("mlp", "mlp")]
    colours = network_colours(given)
    assert colours == {
        "mlp": ROLE_STEPS["mlp"][0],
        "mlp_deep": ROLE_STEPS["mlp"][1],
        "other": FURTHER_COLOURS[0],
        "lenet5": ROLE_STEPS["cnn"][0],
    }
    assert network_marks(given) == {"mlp": 0, "mlp_deep": 1, "other": 0, "lenet5": 0}


def test_a_colour_tells_its_mark():
    race = [("a", "cnn"), ("b", "cnn"), ("c", "mlp"), ("d", "")]
    colours, marks = network_colours(race), network_marks(race)
    assert {key: mark_of(colour) for key, colour in colours.items()} == marks


def test_networks_beyond_the_last_step_take_further_colours():
    colours = network_colours([(f"n{place}", "local") for place in range(4)])
    assert tuple(colours.values()) == (*ROLE_STEPS["local"], *FURTHER_COLOURS[:2])
    assert len(set(network_marks([(f"n{place}", "cnn") for place in range(len(MARKS))]).values())) == len(MARKS)
    assert len(set(DASHES)) == len(DASHES) == len(MARKS)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("role", ROLE_STEPS)
def test_steps_of_a_role_can_be_told_apart(role, sight):
    for one, other in itertools.combinations(ROLE_STEPS[role], 2):
        assert np.linalg.norm(lab(one, sight) - lab(other, sight)) >= NOTICED, (one, other)


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_first_two_of_every_role_differ_well(sight):
    for steps in ROLE_STEPS.values():
        assert np.linalg.norm(lab(steps[0], sight) - lab(steps[1], sight)) >= 2 * NOTICED


def test_what_is_of_no_network_is_grey():
    for grey in NEUTRAL_COLOURS:
        assert grey[1:3] == grey[3:5] == grey[5:]
