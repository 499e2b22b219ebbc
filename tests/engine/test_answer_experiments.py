"""Answers about the student's own drawing: moved, changed, shifted layer by layer, among nonsense, and marked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnstudio.core.confidence import energy, softmax
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.equivariance import ShiftLayers, ShiftOperations
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import ReadMaps
from cnnstudio.core.marks import marked
from cnnstudio.core.moving import OffsetMap, Transformed
from cnnstudio.core.nonsense import ReadNonsense
from cnnstudio.core.nonsense_pictures import KINDS
from cnnstudio.core.picture_changes import AMOUNTS, DRAWS, changed, shifted
from cnnstudio.core.questions import ReadPicture
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.core.taught import Taught
from cnnstudio.core.unfair import ReadMarked
from cnnstudio.engine import aside, weights
from cnnstudio.engine.answers import ANSWERS, answer_now
from cnnstudio.engine.aside import Aside, keep, kept
from cnnstudio.engine.build import build
from cnnstudio.engine.session import Session, finish
from cnnstudio.networks import spec_for
from tests.engine import tiny

NETWORKS = ("mlp", "lenet5", "small_cnn:depth=2", "local")
PICTURE = tiny.pictures(1, 77).images[0]
QUESTIONS = (
    OffsetMap(PICTURE, "digits", NETWORKS),
    Transformed(PICTURE, "digits", NETWORKS, "noise"),
    ReadNonsense(PICTURE, "digits", NETWORKS),
    ReadMarked(PICTURE, "digits", NETWORKS),
)


@pytest.fixture(scope="module")
def session() -> Session:
    """A session whose race is over; tests only ask it."""
    session = tiny.session()
    tiny.run(tiny.config(epochs=4, learning_rate=5e-3, networks=NETWORKS), session)
    return session


@pytest.fixture
def nothing_shipped(tmp_path, monkeypatch) -> Session:
    """A session without a run and without shipped weights."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(weights, "resources", lambda: tmp_path)
    return tiny.session()


@pytest.fixture
def forgetful(monkeypatch) -> None:
    """Networks of runs that a test keeps are forgotten afterwards."""
    monkeypatch.setattr(aside, "_kept", type(aside._kept)())


def _read(session, network, pictures):
    read = (answer_now(ReadPicture(each, "digits", (network,)), session).verdicts[0] for each in pictures)
    return [(verdict.probabilities, int(verdict.probabilities.argmax())) for verdict in read]


def test_every_offset_is_read_as_the_moved_picture_is(session):
    found = answer_now(OffsetMap(PICTURE, "digits", NETWORKS), session)
    assert found.offsets_px == tuple(range(-13, 14))
    assert found.class_names == tiny.CLASSES
    assert found.kept[13, 13] == 1
    assert found.kept.min() < 0.6
    places = [(-13, -13), (-2, 5), (0, 0), (7, 0), (13, 13)]
    for one in found.networks:
        assert one.probability.shape == one.verdicts.shape == (27, 27)
        assert one.target == one.verdicts[13, 13]
        assert one.right[13, 13]
        assert (one.weights_from, one.step) == ("run", 12)
        moved = [shifted(PICTURE, *place) for place in places]
        for (down, right), (probabilities, verdict) in zip(places, _read(session, one.network, moved), strict=True):
            assert one.probability[down + 13, right + 13] == pytest.approx(probabilities[one.target], abs=1e-5)
            assert one.verdicts[down + 13, right + 13] == verdict
        assert not one.probability.flags.writeable


def test_what_is_right_can_be_said(session):
    found = answer_now(OffsetMap(PICTURE, "digits", NETWORKS, label=3), session)
    assert [one.target for one in found.networks] == [3] * 4
    for one in found.networks:
        np.testing.assert_array_equal(one.right, one.verdicts == 3)


