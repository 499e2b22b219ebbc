"""The allographs and the pen: paths go through their points, distances are distances, damaged files are told."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core import paths
from cnnstudio.core.errors import StudioError
from cnnstudio.datasets._allographs import allograph, digit_shapes, read_shapes
from cnnstudio.datasets._pen import MIDDLE, depth, place
from cnnstudio.datasets._strokes import Style, write

ALL = [(shape.digit, a) for shape in digit_shapes() for a in shape.allographs]
FILE = paths.resources() / "digits" / "allographs.json"


def test_every_digit_has_several_ways_with_names_of_their_own():
    for shape in digit_shapes():
        names = [a.name for a in shape.allographs]
        assert len(names) >= 4
        assert len(set(names)) == len(names)
        assert all(a.weight > 0 for a in shape.allographs)


@pytest.mark.parametrize(("digit", "way"), ALL, ids=[f"{digit}-{a.name}" for digit, a in ALL])
def test_paths_begin_and_end_at_their_points_and_move_with_them(digit, way):
    points = way.versions[0]
    for operator in (way.curve, way.line, way.rounded):
        assert np.allclose(operator.sum(1), 1, atol=1e-4), "moving every point moves the path as much"
    for operator in (way.curve, way.line):
        path = operator @ points
        assert np.allclose(path[0], points[0], atol=1e-5)
        assert np.allclose(path[-1], points[-1], atol=1e-5)
        gaps = np.linalg.norm(path[:, None] - points, axis=2).min(0)
        assert gaps.max() < 1e-4, "the path goes through every point"
    assert (way.from_end >= 0).all()
    assert (np.diff(way.along) > 0).all()


def test_a_straight_row_of_points_makes_a_straight_path():
    way = allograph("row", 1, ["0,0 10,20 20,40! 35,70"])
    path = way.curve @ way.versions[0]
    assert np.allclose(path[:, 1], 2 * path[:, 0], atol=1e-5)


def test_a_corner_is_sharp_and_a_smooth_point_is_not():
    def turn(text):
        way = allograph("bend", 1, [text])
        steps = np.diff(way.curve @ way.versions[0], axis=0)
        unit = steps / np.linalg.norm(steps, axis=1, keepdims=True)
        return np.degrees(np.arccos(np.clip((unit[1:] * unit[:-1]).sum(1), -1, 1))).max()

    assert turn("0,0 50,0! 50,50") == pytest.approx(90, abs=1)
    assert turn("0,0 50,0 50,50") < 30


def test_versions_must_match():
    with pytest.raises(ValueError, match="differ"):
        allograph("odd", 1, ["0,0 1,1", "0,0 1,1 2,2"])
    with pytest.raises(ValueError, match="differ"):
        allograph("odd", 1, ["0,0 1,1! 2,2", "0,0 1,1 2,2"])


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"digit": 3', '"digit": 4'),
        lambda text: text.replace("30,50", "30;50", 1),
        lambda text: json.dumps({"schema": 1}),
        lambda text: "[]",
    ],
)
def test_a_damaged_file_is_a_sentence(tmp_path, damage):
    broken = tmp_path / "allographs.json"
    broken.write_text(damage(FILE.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StudioError, match="could not be read"):
        read_shapes(broken)
    with pytest.raises(StudioError, match="could not be read"):
        read_shapes(tmp_path / "none.json")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_depth_is_the_distance_to_the_nearest_point(seed):
    rng = np.random.default_rng(seed)
    path, radius = rng.uniform(-10, 10, (3, 7, 2)), rng.uniform(0.6, 3, (3, 7))
    made = depth(torch.from_numpy(path).float(), torch.from_numpy(radius).float(), 12).numpy()
    centre = np.arange(12) - 5.5
    pixels = np.stack(np.meshgrid(centre, centre), 2)
    far = np.linalg.norm(pixels[None, :, :, None] - path[:, None, None], axis=4) / radius[:, None, None]
    assert np.allclose(made, 1 - far.min(3), atol=2e-2)


def test_place_centres_the_mass_and_adds_the_offset():
    ink = torch.zeros(2, 20, 20)
    ink[0, 3, 5], ink[1, 19, 0] = 1, 1
    canvas = place(ink, torch.tensor([[0, 0], [2, -3]])).numpy()
    assert np.argwhere(canvas[0]).tolist() == [[MIDDLE, MIDDLE]]
    assert np.argwhere(canvas[1]).tolist() == [[MIDDLE - 3, MIDDLE + 2]]


def test_what_leaves_the_picture_is_cut():
    assert place(torch.ones(1, 20, 20), torch.tensor([[100, 0]])).sum() == 0
    assert place(torch.ones(1, 20, 20), torch.tensor([[0, -100]])).sum() == 0


def test_taking_an_ingredient_away_leaves_the_others_as_they_were():
    shape = digit_shapes()[1]
    way = next(a for a in shape.allographs if a.name == "plain stroke")

    def paths_of(style):
        return write(shape, way, torch.zeros(50), torch.Generator().manual_seed(3), style)

    full, upright = paths_of(Style()), paths_of(Style().without(slant=True))
    leaning = (full[:, -1, 0] - full[:, 0, 0]) - (upright[:, -1, 0] - upright[:, 0, 0])
    assert leaning.std() > 0.2
    steady = Style().without(slant=True, wobble=True)
    curvature = [(p[:, 1:-1] * 2 - p[:, 2:] - p[:, :-2]).abs().sum() for p in (upright, paths_of(steady))]
    assert curvature[1] < 0.5 * curvature[0]
    turned = write(shape, way, torch.full((50,), np.pi / 2), torch.Generator().manual_seed(3), Style())
    assert torch.allclose(turned[..., 1], full[..., 0], atol=1e-5)
    assert torch.allclose(turned[..., 0], -full[..., 1], atol=1e-5)
