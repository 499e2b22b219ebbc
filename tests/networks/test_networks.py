"""What every network gets by existing: each is held against torch at several shapes."""

import json
import math
import re

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.core.errors import StudioError
from cnnstudio.core.fields import box, sees_alike
from cnnstudio.core.layer_blocks import Block, Branches, Residual
from cnnstudio.core.layer_kinds import Linear
from cnnstudio.core.layer_points import Dropout
from cnnstudio.core.layer_pools import AdaptivePool, AveragePool, GlobalAverage, GlobalMax, MaxPool
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.source import source
from cnnstudio.engine._kernels import first_weights
from cnnstudio.engine.build import build, outline
from cnnstudio.networks import all_networks, find, spec_for

CASES = [((1, 28, 28), 10), ((3, 32, 32), 10), ((3, 64, 64), 10), ((1, 28, 28), 26)]
NETWORKS = list(all_networks())

every_case = pytest.mark.parametrize(("shape", "classes"), CASES, ids=["grey28", "colour32", "colour64", "letters"])
every_network = pytest.mark.parametrize("key", NETWORKS)


def pictures(shape, count=2, seed=0):
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(seed))


def outputs(module: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The output of every submodule, by its name."""
    found = {}
    for name, part in module.named_modules():
        part.register_forward_hook(lambda _part, _x, y, name=name: found.__setitem__(name, y))
    module(x)
    return found


@every_network
def test_card_is_complete(key):
    info = all_networks()[key]
    assert info.id == key
    assert info.title
    assert info.citation
    assert info.sentence.endswith(".")
    assert info.role in ("mlp", "cnn", "local", "")
    assert 1700 < info.year < 2100
    for knob in info.knobs:
        assert knob.check(knob.default) is None
        assert knob.sentence.endswith(".")


@every_case
@every_network
def test_shapes_are_torchs(key, shape, classes):
    spec = spec_for(key, shape, classes)
    found = outputs(outline(spec), torch.empty(2, *shape, device="meta"))
    leaves = [step for step in spec.steps() if not isinstance(step.layer, Block)]
    assert [tuple(found[step.name].shape) for step in leaves] == [(2, *step.shape) for step in leaves]


@every_case
@every_network
def test_parameters_and_macs_are_torchs(key, shape, classes):
    spec = spec_for(key, shape, classes)
    module = outline(spec)
    assert spec.parameters == sum(p.numel() for p in module.parameters())
    for row in spec.rows():
        if row.parameters:
            assert row.parameters == sum(p.numel() for p in module.get_submodule(row.name).parameters())
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        module(torch.empty(1, *shape, device="meta"))
    assert counter.get_total_flops() == 2 * spec.macs


def _averaging(layers):
    """The same windows with means in place of maxima, so that a gradient shows everything that is read."""
    swapped = []
    for layer in layers:
        if isinstance(layer, MaxPool):
            layer = AveragePool(layer.kernel, layer.stride, layer.padding, layer.ceil)
        elif isinstance(layer, GlobalMax):
            layer = GlobalAverage()
        elif isinstance(layer, AdaptivePool):
            layer = AdaptivePool(layer.size)
        elif isinstance(layer, Residual):
            layer = Residual(_averaging(layer.body), _averaging(layer.shortcut), _averaging(layer.after))
        elif isinstance(layer, Branches):
            layer = Branches(tuple(_averaging(branch) for branch in layer.branches), layer.join)
        swapped.append(layer)
    return tuple(swapped)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
@every_network
def test_receptive_field_is_where_the_gradient_is(key, shape):
    spec = spec_for(key, shape, 10)
    spec = NetworkSpec(spec.id, spec.title, shape, 10, _averaging(spec.layers))
    module = build(spec, 0).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()
    x = pictures(shape).double().requires_grad_()
    found = outputs(module, x)
    for step in spec.steps():
        if isinstance(step.layer, Block) or not (len(step.shape) == 3 or isinstance(step.layer, Linear)):
            continue
        y = found[step.name]
        row, column = (step.shape[1] // 2, step.shape[2] // 2) if len(step.shape) == 3 else (0, 0)
        windows = []
        for map_ in sorted({0, step.shape[0] // 2, step.shape[0] - 1}):
            unit = y[0, map_, row, column] if y.ndim == 4 else y[0, map_]
            seen = torch.autograd.grad(unit, x, retain_graph=True)[0][0].abs().sum(0) > 0
            rows, columns = seen.any(1).nonzero().flatten(), seen.any(0).nonzero().flatten()
            windows.append((int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1))
            assert box(spec, step.name, (map_, row, column)) == windows[-1], (step.name, map_)
        if sees_alike(spec, step.name):
            assert step.field.window(row, column) == windows[0], step.name


@every_case
@every_network
def test_forward_is_finite_and_every_parameter_gets_a_gradient(key, shape, classes):
    module = build(spec_for(key, shape, classes), 0)
    y = module(pictures(shape, 8))
    assert y.shape == (8, classes)
    assert y.isfinite().all()
    F.cross_entropy(y, torch.arange(8) % classes).backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@every_case
@every_network
def test_json_round_trip(key, shape, classes):
    spec = spec_for(key, shape, classes)
    assert NetworkSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@every_network
def test_halves_its_loss_on_easy_pictures(key):
    """Two classes: a bright spot with a pattern of its own, always at the same place."""
    spec = spec_for(key, (1, 28, 28), 2)
    module = build(spec, 0)
    y = torch.arange(32) % 2
    x = 0.1 * pictures((1, 28, 28), 32)
    x[y == 0, :, 8:14, 8:14] += 1.0
    x[y == 1, :, 8:14:2, 8:14] += 1.0
    optimiser = torch.optim.Adam(module.parameters(), 5e-3)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = F.cross_entropy(module(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@every_network
def test_dropout_goes_before_linear_layers_but_never_on_pixels(key):
    spec = spec_for(key, (1, 28, 28), 10)
    assert spec.with_dropout(0) is spec
    dropped = spec.with_dropout(0.25)
    assert dropped.with_dropout(0.5) == spec.with_dropout(0.5)
    assert [layer for layer in dropped.layers if not isinstance(layer, Dropout)] == list(spec.layers)
    weighted = 0
    for before, layer in zip((None, *dropped.layers), dropped.layers, strict=False):
        assert isinstance(before, Dropout) == (isinstance(layer, Linear) and weighted > 0)
        weighted += layer.weighted
    assert sum(isinstance(layer, Dropout) for layer in dropped.layers) >= 1
    assert list(outline(dropped).state_dict()) == list(outline(spec).state_dict())
    assert (dropped.parameters, dropped.macs) == (spec.parameters, spec.macs)


@every_case
@every_network
def test_source_runs_and_computes_the_same(key, shape, classes):
    spec = spec_for(key, shape, classes)
    scope: dict = {}
    exec(compile(source(spec), key, "exec"), scope)
    written, module = scope["network"], build(spec, 0)
    with torch.no_grad():
        for mine, theirs in zip(module.state_dict().values(), written.state_dict().values(), strict=True):
            assert mine.shape == theirs.shape
            theirs.copy_(mine)
        x = pictures(shape)
        torch.testing.assert_close(written.eval()(x), module.eval()(x))


@every_network
def test_first_weights_are_pictures(key):
    shape = (3, 32, 32)
    spec = spec_for(key, shape, 10)
    found = first_weights(spec, build(spec, 0), most=20)
    assert found.kind == {"mlp": "templates", "cnn": "kernels", "local": "local"}[all_networks()[key].role]
    assert found.kernels.shape[0] == min(20, found.total) or found.kind == "local"
    assert found.kernels.shape[0] <= 20
    assert found.kernels.shape[1] == 3
    assert found.layer == next(row.title for row in spec.rows() if row.parameters)
    assert not found.kernels.flags.writeable


@every_network
def test_memory_covers_what_autograd_keeps(key):
    spec, batch = spec_for(key, (1, 28, 28), 10), 16
    module = build(spec, 0)
    kept: dict[int, int] = {}

    def note(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = F.cross_entropy(module(pictures((1, 28, 28), batch)), torch.zeros(batch, dtype=torch.long))
        real = sum(kept.values())
        loss.backward()
    activations = spec.memory_bytes(batch, True, "sgd") - 8 * spec.parameters
    weights = sum(4 * p.numel() for p in module.parameters())
    assert real - weights <= activations <= 4 * real
    assert spec.memory_bytes(batch, True, "adamw") - spec.memory_bytes(batch, True, "sgd") == 8 * spec.parameters
    assert spec.memory_bytes(batch, False) < spec.memory_bytes(batch, True)


@every_network
def test_pictures_too_small_or_one_class_are_refused_in_a_sentence(key):
    with pytest.raises(StudioError, match="nothing to tell apart"):
        spec_for(key, (1, 28, 28), 1)
    smallest = all_networks()[key].smallest_px
    assert spec_for(key, (1, smallest, smallest), 2).classes == 2
    if smallest > 1:
        with pytest.raises(StudioError, match=f"at least {smallest} x {smallest}"):
            spec_for(key, (1, smallest, smallest - 1), 2)
    assert spec_for(key, (3, 256, 256), 5).parameters > 0
    assert spec_for(key, (3, 32, 256), 5).parameters > 0


@every_network
def test_the_key_is_the_id(key):
    assert spec_for(key, (1, 28, 28), 10).id == key
    info, settings = find(key)
    assert settings == {knob.name: knob.default for knob in info.knobs}
    for knob in info.knobs:
        said = f"{key}:{knob.name}={int(knob.maximum if knob.name == 'budget' else knob.minimum or 1)}"
        assert spec_for(said, (1, 28, 28), 10).id == said


def test_published_numbers_of_weights():
    counted = {key: spec_for(key, (1, 28, 28), 10).parameters for key in NETWORKS}
    assert counted["mlp"] == 61_225
    assert counted["mlp_deep"] == 55_050
    assert counted["lenet5"] == 61_706
    assert counted["small_cnn"] == 586
    assert counted["local"] == 239_786
    assert counted["small_resnet"] == 19_810
    assert counted["small_inception"] == 12_924


def test_summaries():
    said = {key: spec_for(key, (1, 28, 28), 10).summary for key in NETWORKS}
    assert said["mlp"] == "784 - 77 - 10"
    assert said["mlp_deep"] == "784 - 64 - 64 - 10"
    assert said["lenet5"] == "6 @ 5 x 5 - 16 @ 5 x 5 - 120 - 84 - 10"
    assert said["small_cnn"] == "16 @ 5 x 5 - 10"
    assert said["local"] == "16 @ 5 x 5 not shared - 10"
    assert said["small_resnet"] == "10 weighted layers"
    assert said["small_inception"] == "14 weighted layers"


@every_case
def test_the_mlp_is_the_largest_within_lenets_budget(shape, classes):
    budget = spec_for("lenet5", shape, classes).parameters
    hidden = spec_for("mlp", shape, classes).layers[1].out
    assert spec_for("mlp", shape, classes).parameters <= budget
    assert spec_for(f"mlp:hidden={hidden + 1}", shape, classes).parameters > budget
    assert spec_for("mlp:budget=200000", shape, classes).parameters <= 200_000
    with pytest.raises(StudioError, match="no hidden unit"):
        spec_for("mlp:budget=700", shape, classes)
    least = math.prod(shape) + 1 + 2 * classes
    assert spec_for(f"mlp:budget={least}", shape, classes).layers[1].out == 1


def test_unknown_networks_and_settings_are_refused():
    with pytest.raises(StudioError, match="There is no network 'lenet6'"):
        find("lenet6")
    with pytest.raises(StudioError, match=re.escape("mlp has no setting 'size=3'")):
        find("mlp:size=3")
    with pytest.raises(StudioError, match="hidden units cannot be -1"):
        find("mlp:hidden=-1")
    with pytest.raises(StudioError, match="has no setting 'depth'"):
        all_networks()["lenet5"].spec((1, 28, 28), 10, {"depth": 2})