@pytest.mark.parametrize("kind", AMOUNTS)
def test_curves_are_means_over_the_draws(session, kind):
    amounts = AMOUNTS[kind][1:4]
    found = answer_now(Transformed(PICTURE, "digits", ("mlp", "lenet5"), kind, amounts, seed=5), session)
    assert (found.amounts, found.draws) == (amounts, DRAWS[kind])
    again = np.repeat(PICTURE[None], found.draws, axis=0)
    for place, amount in enumerate(amounts):
        pictures = changed(again, kind, amount, 5)
        np.testing.assert_array_equal(found.images[place], pictures[0])
        for one in found.networks:
            read = _read(session, one.network, pictures)
            assert one.target == _read(session, one.network, [PICTURE])[0][1]
            assert one.probability[place] == pytest.approx(np.mean([each[one.target] for each, _ in read]), abs=1e-5)
            assert one.right[place] == pytest.approx(np.mean([verdict == one.target for _, verdict in read]))
            assert one.verdicts[place] == read[0][1]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("shift", [(4, 0), (0, -8), (3, 2)])
def test_layers_before_and_after_a_shift_are_the_networks_own(session, network, shift):
    found = answer_now(ShiftLayers(PICTURE, "digits", network, *shift, most=99), session)
    np.testing.assert_array_equal(found.moved_picture, shifted(PICTURE, *shift))
    (maps,) = answer_now(ReadMaps(found.moved_picture, "digits", (network,), most=999), session)
    own = {layer.layer: layer.values for layer in maps.layers}
    assert [layer.layer for layer in found.layers] == [row.name for row in maps.spec.rows()]
    for layer in found.layers:
        expected = own[layer.layer].reshape(len(own[layer.layer]), *layer.of_shifted.shape[1:])
        np.testing.assert_allclose(layer.of_shifted, expected[:99], rtol=1e-4, atol=1e-5)
        assert layer.sentence
        if layer.places and "local" not in layer.layer and layer.whole and layer.inside_error is not None:
            assert layer.inside_error < EXACT
        if layer.places:
            assert layer.difference.shape[1:] == layer.border.shape


def test_places_inside_see_no_padding_and_nothing_new(session):
    """Grey pictures of another level: what a place inside sees decides its value, so nothing there may change."""
    (found,) = (answer_now(ShiftLayers(PICTURE, "digits", "lenet5", 4, 4), session),)
    spec = session.viewer("lenet5").spec
    for layer in found.layers:
        if not layer.places:
            continue
        field = spec.receptive_field(layer.layer)
        for row, column in np.argwhere(~layer.border):
            for axis, unit in ((field.rows, row), (field.columns, column)):
                first = axis.start + unit * axis.jump
                assert first >= 4
                assert first + axis.size <= 28
    assert "3_linear" in {layer.layer for layer in found.layers if not layer.places}


def test_single_layers_and_few_maps_can_be_asked(session):
    found = answer_now(ShiftLayers(PICTURE, "digits", "lenet5", 1, 0, layers=("1_conv",), most=2), session)
    (layer,) = found.layers
    assert layer.shape == (6, 28, 28)
    assert layer.of_shifted.shape == (2, 28, 28)
    with pytest.raises(StudioError, match="no layer"):
        answer_now(ShiftLayers(PICTURE, "digits", "lenet5", 1, 0, layers=("9_conv",)), session)


@pytest.mark.parametrize(("networks", "learned"), [
    ((), ()), (NETWORKS, ("conv", "conv_stride", "dense", "local")), (("lenet5",), ("conv", "conv_stride")),
])  # fmt: skip
def test_the_bench_takes_learned_weights(session, networks, learned):
    question = ShiftOperations(PICTURE, "digits", 2, 0, filters=3, networks=networks)
    found = answer_now(question, session)
    by_name = {each.layer: each for each in found.operations}
    assert found.learned == learned
    assert by_name["conv"].inside_error < EXACT
    assert by_name["local"].inside_error > 0.1
    if "lenet5" in networks[:1]:
        with torch.no_grad():
            weight = session.viewer("lenet5").module[0].weight[:3].double()
            given = (torch.from_numpy(found.moved_picture.copy()).double()[None] / 255 - 0.1307) / 0.3081
            wanted = torch.nn.functional.conv2d(given, weight, padding=2)[0]
        np.testing.assert_allclose(by_name["conv"].of_shifted, wanted.numpy(), rtol=1e-4, atol=1e-5)


def test_a_circle_has_no_borders(session):
    found = answer_now(ShiftOperations(PICTURE, "digits", 3, 5, "circular"), session)
    conv = next(each for each in found.operations if each.layer == "conv")
    assert not conv.border.any()
    assert conv.inside_error < EXACT


