"""Records of a layer, against looking at every value one by one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_blocks import Residual
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import Dropout, Flatten, LeakyReLU, ReLU, Tanh
from cnnstudio.core.layer_pools import AveragePool, MaxPool
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import steps_by_name
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine import records
from cnnstudio.engine._histograms import Histograms
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.probe import probe
from cnnstudio.engine.records import Extremes, Looked, Records, layer_record, looked_at
from cnnstudio.engine.session import Reader, finish

FEW = st.sampled_from([-2.0, -1.5, -0.0, 0.0, 1e-30, 0.5, 3.0])
"""Few different values, so that many are equal."""


def spread(power: int) -> st.SearchStrategy[float]:
    """Anything within so large a power of two; subnormal numbers are counted as zero."""
    return st.floats(-(2.0**power), 2.0**power, width=32, allow_subnormal=False)


SPEC = NetworkSpec(
    "little", "Little", (1, 8, 8), 3,
    (Conv(4, 3), MaxPool(2), ReLU(), Conv(3, 2), Tanh(), Flatten(), Dropout(0.5), Linear(5), ReLU(), Linear(3)),
)  # fmt: skip


def pictures(count: int, seed: int = 0, shape: tuple[int, ...] = (1, 8, 8)) -> Pictures:
    chance = np.random.default_rng(seed)
    images = chance.integers(0, 256, (count, *shape)).astype(np.uint8)
    return Pictures(images, chance.integers(0, 3, count).astype(np.int64))


def prepared(train: int, validation: int, test: int) -> Prepared:
    info = find("digits").info
    parts = (pictures(count, seed) for seed, count in enumerate((train, validation, test)))
    return Prepared("digits", info, *parts, ("a", "b", "c"), (1, 8, 8))


def reader(spec: NetworkSpec = SPEC, seed: int = 0) -> Reader:
    return Reader("little", spec, build(spec, seed).eval(), "run", 0, False, torch.device("cpu"))


def values_of(of: Reader, layer: str, images: np.ndarray) -> np.ndarray:
    """float32 [n, maps, places], all at once."""
    with probe(of.module, of.spec, (layer,)) as read:
        found = read(to_input(torch.tensor(images), False))[layer]
    return found.reshape(len(images), found.shape[1], -1).numpy()


def ranked(values: np.ndarray, largest: bool, most: int) -> list[int]:
    """Python's own sort, which leaves equal ones in their order."""
    return sorted(range(len(values)), key=lambda place: -values[place] if largest else values[place])[:most]


@given(values=hnp.arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=FEW), data=st.data())
@pytest.mark.parametrize("largest", [True, False])
def test_of_equal_values_the_earlier_picture_comes_first_however_they_are_sliced(largest, values, data):
    most = data.draw(st.integers(1, 8))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(values)), max_size=4)) | {0, len(values)})
    lists = Extremes(values.shape[1], largest, most)
    for start, end in pairwise(cuts):
        part = torch.tensor(values[start:end])
        lists.add(part, start, part[..., None])
    found = lists.end()
    for map_, column in enumerate(values.T):
        wanted = ranked(column, largest, most)
        assert found.numbers[map_].tolist() == wanted
        np.testing.assert_array_equal(found.values[map_], column[wanted])
        assert not found.places.any()


@given(maps=hnp.arrays(np.float32, (12, 2, 6), elements=FEW), size=st.integers(1, 12))
def test_a_place_is_the_first_with_the_largest_value(maps, size):
    lists = Extremes(2, True, 5)
    for start in range(0, 12, size):
        part = torch.tensor(maps[start : start + size])
        lists.add(part.amax(2), start, part)
    found = lists.end()
    for map_ in range(2):
        wanted = [int(np.argmax(maps[number, map_])) for number in found.numbers[map_]]
        assert found.places[map_].tolist() == wanted


@given(
    values=hnp.arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=FEW | spread(20) | spread(-10)),
    size=st.integers(1, 40),
)
def test_histograms_count_as_numpy_does_between_their_edges(values, size):
    histograms = Histograms(3)
    for start in range(0, len(values), size):
        assert histograms.add(torch.tensor(values[start : start + size]))
    for unit, column in enumerate(values.T.astype(np.float64)):
        counts, edges = histograms.of(unit)
        assert counts.sum() == len(values)
        assert len(edges) == len(counts) + 1
        assert len(counts) <= histograms.bins
        assert (np.diff(edges) > 0).all()
        assert edges[0] <= column.min()
        assert column.max() <= edges[-1]
        wanted = np.searchsorted(edges, column, side="right") - 1
        np.testing.assert_array_equal(counts, np.bincount(wanted, minlength=len(counts)))


