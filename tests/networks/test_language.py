"""The layer language holds published architectures as they are: torchvision's models are the oracle."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.source import source
from cnnstudio.datasets._torchvision import import_torchvision
from cnnstudio.engine.build import build, outline
from tests.networks import language_examples as examples

PUBLISHED = {
    "alexnet": 61_100_840,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "densenet121": 7_978_856,
    "mobilenet_v2": 3_504_872,
    "mobilenet_v3_small": 2_542_856,
    "squeezenet1_1": 1_235_496,
    "googlenet": 6_624_904,
    "convnext_tiny": 28_589_128,
}
EXTRAS = {"googlenet": {"aux_logits": False, "init_weights": False}}
SIDE_PX = 224


def spec_of(name: str, side_px: int = SIDE_PX) -> NetworkSpec:
    return NetworkSpec(name, name, (3, side_px, side_px), 1000, getattr(examples, name)())


def theirs(name: str) -> nn.Module:
    with torch.device("meta"):
        return getattr(import_torchvision().models, name)(**EXTRAS.get(name, {}))


def macs_by_torch(module: nn.Module, side_px: int = SIDE_PX) -> int:
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        module.eval()(torch.empty(1, 3, side_px, side_px, device="meta"))
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_are_those_published(name):
    assert spec_of(name).parameters == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_and_macs_are_torchvisions(name):
    spec, model = spec_of(name), theirs(name)
    ours = outline(spec)
    sizes = sorted(p.numel() for p in ours.parameters())
    assert sizes == sorted(p.numel() for p in model.parameters())
    assert spec.parameters == sum(sizes)
    assert spec.macs == macs_by_torch(ours) == macs_by_torch(model)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "googlenet"])
def test_outputs_are_torchvisions_when_the_weights_are_copied_in_order(name):
    side_px = 64
    model, ours = theirs(name).to_empty(device="cpu").eval(), build(spec_of(name, side_px), 0).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for mine, other in zip(ours.state_dict().values(), model.state_dict().values(), strict=True):
            assert mine.shape == other.shape
            other.copy_(mine)
        picture = torch.rand(2, 3, side_px, side_px, generator=generator)
        if name == "googlenet":
            model.transform_input = False
        torch.testing.assert_close(ours(picture), model(picture), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", PUBLISHED)
def test_json_round_trip_and_source_have_the_same_weights(name):
    spec = spec_of(name)
    assert NetworkSpec.from_json(spec.to_json()) == spec
    scope: dict = {}
    with torch.device("meta"):
        exec(compile(source(spec), name, "exec"), scope)
    ours = outline(spec).state_dict()
    theirs = scope["network"].state_dict()
    assert [value.shape for value in theirs.values()] == [value.shape for value in ours.values()]


def test_receptive_fields_are_those_published():
    # Araujo, Norris and Sim, Distill 2019, table of receptive field, effective stride and padding.
    alexnet = spec_of("alexnet").receptive_field("5_max_pool")
    assert (alexnet.rows.size, alexnet.rows.jump) == (195, 32)
    # torchvision's ResNet-50 strides in the 3 x 3 convolution; the paper's, as in the table, in the 1 x 1 before it.
    for original, size in ((True, 483), (False, 427)):
        layers = examples.resnet50(original)
        spec = NetworkSpec("resnet50", "ResNet-50", (3, SIDE_PX, SIDE_PX), 1000, layers)
        last = [step for step in spec.steps() if step.field.rows.jump != 0][-1]
        assert (last.field.rows.size, last.field.rows.jump) == (size, 32)


def test_local_response_norm_of_alexnet_is_torchs():
    spec = NetworkSpec("first", "first stage", (3, 64, 64), 10, examples.alexnet_first_stage())
    assert build(spec, 0)(torch.rand(2, 3, 64, 64)).shape == (2, 10)