def test_nonsense_is_read_with_the_drawing_first(session):
    found = answer_now(ReadNonsense(PICTURE, "digits", NETWORKS, each=2, seed=3), session)
    assert found.kinds == ("yours", *(kind for kind in KINDS for _ in range(2)))
    np.testing.assert_array_equal(found.images[0], PICTURE)
    np.testing.assert_array_equal(found.images[found.kinds.index("inverted")], 255 - PICTURE)
    for one in found.networks:
        assert one.logits.shape == (len(found.kinds), 10)
        np.testing.assert_allclose(one.energy, energy(one.logits))
        probabilities, _ = _read(session, one.network, [PICTURE])[0]
        np.testing.assert_allclose(softmax(one.logits)[0], probabilities, atol=1e-5)
        assert one.temperature > 0
        assert 0.1 <= one.confidence_limit <= 1
        assert one.energy_limit < 0
        assert not one.none_class


def test_without_a_drawing_and_without_data_what_can_be_made_is_made(nothing_shipped):
    found = answer_now(ReadNonsense(None, "digits", ("mlp",)), nothing_shipped)
    assert set(found.kinds) == KINDS.keys() - {"inverted", "shuffled"}
    (one,) = found.networks
    assert (one.weights_from, one.logits, one.temperature) == ("none", None, None)


def test_marks_are_read_and_explained(session):
    found = answer_now(ReadMarked(PICTURE, "digits", NETWORKS, "brightness", 4), session)
    wanted = marked(np.repeat(PICTURE[None], 10, 0), np.arange(10), 10, "brightness")
    np.testing.assert_array_equal(found.images[1:], wanted)
    assert found.area == pytest.approx(16 / 784)
    for one in found.networks:
        assert one.probabilities.shape == (11, 10)
        assert one.follows == np.mean(one.probabilities[1:].argmax(1) == np.arange(10))
        assert one.maps.keys() == one.shares.keys() == {"saliency", "occlusion"}
        for method, share in one.shares.items():
            sizes = np.abs(one.maps[method].astype(np.float64))
            assert share is None or share == pytest.approx(sizes[found.where].sum() / sizes.sum())


def test_saliency_is_the_size_of_the_gradient(session):
    found = answer_now(ReadMarked(PICTURE, "digits", ("mlp",), shown=2), session)
    (one,) = found.networks
    picture = ((torch.from_numpy(found.images[3].copy()).float()[None] / 255 - 0.1307) / 0.3081).requires_grad_()
    session.viewer("mlp").module(picture)[0, int(one.probabilities[3].argmax())].backward()
    np.testing.assert_allclose(one.maps["saliency"], picture.grad[0, 0].abs().numpy(), rtol=1e-4, atol=1e-6)


def test_networks_of_runs_answer_too(session, forgetful):
    keep("run 1", Aside(session.viewer("lenet5"), "LeNet-5, learned with marks"))
    nonsense = answer_now(ReadNonsense(PICTURE, "digits", ("mlp",), runs=("run 1", "forgotten")), session)
    unfair = answer_now(ReadMarked(PICTURE, "digits", ("mlp",), runs=("run 1",)), session)
    for found in (nonsense, unfair):
        assert [one.network for one in found.networks] == ["mlp", "run 1"]
        assert found.networks[1].title == "LeNet-5, learned with marks"
        assert found.networks[1].role == "cnn"


def test_the_oldest_networks_of_runs_go(session, forgetful):
    for number in range(aside.KEPT + 1):
        keep(f"run {number}", Aside(session.viewer("mlp"), ""))
    assert kept("run 0") is None
    assert kept("run 1") is not None


def test_large_networks_of_runs_do_not_fill_the_memory(session, forgetful, monkeypatch):
    reader = session.viewer("mlp")
    monkeypatch.setattr(aside, "MOST_WEIGHTS", 2 * reader.spec.parameters)
    for number in range(3):
        keep(f"run {number}", Aside(reader, ""))
    assert [kept(f"run {number}") is not None for number in range(3)] == [False, True, True]
    monkeypatch.setattr(aside, "MOST_WEIGHTS", 1)
    keep("run 3", Aside(reader, ""))
    assert kept("run 2") is None
    assert kept("run 3") is not None


