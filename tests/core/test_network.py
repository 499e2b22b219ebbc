"""The layer language without torch: arithmetic by hand, sentences for what cannot be, JSON."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob
from cnnstudio.core.layer_blocks import Branches, Repeat, Residual, Sequence
from cnnstudio.core.layer_json import KINDS, layers_from_json, layers_to_json
from cnnstudio.core.layer_kinds import Conv, Linear, LocallyConnected, SqueezeExcite
from cnnstudio.core.layer_norms import BatchNorm, ChannelNorm, GroupNorm, LayerNorm, LayerScale, LocalResponseNorm
from cnnstudio.core.layer_points import Dropout, Flatten, LeakyReLU, ReLU, Sigmoid, StochasticDepth, Tanh
from cnnstudio.core.layer_pools import AdaptivePool, AveragePool, BlurPool, GlobalMax, MaxPool, Subsample, Upsample
from cnnstudio.core.layers import named, trace
from cnnstudio.core.network import NetworkInfo, NetworkSpec

GREY = (1, 28, 28)
sizes = st.one_of(st.integers(1, 9), st.tuples(st.integers(1, 9), st.integers(1, 9)))
shares = st.floats(0, 0.99)
plain_layers = st.one_of(
    st.builds(
        Conv, st.integers(1, 99), sizes, sizes, st.one_of(sizes, st.sampled_from(["same", "valid"])), bias=st.booleans()
    ),
    st.builds(LocallyConnected, st.integers(1, 9), sizes, sizes, bias=st.booleans()),
    st.builds(Linear, st.integers(1, 999), st.booleans()),
    st.builds(MaxPool, sizes, st.one_of(st.none(), sizes), ceil=st.booleans()),
    st.builds(AdaptivePool, sizes, st.sampled_from(["average", "max"])),
    st.builds(SqueezeExcite, st.integers(1, 9), st.sampled_from(["sigmoid", "hardsigmoid"])),
    st.builds(BatchNorm, shares, shares),
    st.builds(LocalResponseNorm, st.integers(1, 9), shares),
    st.builds(Dropout, shares),
    st.builds(StochasticDepth, shares),
    st.builds(LeakyReLU, shares),
    st.builds(Upsample, st.integers(1, 4), st.sampled_from(["nearest", "bilinear"])),
    st.sampled_from([ReLU(), Flatten(), GlobalMax(), Sigmoid(), Tanh(), ChannelNorm(), LayerNorm(), LayerScale()]),
)
layer_lists = st.recursive(
    st.lists(plain_layers, max_size=3).map(tuple),
    lambda inner: st.one_of(
        st.builds(Sequence, inner, st.sampled_from(["", "stage2"])),
        st.builds(Residual, inner, inner, inner),
        st.builds(Repeat, inner, st.integers(1, 9), inner),
        st.builds(Branches, st.lists(inner, min_size=1, max_size=3).map(tuple), st.sampled_from(["concat", "add"])),
    ).map(lambda block: (block,)),
    max_leaves=6,
)


def spec(*layers, shape=GREY, classes=10):
    return NetworkSpec("test", "Test", shape, classes, layers)


def attempt(function, *arguments):
    """What it gives and None, or None and the StudioError."""
    try:
        return function(*arguments), None
    except StudioError as error:
        return None, error


@settings(deadline=None, derandomize=True)
@given(layer_lists)
def test_layers_survive_json(layers):
    assert layers_from_json(json.loads(json.dumps(layers_to_json(layers)))) == layers


@settings(deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(sorted(KINDS)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["kind", "out", "kernel", "layers", "branches", "times", "p"]), inner)
        ),
    )
)
def test_any_other_json_is_refused_in_a_sentence(data):
    layers, error = attempt(layers_from_json, data)
    if error is None:
        assert layers_from_json(layers_to_json(layers)) == layers
    else:
        assert error.report.what.endswith(".")


@settings(deadline=None, derandomize=True)
@given(layer_lists, st.integers(1, 40), st.integers(1, 40))
def test_layers_fit_or_are_refused_in_a_sentence(layers, height, width):
    steps, error = attempt(trace, layers, (2, height, width))
    if error is not None:
        assert error.report.what.endswith(".")
        return
    names = [step.name for step in steps]
    assert len(set(names)) == len(names)
    for step in steps:
        assert min(step.shape) >= 1
        assert step.parameters >= 0
        top, left, bottom, right = step.field.window(0, 0)
        assert min(top, left) >= 0
        assert bottom <= height
        assert right <= width


def test_every_kind_has_a_name_of_its_own():
    assert len(KINDS) >= 36
    assert all(kind == made.kind for kind, made in KINDS.items())


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ((MaxPool(2), Linear(10)), "Linear after max pool 2 x 2 needs flatten."),
        ((Linear(10),), "Linear after the picture needs flatten."),
        ((Flatten(), Conv(3, 3)), "Conv 3 x 3 after flatten has no feature map to read."),
        ((Conv(3, 30),), "A 30 x 30 kernel does not fit into a 28 x 28 map."),
        ((MaxPool(2), MaxPool(2), MaxPool(2), Conv(4, 5)), "A 5 x 5 kernel does not fit into a 3 x 3 map."),
        ((Conv(6, 5, groups=4),), "1 input and 6 output maps cannot be split into 4 groups."),
        ((Conv(6, 3), GroupNorm(4)), "6 maps cannot be split into 4 groups."),
        ((Conv(6, 3, 2, "same"),), 'Padding "same" goes with stride 1 only'),
        ((Residual((Conv(8, 3, padding=1),)),), "A residual block cannot add 1 x 28 x 28 to 8 x 28 x 28."),
        ((Branches(((Conv(8, 3),), (Conv(8, 5),))),), "Branches that end in 8 x 26 x 26, 8 x 24 x 24 cannot be put"),
        ((Branches(((Conv(8, 3),), (Conv(4, 3),)), "add"),), "cannot be added"),
        ((Flatten(), Linear(9)), "Test ends in 9 numbers, and there are 10 classes."),
        ((GlobalMax(),), "Test ends in 1 x 1 x 1 numbers"),
        ((), "Test ends in 1 x 28 x 28 numbers"),
        ((MaxPool(2, 2, 2), Flatten(), Linear(10)), "at most half its kernel"),
        ((Conv(2, 3, padding=28, padding_mode="reflect"),), "takes more from a 28 x 28 map than it has"),
    ],
)
def test_what_cannot_be_is_said_in_words(layers, sentence):
    with pytest.raises(StudioError) as caught:
        spec(*layers)
    assert sentence in caught.value.report.sentence


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Conv(0, 3), "The out of conv cannot be 0."),
        (lambda: Conv(3, (3, 0)), "The kernel of conv cannot be 0."),
        (lambda: MaxPool(2, padding=-1), "The padding of max pool cannot be -1."),
        (lambda: Dropout(1.0), "The share of dropout cannot be 1.0."),
        (lambda: Branches(()), "at least one branch"),
        (lambda: Repeat((ReLU(),), 1_001), "at most 1000 times"),
        (lambda: Sequence((), "a.b"), "cannot name a part"),
        (lambda: BatchNorm(eps=float("nan")), "The eps of batch norm cannot be nan."),
    ],
)
def test_impossible_numbers_are_refused_at_once(make, sentence):
    with pytest.raises(StudioError, match=sentence.replace(".", r"\.")):
        make()


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(StudioError, match="A picture cannot be 1 x 0 x 28"):
        spec(Flatten(), Linear(10), shape=(1, 0, 28))


def test_names_do_not_change_when_layers_without_weights_are_added():
    layers = (Conv(4, 3), ReLU(), ReLU(), Residual((BatchNorm(),)), MaxPool(2), Flatten(), Linear(10))
    assert [name for name, _ in named(layers)] == [
        "1_conv", "1_relu", "1_relu_2", "2_residual", "2_max_pool", "2_flatten", "3_linear",
    ]  # fmt: skip
    more = (Dropout(), Conv(4, 3), Dropout(), ReLU(), Tanh(), *layers[2:])
    kept = [name for name, layer in named(more) if layer.weighted]
    assert kept == ["1_conv", "2_residual", "3_linear"]


def test_counts_of_a_small_network_by_hand():
    network = spec(Conv(6, 5, padding=2), MaxPool(2), ReLU(), Flatten(), Linear(10))
    rows = network.rows()
    assert [row.parameters for row in rows] == [6 * 25 + 6, 0, 0, 0, 6 * 14 * 14 * 10 + 10]
    assert [row.macs for row in rows] == [6 * 28 * 28 * 25, 0, 0, 0, 6 * 14 * 14 * 10]
    assert [row.shape for row in rows] == [(6, 28, 28), (6, 14, 14), (6, 14, 14), (1176,), (10,)]
    assert network.shapes() == (GREY, *(row.shape for row in rows))
    assert (rows[1].sees, rows[1].jump, rows[4].sees) == ((6, 6), (2, 2), (28, 28))
    weights = network.parameters
    activations = 4 * (784 + 6 * 784) + 12 * 6 * 196 + 4 * (6 * 196) + 0 + 4 * 10
    largest = 4 * (6 * 784 + 6 * 196)
    assert network.memory_bytes(32, True, "momentum") == 12 * weights + 32 * (activations + largest)
    assert network.memory_bytes(1, False) == 4 * weights + largest


def test_what_a_shortcut_keeps_counts():
    inner = (Conv(8, 3, padding=1), Conv(8, 3, padding=1))
    head = (GlobalMax(), Flatten(), Linear(10))
    chain = spec(Conv(8, 3, padding=1), *inner, *head)
    around = spec(Conv(8, 3, padding=1), Residual(inner), *head)
    assert around.parameters == chain.parameters
    assert around.memory_bytes(1, False) - chain.memory_bytes(1, False) == 4 * 8 * 784


@pytest.mark.parametrize(
    ("layers", "size", "jump", "start"),
    [
        ((Conv(2, 5),), 5, 1, 0),
        ((Conv(2, 3, dilation=2),), 5, 1, 0),
        ((Conv(2, 3, padding="same"),), 3, 1, -1),
        ((Conv(2, 3, 2, 1), Conv(2, 3, 1, 1)), 7, 2, -3),
        ((Conv(2, 3, padding=1), Conv(2, 3, padding=1), Conv(2, 3, padding=1)), 7, 1, -3),
        ((Conv(2, 5, padding=2), MaxPool(2), Conv(2, 5), MaxPool(2)), 16, 4, -2),
        ((BlurPool(3, 2),), 3, 2, -1),
        ((Subsample(2), Conv(2, 3)), 5, 2, 0),
        ((AveragePool(4), Upsample(2)), 6, 2, -2),
        ((Residual((Conv(1, 5, padding=2),)),), 5, 1, -2),
        ((Branches(((Conv(1, 3, padding=1),), (Conv(1, 7, padding=3),))),), 7, 1, -3),
        ((AdaptivePool(7),), 4, 4, 0),
        ((Conv(2, 5), GlobalMax()), 28, 0, 0),
        ((Conv(2, 5), LayerNorm()), 28, 0, 0),
    ],
)
def test_receptive_fields_by_hand(layers, size, jump, start):
    axis = trace(layers, GREY)[-1].field.rows
    assert (axis.size, axis.jump, axis.start) == (size, jump, start)


def test_windows_are_cut_at_the_picture():
    field = spec(Conv(4, 5, padding=2), MaxPool(2), Flatten(), Linear(10)).receptive_field("1_max_pool")
    assert field.window(0, 5) == (0, 8, 4, 14)
    assert field.window(13, 13) == (24, 24, 28, 28)
    assert (field.size, field.jump) == ((6, 6), (2, 2))


def test_receptive_field_is_found_by_name_and_number():
    network = spec(Conv(4, 5), Flatten(), Linear(10))
    assert network.receptive_field("1_conv") == network.receptive_field(0)
    assert network.receptive_field().size == (28, 28)
    for wrong in ("2_conv", 7):
        with pytest.raises(StudioError, match="Test has no layer"):
            network.receptive_field(wrong)


def test_dropout_reaches_into_blocks():
    network = spec(Flatten(), Linear(32), ReLU(), Residual((Linear(32), ReLU())), Sequence((Linear(10),)))
    names = [row.name for row in network.with_dropout(0.3).rows()]
    assert [name for name in names if "dropout" in name] == ["2_residual.body.0_dropout", "3_sequence.0_dropout"]
    assert network.with_dropout(0.3).parameters == network.parameters


def test_a_large_network_is_summed_up_in_a_number():
    block = (Conv(8, 3, padding=1), ReLU())
    assert spec(Repeat(block, 9), GlobalMax(), Flatten(), Linear(10)).summary == "10 weighted layers"


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"input_shape": [1, 28]}, {"input_shape": [1, 28, True]}, {"classes": "10"}, {"layers": 3},
     {"layers": [{"kind": "conv", "out": 6}]}, {"layers": [{"kind": "conv", "out": 6, "kernel": "5"}]},
     {"layers": [{"kind": "convolution"}]}, {"layers": [{"kind": "relu", "slope": 1}]}],
)  # fmt: skip
def test_damaged_descriptions_are_refused(change):
    data = spec(Flatten(), Linear(10)).to_json()
    assert NetworkSpec.from_json(data).layers == (Flatten(), Linear(10))
    with pytest.raises(StudioError):
        NetworkSpec.from_json(data | change)


def test_a_card_makes_its_key_and_title_from_what_differs():
    info = NetworkInfo(
        "net", "Net", 1, 2000, "Somebody 2000.", "A network.", "",
        lambda shape, classes, settings: (Flatten(), *(ReLU(),) * int(settings["depth"]), Linear(classes)),
        knobs=(Knob("depth", "depth", 1, "How deep.", minimum=0, maximum=9),), smallest_px=4,
    )  # fmt: skip
    assert (info.spec(GREY, 10).id, info.spec(GREY, 10).title) == ("net", "Net")
    deeper = info.spec(GREY, 10, {"depth": 3})
    assert (deeper.id, deeper.title, len(deeper.layers)) == ("net:depth=3", "Net (depth 3)", 5)
    with pytest.raises(StudioError, match="depth cannot be 10"):
        info.spec(GREY, 10, {"depth": 10})
    with pytest.raises(StudioError, match="at least 4 x 4"):
        info.spec((1, 3, 28), 10)
