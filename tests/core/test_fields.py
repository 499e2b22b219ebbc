"""The pixels that a unit can see, map by map."""

import pytest

from cnnstudio.core.fields import box, map_field, sees_alike
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage, MaxPool
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import as_maps
from cnnstudio.networks import all_networks, spec_for


def of(*layers, shape=(2, 9, 8)) -> NetworkSpec:
    return NetworkSpec("one", "one", shape, 10, (*layers, Flatten(), Linear(10)))


@pytest.mark.parametrize("key", list(all_networks()))
def test_boxes_are_those_of_the_receptive_field(key):
    spec = spec_for(key, (1, 28, 28), 10)
    for step in spec.steps():
        if len(step.shape) == 3:
            at = tuple(size - 1 for size in as_maps(step.shape))[1:]
            seen = [box(spec, step.name, (map_, *at)) for map_ in range(step.shape[0])]
            ends = zip((min, min, max, max), zip(*seen, strict=True), strict=True)
            assert tuple(end(each) for end, each in ends) == spec.receptive_field(step.name).window(*at)
            assert len(set(seen)) == 1 or not sees_alike(spec, step.name)
    assert box(spec, spec.steps()[-1].name, (9, 0, 0)) == (0, 0, 28, 28)
    assert box(spec, PICTURE, (0, 3, 4)) == (3, 4, 4, 5)


def test_a_unit_of_a_flattened_map_sees_what_its_place_sees():
    spec = of(Conv(4, 3), Flatten(), ReLU(), shape=(1, 9, 8))
    for name in ("1_flatten", "1_relu"):
        assert box(spec, name, (2 * 42 + 5 * 6 + 1, 0, 0)) == (5, 1, 8, 4)


def test_padding_that_is_not_zeros_shows_further_pixels():
    def seen(mode, padding, place):
        return box(of(Conv(1, 3, padding=padding, padding_mode=mode), ReLU(), shape=(1, 9, 8)), "1_relu", (0, *place))

    assert seen("zeros", 1, (0, 3)) == (0, 2, 2, 5)
    assert seen("reflect", 1, (0, 3)) == (0, 2, 2, 5)
    assert seen("reflect", 3, (0, 3)) == (1, 0, 4, 3)
    assert seen("replicate", 4, (0, 5)) == (0, 1, 1, 4)
    assert seen("circular", 1, (0, 3)) == (0, 2, 9, 5)


def test_behind_branches_each_map_sees_what_its_own_branch_does():
    blocks = Branches(((Conv(2, 1),), (Conv(1, 5, padding=2),), (MaxPool(3, 1, 1),)))
    spec = of(blocks, ReLU(), MaxPool(2, 2), Conv(4, 3, groups=1), shape=(1, 12, 12))
    sizes = {name: [map_field(spec, name, map_).size[0] for map_ in range(maps)]
             for name, maps in (("1_branches.concat", 4), ("1_relu", 4), ("1_max_pool", 4), ("2_conv", 4))}  # fmt: skip
    assert sizes == {"1_branches.concat": [1, 1, 5, 3], "1_relu": [1, 1, 5, 3], "1_max_pool": [2, 2, 6, 4],
                     "2_conv": [10, 10, 10, 10]}  # fmt: skip
    assert box(spec, "1_branches.concat", (0, 6, 7)) == (6, 7, 7, 8)
    assert box(spec, "1_branches.concat", (2, 6, 7)) == (4, 5, 9, 10)
    assert not sees_alike(spec, "1_max_pool")
    assert sees_alike(spec, "2_conv")


def test_sums_and_groups_see_what_the_maps_that_they_read_see():
    branched = Branches(((Conv(1, 1),), (Conv(1, 3, padding=1),)))
    spec = of(branched, Residual((Conv(2, 3, padding=1, groups=2),)), Conv(2, 1, groups=2), GlobalAverage())
    for name, sizes in (("2_residual.body.1_conv", [3, 5]), ("2_residual.add", [3, 5]), ("3_conv", [3, 5])):
        assert [map_field(spec, name, map_).size[0] for map_ in (0, 1)] == sizes
    assert box(spec, "3_global_average", (0, 0, 0)) == (0, 0, 9, 8)
