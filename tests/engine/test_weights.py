"""Weights files: what is saved comes back, and everything else is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core import paths
from cnnstudio.core.dataset import Request
from cnnstudio.core.errors import StudioError
from cnnstudio.datasets import all_datasets, load
from cnnstudio.engine import weights
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import tensor, to_input
from cnnstudio.engine.session import finish
from cnnstudio.engine.weights import WeightsCard, file_name, load_weights, read_card, save_weights, shipped_weights
from cnnstudio.networks import spec_for

GREY = (1, 28, 28)
CARD = WeightsCard("lenet5", "digits:jitter=3", tuple("0123456789"), 512, 0.84, 1, 2)


def lenet5(classes: int = 10, shape: tuple[int, int, int] = GREY):
    return spec_for("lenet5", shape, classes)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "lenet5.safetensors"
    save_weights(path, build(lenet5(), 3), lenet5(), CARD)
    return path


def rewrite(path: Path, change: Any = None, **metadata: str) -> None:
    """Writes a weights file again with other numbers or another card."""
    with safetensors.safe_open(path, framework="pt") as file:
        before = dict(file.metadata())
        state = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 no dict
    if change is not None:
        change(state)
    path.write_bytes(safetensors.torch.save(state, before | metadata))


def test_weights_come_back_bit_for_bit(saved: Path):
    state = load_weights(saved, lenet5())
    expected = build(lenet5(), 3).state_dict()
    assert list(state) == list(expected)
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    build(lenet5(), 0).load_state_dict(state)


def test_the_file_is_read_by_safetensors_itself(saved: Path):
    numbers = safetensors.numpy.load_file(saved)
    np.testing.assert_array_equal(numbers["1_conv.weight"], build(lenet5(), 3).state_dict()["1_conv.weight"].numpy())


def test_the_card_comes_back(saved: Path):
    card, spec = read_card(saved)
    assert card == CARD
    assert spec == lenet5()


def test_weights_learned_with_dropout_fit_without_and_the_other_way_round(tmp_path: Path):
    path = tmp_path / "w.safetensors"
    for learned, read in ((0.3, 0.0), (0.0, 0.5)):
        spec = lenet5().with_dropout(learned)
        save_weights(path, build(spec, 1), spec, CARD)
        build(lenet5().with_dropout(read), 0).load_state_dict(load_weights(path, lenet5().with_dropout(read)))


def test_other_memory_formats_are_saved_too(tmp_path: Path):
    module = build(lenet5(), 1).to(memory_format=torch.channels_last)
    save_weights(tmp_path / "w.safetensors", module, lenet5(), CARD)
    assert torch.equal(
        load_weights(tmp_path / "w.safetensors", lenet5())["2_conv.weight"], module.state_dict()["2_conv.weight"]
    )


def test_a_file_of_another_program_is_taken_when_names_and_shapes_fit(tmp_path: Path):
    state = build(lenet5(), 4).state_dict()
    (tmp_path / "theirs.safetensors").write_bytes(safetensors.torch.save({k: v.half() for k, v in state.items()}))
    loaded = load_weights(tmp_path / "theirs.safetensors", lenet5())
    assert loaded["1_conv.weight"].dtype == torch.float32
    torch.testing.assert_close(loaded["1_conv.weight"], state["1_conv.weight"], atol=1e-3, rtol=1e-3)
    with pytest.raises(StudioError, match="does not say which network"):
        read_card(tmp_path / "theirs.safetensors")


def test_missing_and_folder(tmp_path: Path):
    with pytest.raises(StudioError, match="is not there"):
        load_weights(tmp_path / "none.safetensors", lenet5())
    with pytest.raises(StudioError, match="is a folder"):
        load_weights(tmp_path, lenet5())


@pytest.mark.parametrize("content", [b"", b"text", b"\x80\x02}q\x00.", b"\xff" * 64, b"PK\x03\x04 a zip archive"])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(StudioError, match="no weights that can be read"):
        load_weights(tmp_path / "w.safetensors", lenet5())


@given(share=st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, share: float):
    whole = tmp_path_factory.getbasetemp() / "whole.safetensors"
    if not whole.exists():
        save_weights(whole, build(lenet5(), 3), lenet5(), CARD)
    content = whole.read_bytes()
    cut = whole.with_name("cut.safetensors")
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(StudioError, match="cut off"):
        load_weights(cut, lenet5())


def test_another_network_is_refused_by_both_names(saved: Path):
    with pytest.raises(StudioError, match=r"weights of LeNet-5 .*, not of MLP .*784 - 77 - 10"):
        load_weights(saved, spec_for("mlp", GREY, 10))


def test_another_number_of_classes_is_refused(saved: Path):
    with pytest.raises(StudioError, match="tells 10 classes apart, and there are 26"):
        load_weights(saved, lenet5(classes=26))


def test_another_picture_shape_is_refused(saved: Path):
    with pytest.raises(StudioError, match=r"1 x 28 x 28 .*3 x 32 x 32"):
        load_weights(saved, lenet5(shape=(3, 32, 32)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused(saved: Path, value: float):
    rewrite(saved, lambda state: state["2_conv.weight"].view(-1)[7].fill_(value))
    with pytest.raises(StudioError, match=r"not finite, in 2_conv.weight"):
        load_weights(saved, lenet5())


def test_a_part_that_is_missing_extra_or_of_another_size_is_refused(saved: Path):
    rewrite(saved, lambda state: state.pop("5_linear.bias"))
    with pytest.raises(StudioError, match=r"lacks 5_linear.bias"):
        load_weights(saved, lenet5())
    rewrite(saved, lambda state: state.update({"5_linear.bias": torch.zeros(11)}))
    with pytest.raises(StudioError, match=r"5_linear.bias is 11, and 10 is needed"):
        load_weights(saved, lenet5())
    rewrite(saved, lambda state: state.update({"5_linear.bias": torch.zeros(10), "more": torch.zeros(1)}))
    with pytest.raises(StudioError, match="holds more, which LeNet-5 has not"):
        load_weights(saved, lenet5())


@pytest.mark.parametrize("schema", ["2", "99", "next"])
def test_a_newer_file_is_refused(saved: Path, schema: str):
    rewrite(saved, schema=schema)
    with pytest.raises(StudioError, match="newer version"):
        load_weights(saved, lenet5())


@pytest.mark.parametrize("spec", ["", "[]", "{}", '{"schema": 1, "layers": 3}', '{"schema": 77}'])
def test_a_damaged_description_is_refused(saved: Path, spec: str):
    rewrite(saved, spec=spec)
    with pytest.raises(StudioError):
        load_weights(saved, lenet5())


@pytest.mark.parametrize("card", ["", "[]", "3", json.dumps({"class_names": 3}), json.dumps({"unknown": 1})])
def test_a_damaged_card_costs_only_the_card(saved: Path, card: str):
    rewrite(saved, card=card)
    assert read_card(saved)[0] == WeightsCard("lenet5")
    load_weights(saved, lenet5())


def test_an_unwritable_place_is_a_sentence(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StudioError, match="Writing"):
        save_weights(tmp_path / "file" / "w.safetensors", build(lenet5(), 0), lenet5(), CARD)


def test_names_of_files_are_safe():
    assert file_name("lenet5") == "lenet5.safetensors"
    assert file_name("mlp:hidden=20,deep=on") == "mlp-hidden=20,deep=on.safetensors"
    assert "/" not in file_name("../../etc")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the shipped weights."""
    folder = tmp_path / "resources"
    (folder / "weights").mkdir(parents=True)
    monkeypatch.setattr(weights, "resources", lambda: folder)
    return folder / "weights"


