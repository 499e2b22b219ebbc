"""Which units a unit reads: index arithmetic, against NumPy's padding and the formulas of receptive fields."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, DepthwiseConv, Linear
from cnnstudio.core.layer_norms import GroupNorm, LocalResponseNorm
from cnnstudio.core.layer_points import Dropout, Flatten, ReLU
from cnnstudio.core.layer_pools import AdaptivePool, AveragePool, GlobalMax, MaxPool, Upsample
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import flattened, fold, reading, shape_of, sources
from cnnstudio.networks import all_networks, spec_for

NUMPYS = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def of(*layers, shape=(2, 9, 8)) -> NetworkSpec:
    return NetworkSpec("one", "one", shape, 10, (*layers, Flatten(), Linear(10)))


@given(
    length=st.integers(1, 9), before=st.integers(0, 9), after=st.integers(0, 9), mode=st.sampled_from(sorted(NUMPYS))
)
def test_padding_holds_what_numpy_puts_there(length, before, after, mode):
    values = np.arange(1, length + 1)
    places = np.arange(-before, length + after)
    folded = fold(places, length, mode)
    held = np.where(folded < 0, 0, values[folded])
    if mode == "reflect" and length == 1 and before + after:
        assert (held == 1).all()
        return
    if mode == "circular":
        np.testing.assert_array_equal(held, np.pad(values, (before, after), "wrap"))
    else:
        np.testing.assert_array_equal(held, np.pad(values, (before, after), NUMPYS[mode]))


@given(
    kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.integers(0, 4), dilation=st.integers(1, 3),
    row=st.integers(0, 9),
)  # fmt: skip
def test_rows_of_a_dilated_convolution_are_spaced(kernel, stride, padding, dilation, row):
    read = reading(Conv(4, kernel, stride, padding, dilation, groups=2), (6, 40, 40), (3, row, 0))
    assert read.rows.tolist() == [row * stride - padding + dilation * k for k in range(kernel)]
    assert read.columns[0] == -padding
    assert read.maps.tolist() == [3, 4, 5]


def places(layer, given, place):
    read = reading(layer, given, place)
    return read.maps.tolist(), read.rows.tolist(), read.columns.tolist()


def test_what_some_layers_read():
    given = (4, 7, 7)
    assert places(DepthwiseConv(3, multiplier=2), given, (5, 0, 1)) == ([2], [0, 1, 2], [1, 2, 3])
    assert places(MaxPool(3, 2, 1), given, (1, 0, 3)) == ([1], [0, 1], [5, 6])
    assert places(AveragePool(3, 2, 1), given, (1, 0, 3)) == ([1], [-1, 0, 1], [5, 6, 7])
    assert places(AdaptivePool(3), given, (0, 1, 2)) == ([0], [2, 3, 4], [4, 5, 6])
    assert places(GlobalMax(), given, (2, 0, 0)) == ([2], list(range(7)), list(range(7)))
    assert places(LocalResponseNorm(3), given, (3, 1, 2)) == ([2, 3], [1], [2])
    assert places(GroupNorm(2), (4, 1, 2), (2, 0, 0)) == ([2, 3], [0], [0, 1])
    assert places(ConvTranspose(2, 3, 2), (1, 4, 4), (1, 4, 3)) == ([0], [1, 2], [1])
    assert places(Upsample(2), given, (1, 5, 4)) == ([1], [2], [2])
    assert places(Upsample(2, "bilinear"), given, (1, 13, 0)) == ([1], [6], [0, 1])
    assert places(Flatten(), given, (3 * 49 + 2 * 7 + 5, 0, 0)) == ([3], [2], [5])
    assert places(ReLU(), (9,), (4, 0, 0)) == ([4], [0], [0])
    assert places(Linear(3), (5,), (2, 0, 0)) == ([0, 1, 2, 3, 4], [0], [0])


def test_values_are_taken_where_they_stand_and_zeros_around():
    values = np.arange(1, 13, dtype=np.float32).reshape(1, 3, 4)
    read = reading(Conv(1, 3, padding=1), (1, 3, 4), (0, 2, 3))
    assert read.take(values).tolist() == [[[7, 8, 0], [11, 12, 0], [0, 0, 0]]]
    assert read.take(values, "circular").tolist() == [[[7, 8, 5], [11, 12, 9], [3, 4, 1]]]
    assert read.take(values).dtype == np.float32


@pytest.mark.parametrize("key", list(all_networks()))
def test_every_layer_reads_what_was_computed_before_it_in_its_shape(key):
    spec, known = spec_for(key, (3, 32, 32), 10), {PICTURE}
    for step in spec.steps():
        read = sources(spec)[step.name]
        assert known.issuperset(read)
        if isinstance(step.layer, Branches):
            assert sum(shape_of(spec, source)[0] for source in read) == step.shape[0]
        else:
            assert {shape_of(spec, source) for source in read} == {
                step.shape if isinstance(step.layer, Residual) else step.given
            }
        known.add(step.name)


def test_paths_that_are_empty_read_what_the_block_reads():
    spec = of(Residual(()), Branches(((), ())))
    assert sources(spec)["0_residual.add"] == (PICTURE, PICTURE)
    assert sources(spec)["0_branches.concat"] == ("0_residual.add", "0_residual.add")


def test_a_list_stands_for_a_map_until_something_mixes_it():
    spec = of(Conv(4, 3), Flatten(), Dropout(), ReLU(), Linear(5), ReLU())
    assert flattened(spec, "1_dropout") == ("1_conv", (4, 7, 6))
    assert flattened(spec, "1_relu") is None
    assert flattened(spec, "1_relu", exactly=False) == ("1_conv", (4, 7, 6))
    assert flattened(spec, "2_linear", exactly=False) is None
    assert flattened(spec, "2_relu", exactly=False) is None