def test_bins_are_fine_and_zero_is_an_edge():
    histograms = Histograms(1)
    values = np.random.default_rng(0).normal(size=(5000, 1)).astype(np.float32)
    for part in np.array_split(values, 7):
        histograms.add(torch.tensor(part))
    counts, edges = histograms.of(0)
    assert 16 <= len(counts) <= 64
    assert 0.0 in edges
    assert counts[edges[:-1] >= 0].sum() == (values >= 0).sum()


def test_a_constant_is_one_bin_around_it():
    histograms = Histograms(1)
    for _ in range(3):
        histograms.add(torch.full((4, 1), 0.25))
    counts, edges = histograms.of(0)
    assert counts.tolist() == [12]
    assert edges.tolist() == [-0.25, 0.75]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_not_counted(bad):
    histograms = Histograms(2)
    assert not histograms.add(torch.tensor([[0.0, bad], [1.0, 2.0]]))
    assert histograms.add(torch.tensor([[0.0, 1.0]]))
    assert histograms.of(1)[0].sum() == 1


def test_layers_of_many_units_have_fewer_bins():
    assert Histograms(8_192).bins == 64
    assert Histograms(9_216).bins == 32
    assert Histograms(1_000_000).bins == 8


def test_test_pictures_are_looked_at_first_and_the_last_set_is_thinned_evenly():
    looked = looked_at(prepared(50, 10, 20), most=40)
    assert [(part.part, len(part.index)) for part in looked] == [("test", 20), ("validation", 10), ("train", 10)]
    assert looked[0].index.tolist() == list(range(20))
    assert looked[2].index.tolist() == list(range(0, 50, 5))
    few = looked_at(prepared(3, 0, 2), most=40)
    assert [part.index.tolist() for part in few] == [[0, 1], [], [0, 1, 2]]
    assert len(looked_at(prepared(9, 9, 30), most=15)[0].index) == 15


@pytest.mark.parametrize("layer", [step.name for step in SPEC.steps()])
@pytest.mark.parametrize("slice_pictures", [1024, 7])
def test_a_record_is_what_looking_at_every_value_finds(layer, slice_pictures, monkeypatch):
    monkeypatch.setattr(records, "slice_pictures", lambda _macs, _least: slice_pictures)
    asked, looked = reader(), looked_at(prepared(30, 10, 25))
    record = finish(layer_record(asked, steps_by_name(SPEC)[layer], looked))
    images = np.concatenate([part.images[part.index] for part in looked])
    values = values_of(asked, layer, images)
    assert (record.pictures, record.tested) == (65, 25)
    largest = values.max(2)
    for map_ in range(values.shape[1]):
        for found, upwards in ((record.top, True), (record.least, False)):
            numbers = found.numbers[map_]
            np.testing.assert_allclose(
                found.values[map_], largest[ranked(largest[:, map_], upwards, 16), map_], rtol=1e-5, atol=1e-6
            )
            np.testing.assert_allclose(found.values[map_], largest[numbers, map_], rtol=1e-5, atol=1e-6)
            there = values[numbers, map_, found.places[map_]]
            np.testing.assert_allclose(there, found.values[map_], rtol=1e-5, atol=1e-6)
    tested = values[:25].reshape(25, -1)
    np.testing.assert_array_equal(record.above, (tested > 0).sum(0))
    for unit in range(tested.shape[1]):
        counts, edges = record.histograms.of(unit)
        assert counts.sum() == 25
        assert edges[0] - 1e-6 <= tested[:, unit].min() <= tested[:, unit].max() <= edges[-1] + 1e-6
    assert record.nbytes > 0
    assert not record.dead.flags.writeable


def test_progress_tells_how_many_pictures_are_done(monkeypatch):
    monkeypatch.setattr(records, "slice_pictures", lambda _macs, _least: 10)
    said = list(layer_record(reader(), SPEC.steps()[0], looked_at(prepared(5, 0, 20))))
    assert [progress.fraction for progress in said] == [0.0, 0.4, 0.8]
    assert isinstance(said[0], Progress)
    assert "10 of 25 pictures" in said[1].text