def test_shipped_digit_weights_answer_for_every_set_of_digits(shelf: Path):
    save_weights(shelf / "digits-lenet5.safetensors", build(lenet5(), 5), lenet5(), CARD)
    for dataset in ("digits", "mnist"):
        state = shipped_weights(dataset, "lenet5", lenet5())
        assert state is not None
        assert torch.equal(state["1_conv.weight"], build(lenet5(), 5).state_dict()["1_conv.weight"])
    assert shipped_weights("fashion_mnist", "lenet5", lenet5()) is None
    assert shipped_weights("glyphs", "lenet5", lenet5()) is None
    assert shipped_weights("digits", "mlp", spec_for("mlp", GREY, 10)) is None


def test_a_sets_own_shipped_weights_come_first(shelf: Path):
    save_weights(shelf / "digits-lenet5.safetensors", build(lenet5(), 5), lenet5(), CARD)
    save_weights(shelf / "mnist-lenet5.safetensors", build(lenet5(), 6), lenet5(), CARD)
    state = shipped_weights("mnist", "lenet5", lenet5())
    assert state is not None
    assert torch.equal(state["1_conv.weight"], build(lenet5(), 6).state_dict()["1_conv.weight"])


def test_shipped_weights_that_do_not_fit_are_passed_over_and_logged(shelf: Path, caplog: pytest.LogCaptureFixture):
    save_weights(shelf / "digits-lenet5.safetensors", build(lenet5(), 5), lenet5(), CARD)
    with caplog.at_level("WARNING"):
        assert shipped_weights("digits", "lenet5", lenet5(classes=4)) is None
    assert "passed over" in caplog.text
    caplog.clear()


def test_what_is_shipped_fits():
    for path in (paths.resources() / "weights").glob("*.safetensors"):
        _, spec = read_card(path)
        load_weights(path, spec)


@pytest.mark.parametrize(
    "path", sorted((paths.resources() / "weights").glob("*.safetensors")), ids=lambda path: path.stem
)
def test_what_is_shipped_reads_as_much_as_its_card_says(path: Path):
    count = 300
    card, spec = read_card(path)
    module = build(spec, 0).eval()
    module.load_state_dict(load_weights(path, spec))
    pictures = finish(load(all_datasets()[card.dataset], Request(train=0, test=count, seed=77))).test
    with torch.no_grad():
        guesses = module(to_input(tensor(pictures.images), False)).argmax(1).numpy()
    right = float(np.mean(guesses == pictures.labels))
    assert card.accuracy is not None
    # Four standard errors of a share: chance leaves them once in 16,000 tests, and these pictures are always the same.
    assert abs(right - card.accuracy) < 4 * np.sqrt(card.accuracy * (1 - card.accuracy) / count) + 0.005
