"""The timeline: what is kept, what goes, and files."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnstudio import networks
from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.build import build
from cnnstudio.engine.moments import Moments, flatten, is_finite, unflatten

FLAT = np.arange(4, dtype=np.float32)


def filled(steps: int, most: int) -> Moments:
    moments = Moments(steps, 16, most * 16)
    for step in range(steps + 1):
        if moments.wants(step) or step == steps:
            moments.keep(step, {"a": FLAT + step})
    return moments


@settings(max_examples=60, deadline=None)
@given(steps=st.integers(1, 3_000), most=st.integers(3, 150))
def test_the_budget_holds_and_the_ends_stay(steps: int, most: int) -> None:
    moments = filled(steps, most)
    kept = moments.steps
    assert len(kept) <= most
    assert moments.size_bytes <= most * 16
    assert (kept[0], kept[-1]) == (0, steps)
    assert list(kept) == sorted(set(kept))
    for step in kept:
        assert (moments.weights(step, "a") == FLAT + step).all()


@settings(max_examples=40, deadline=None)
@given(steps=st.integers(200, 3_000), most=st.integers(40, 150))
def test_a_planned_run_keeps_every_power_of_two_and_lies_evenly(steps: int, most: int) -> None:
    kept = filled(steps, most).steps
    powers = [2**n for n in range(steps.bit_length()) if 2**n <= steps]
    assert set(powers) <= set(kept)
    gaps = np.diff(kept)
    assert gaps.max() <= np.ceil(steps / (most - steps.bit_length() - 1)) + 1
    assert len(kept) >= min(steps + 1, most - steps.bit_length() - 2)


@settings(max_examples=30, deadline=None)
@given(longer=st.integers(2, 20), most=st.integers(30, 60))
def test_a_run_longer_than_planned_is_thinned_without_holes(longer: int, most: int) -> None:
    moments = Moments(100, 16, most * 16)
    total = 100 * longer
    for step in range(total + 1):
        if moments.wants(step) or step == total:
            moments.keep(step, {"a": FLAT})
    kept = np.array(moments.steps)
    assert len(kept) <= most
    assert np.diff(kept).max() <= 3 * total / most, "no hole late in the run"
    assert ((1 + kept[1:]) / (1 + kept[:-1])).max() <= 3, "nor in its quick beginning"


def test_the_default_pair_has_at_least_120_moments() -> None:
    pair = [networks.spec_for(key, (1, 28, 28), 10) for key in ("mlp", "lenet5")]
    size = sum(flatten(build(spec, 0)).nbytes for spec in pair)
    for steps in (504, 860, 5_000):
        plan = Moments(steps, size)
        wanted = [step for step in range(steps + 1) if plan.wants(step)]
        assert 120 <= len(wanted) <= limits.MOMENTS_BYTES // size


def test_only_newer_moments_are_taken() -> None:
    moments = filled(5, 10)
    with pytest.raises(ValueError, match="step 5"):
        moments.keep(5, {"a": FLAT})


def test_the_nearest_moment_is_never_a_later_one() -> None:
    moments = Moments(10, 16)
    moments.keep(0, {"a": FLAT, "b": FLAT})
    moments.keep(4, {"a": FLAT})
    assert [moments.nearest(step, "a") for step in (0, 3, 4, 9, None)] == [0, 0, 4, 4, 4]
    assert [moments.nearest(step, "b") for step in (4, None)] == [0, 0]
    assert moments.nearest(4, "c") is None
    with pytest.raises(StudioError, match="step 3"):
        moments.weights(3, "a")


def layered() -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
    module(torch.randn(3, 2, 4, 4))
    return module


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_weights_and_buffers_come_back_exactly_in_any_memory_format(layout) -> None:
    module = layered().to(memory_format=layout)
    flat = flatten(module)
    assert flat.dtype == np.float32
    assert not flat.flags.writeable
    other = layered()
    with torch.no_grad():
        for part in other.state_dict().values():
            part.zero_()
    unflatten(flat, other)
    for name, part in module.state_dict().items():
        assert torch.equal(part, other.state_dict()[name]), name
    with torch.no_grad():
        module[0].weight.zero_()
    assert flat[0] != 0, "a kept moment is a copy"


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(StudioError, match="another network"):
        unflatten(FLAT, layered())


def test_only_numbers_are_finite() -> None:
    assert is_finite(FLAT)
    assert not is_finite(np.array([1, np.nan], np.float32))
    assert not is_finite(np.array([1, np.inf], np.float32))


def test_files_bring_everything_back(tmp_path) -> None:
    moments = filled(300, 20)
    path = tmp_path / "a b" / "möments.safetensors"
    moments.to_file(path)
    back = Moments.from_file(path)
    assert back.steps == moments.steps
    assert back.most == moments.most
    for (step, network, flat), (again, same, other) in zip(moments, back, strict=True):
        assert (step, network) == (again, same)
        np.testing.assert_array_equal(flat, other)
    assert not other.flags.writeable
    back.keep(301, {"a": FLAT})
    assert len(back) <= 20


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_damaged_files_are_refused_in_words(tmp_path, content: bytes) -> None:
    path = tmp_path / "moments.safetensors"
    path.write_bytes(content)
    with pytest.raises(StudioError, match="damaged"):
        Moments.from_file(path)


def test_an_empty_module_has_no_weights() -> None:
    assert len(flatten(nn.Flatten())) == 0