def test_networks_that_are_not_trained_say_so(nothing_shipped):
    for question in QUESTIONS:
        for one in answer_now(question, nothing_shipped).networks:
            assert (one.weights_from, one.step) == ("none", None)
    assert answer_now(ShiftLayers(PICTURE, "digits", "mlp", 1, 1), nothing_shipped).layers == ()


def test_pictures_of_another_size_are_refused(session):
    for shape in ((1, 32, 32), (3, 28, 28)):
        pixels = np.zeros(shape, np.uint8)
        for question in (
            OffsetMap(pixels, "digits", ("mlp",)),
            Transformed(pixels, "digits", ("mlp",), "shift"),
            ShiftLayers(pixels, "digits", "lenet5", 1, 1),
            ShiftOperations(pixels, "digits", 1, 1, networks=("lenet5",)),
            ReadNonsense(pixels, "digits", ("mlp",)),
            ReadMarked(pixels, "digits", ("mlp",)),
        ):
            with pytest.raises(StudioError, match="reads pictures of"):
                answer_now(question, session)


@pytest.mark.parametrize(("question", "said"), [
    (OffsetMap(PICTURE.astype(np.float32), "digits", ("mlp",)), "uint8"),
    (OffsetMap(PICTURE, "digits", ("mlp",), label=10), "no class number 10"),
    (Transformed(PICTURE, "digits", ("mlp",), "melt"), "no change called"),
    (Transformed(PICTURE, "digits", ("mlp",), "noise", (float("nan"),)), "number"),
    (ShiftLayers(PICTURE, "digits", "mlp", 28, 0), "leaves nothing"),
    (ShiftOperations(PICTURE, "digits", 1, 1, filters=0), "cannot have 0 filters"),
    (ReadNonsense(PICTURE, "digits", ("mlp",), each=0), "cannot be made"),
    (ReadNonsense(PICTURE, "digits", ("mlp",), kinds=("ghosts",)), "no nonsense"),
    (ReadMarked(PICTURE, "digits", ("mlp",), shown=10), "no class number 10"),
    (ReadMarked(PICTURE, "digits", ("mlp",), "smell"), "no mark"),
])  # fmt: skip
def test_what_cannot_be_is_told(session, question, said):
    with pytest.raises(StudioError, match=said):
        answer_now(question, session)


def test_a_network_that_diverged_gives_numbers_all_the_same():
    session = tiny.session()
    tiny.run(tiny.config(epochs=1), session)
    with torch.no_grad():
        for module in session.open_run.modules.values():
            for part in module.parameters():
                part.fill_(float("nan"))
    session._viewed.clear()
    networks = ("mlp", "lenet5")
    assert np.isfinite(answer_now(OffsetMap(PICTURE, "digits", networks), session).networks[0].probability).all()
    assert np.isfinite(answer_now(ReadNonsense(PICTURE, "digits", networks), session).networks[1].energy).all()
    assert answer_now(ReadMarked(PICTURE, "digits", networks), session).networks[0].shares["saliency"] is None
    for network in networks:
        for layer in answer_now(ShiftLayers(PICTURE, "digits", network, 1, 1), session).layers:
            assert np.isfinite(layer.of_shifted).all()


def test_every_question_is_known():
    asked = {type(question) for question in QUESTIONS} | {ShiftLayers, ShiftOperations}
    assert asked <= ANSWERS.keys()
    assert finish(tiny.session().load(RaceConfig(dataset="digits", examples=40))) is not None


def test_what_was_learned_is_said_of_runs_and_of_shipped_weights(session, nothing_shipped, tmp_path):
    for question in (OffsetMap(PICTURE, "digits", ("mlp",)), Transformed(PICTURE, "digits", ("mlp",), "scale")):
        started = session.open_run.started
        (one,) = answer_now(question, session).networks
        assert one.taught == Taught(started.config.dataset, started.train_size, shipped=False)
        (one,) = answer_now(question, nothing_shipped).networks
        assert one.taught is None
    spec = spec_for("mlp", PICTURE.shape, 10)
    card = weights.WeightsCard("mlp", "digits:jitter=2", examples=77)
    weights.save_weights(tmp_path / "weights" / "digits-mlp.safetensors", build(spec, 0), spec, card)
    (one,) = answer_now(OffsetMap(PICTURE, "digits", ("mlp",)), tiny.session()).networks
    assert one.taught == Taught("digits:jitter=2", 77, shipped=True)