def with_dead_map(*after, at: int = 0) -> tuple[Reader, NetworkSpec]:
    """A convolution whose second map is below zero everywhere, and whose third is one constant above zero."""
    spec = NetworkSpec("dead", "Dead", (1, 8, 8), 3, (Conv(4, 3), *after, Flatten(), Linear(3)))
    asked = reader(spec)
    conv = asked.module[at]
    with torch.no_grad():
        conv.bias[1] = -1000
        conv.weight[2] = 0
        conv.bias[2] = 1
    return asked, spec


@pytest.mark.parametrize(
    ("after", "layer", "dead"),
    [
        ((ReLU(),), "1_conv", [False, True, True, False]),
        ((ReLU(),), "1_relu", [False, True, True, False]),
        ((MaxPool(2), ReLU()), "1_conv", [False, True, True, False]),
        ((MaxPool(2), Dropout(0.5), ReLU()), "1_max_pool", [False, True, True, False]),
        ((AveragePool(2), ReLU()), "1_conv", [False, False, True, False]),
        ((LeakyReLU(),), "1_conv", [False, False, True, False]),
        ((BatchNorm(), ReLU()), "1_conv", [False, False, True, False]),
        ((Residual((ReLU(), Conv(4, 3, padding=1))),), "1_conv", [False, False, True, False]),
        ((), "1_conv", [False, False, True, False]),
    ],
    ids=lambda value: "-".join(each.kind for each in value) if isinstance(value, tuple) else None,
)
def test_dead_is_constant_or_stopped_by_a_relu(after, layer, dead):
    asked, spec = with_dead_map(*after)
    record = finish(layer_record(asked, steps_by_name(spec)[layer], looked_at(prepared(9, 0, 12))))
    assert record.dead.tolist() == dead


def test_one_test_picture_makes_no_constant():
    asked, looked = reader(), looked_at(prepared(9, 3, 1))
    record = finish(layer_record(asked, steps_by_name(SPEC)["4_linear"], looked))
    assert not record.dead.any()
    none_tested = finish(layer_record(asked, SPEC.steps()[0], looked_at(prepared(9, 3, 0))))
    assert none_tested.tested == 0
    assert not none_tested.dead.any()


def test_a_network_that_diverged_is_told_in_words():
    asked = reader()
    with torch.no_grad():
        asked.module[0].weight[0, 0, 0, 0] = torch.nan
    for layer in ("1_conv", "4_linear"):
        with pytest.raises(StudioError, match="are not numbers"):
            finish(layer_record(asked, steps_by_name(SPEC)[layer], looked_at(prepared(9, 3, 3))))


def test_without_pictures_there_is_a_sentence():
    with pytest.raises(StudioError, match="no pictures"):
        finish(layer_record(reader(), SPEC.steps()[0], looked_at(prepared(0, 0, 0))))


def test_the_network_is_left_as_it_was():
    asked = reader()
    before = {name: value.clone() for name, value in asked.module.state_dict().items()}
    work = layer_record(asked, SPEC.steps()[3], looked_at(prepared(20, 0, 20)))
    next(work)
    work.close()
    finish(layer_record(asked, SPEC.steps()[3], looked_at(prepared(20, 0, 20))))
    assert all(torch.equal(value, before[name]) for name, value in asked.module.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in asked.module.modules())
    assert torch.is_grad_enabled()


def a_record(looked: tuple[Looked, ...]):
    return finish(layer_record(reader(), SPEC.steps()[0], looked))


def test_records_are_kept_within_their_bytes_and_the_least_asked_for_go():
    data = prepared(5, 0, 5)
    record = a_record(looked_at(data))
    kept = Records(2 * record.nbytes)
    for key in ("a", "b"):
        kept.keep((key,), data.test.images, record)
    assert kept.get(("a",), data.test.images) is record
    kept.keep(("c",), data.test.images, record)
    assert kept.get(("b",), data.test.images) is None
    assert kept.get(("a",), data.test.images) is record
    small = Records(record.nbytes - 1)
    small.keep(("a",), data.test.images, record)
    assert small.get(("a",), data.test.images) is None
    kept.clear()
    assert kept.get(("a",), data.test.images) is None


def test_a_record_answers_for_the_pictures_it_was_made_of_only():
    data, other = prepared(5, 0, 5), prepared(5, 0, 5)
    kept = Records()
    kept.keep(("a",), data.test.images, a_record(looked_at(data)))
    assert kept.get(("a",), other.test.images) is None
    assert kept.get(("a",), data.test.images) is not None
