"""The residual and the branched network, held against torchvision's blocks and the papers' numbers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.layer_kinds import Conv
from cnnstudio.datasets._torchvision import import_torchvision
from cnnstudio.engine.build import build
from cnnstudio.networks import spec_for

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def convolutions(layers):
    return [layer for layer in layers if isinstance(layer, Conv)]


def basic_blocks(channels: int, classes: int, maps: int, blocks: int) -> nn.Module:
    """The same residual network, put together from torchvision's blocks."""
    import_torchvision()
    from torchvision.models.resnet import BasicBlock, conv1x1, conv3x3

    parts: list[nn.Module] = [conv3x3(channels, maps), nn.BatchNorm2d(maps), nn.ReLU()]
    given = maps
    for stage in range(3):
        out = maps * 2**stage
        for number in range(blocks):
            changes = stage > 0 and number == 0
            shortcut = nn.Sequential(conv1x1(given, out, 2), nn.BatchNorm2d(out)) if changes else None
            parts.append(BasicBlock(given, out, 2 if changes else 1, shortcut))
            given = out
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(given, classes))


def googlenet_block(channels: int, filters: int) -> nn.Module:
    """torchvision's Inception block in the same proportions, with a 5 x 5 kernel where it has 3 x 3."""
    import_torchvision()
    from torchvision.models.googlenet import Inception

    class Plain(nn.Module):
        def __init__(self, given: int, out: int, kernel_size: int = 1, padding: int = 0) -> None:
            super().__init__()
            # Its third branch has 3 x 3 by a known mistake; the paper has 5 x 5.
            five = kernel_size == 3 and out == filters // 2
            self.conv = nn.Conv2d(given, out, 5 if five else kernel_size, padding=2 if five else padding)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.conv(x))

    return Inception(
        channels, filters, 3 * filters // 2, 2 * filters, filters // 4, filters // 2, filters // 2, conv_block=Plain
    )


@pytest.mark.parametrize(("shape", "maps", "blocks"), [(GREY, 8, 1), (COLOUR, 4, 2), ((1, 29, 17), 3, 1)])
def test_the_residual_network_computes_what_torchvisions_blocks_do(shape, maps, blocks):
    ours = build(spec_for(f"small_resnet:blocks={blocks},maps={maps}", shape, 10), 1).eval()
    theirs = basic_blocks(shape[0], 10, maps, blocks).eval()
    generator = torch.Generator().manual_seed(2)
    mine = {name: part for name, part in ours.state_dict().items() if "num_batches" not in name}
    others = [part for name, part in theirs.state_dict().items() if "num_batches" not in name]
    with torch.no_grad():
        for (name, part), other in zip(mine.items(), others, strict=True):
            assert part.shape == other.shape, name
            if "running" in name:
                part.copy_(torch.rand(part.shape, generator=generator) + 0.5)
            other.copy_(part)
        x = torch.rand(3, *shape, generator=generator)
        torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize(("blocks", "millions"), [(3, 0.27), (5, 0.46), (7, 0.66), (9, 0.85), (18, 1.7)])
def test_with_the_papers_maps_it_has_the_papers_weights(blocks, millions):
    """Table 6 of He et al. 2016, for colour pictures of 32 x 32; the paper's shortcuts have no weights."""
    spec = spec_for(f"small_resnet:blocks={blocks},maps=16", COLOUR, 10)
    shortcuts = sum(step.parameters for step in spec.steps() if "shortcut" in step.path)
    assert shortcuts == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert round((spec.parameters - shortcuts) / 1e6, 2 if millions < 1 else 1) == millions


@pytest.mark.parametrize("blocks", [1, 2, 3, 18])
def test_it_has_6n_plus_2_layers_with_weights(blocks):
    spec = spec_for(f"small_resnet:blocks={blocks}", GREY, 10)
    weighted = [step for step in spec.steps() if step.parameters and "batch_norm" not in step.name]
    assert sum("shortcut" not in step.path for step in weighted) == 6 * blocks + 2
    assert sum(isinstance(layer, Residual) for layer in spec.layers) == 3 * blocks
    assert sum("shortcut" in step.path for step in weighted) == 2


@pytest.mark.parametrize("filters", [4, 8, 16])
def test_a_branched_block_computes_what_torchvisions_does(filters):
    spec = spec_for(f"small_inception:filters={filters},blocks=1", GREY, 10)
    at = next(number for number, layer in enumerate(spec.layers) if isinstance(layer, Branches))
    ours, theirs = build(spec, 3)[at].eval(), googlenet_block(2 * filters, filters).eval()
    with torch.no_grad():
        for mine, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
            assert mine.shape == other.shape
            other.copy_(mine)
        x = torch.rand(2, 2 * filters, 14, 14, generator=torch.Generator().manual_seed(4))
        torch.testing.assert_close(ours(x), theirs(x))


def test_a_branched_block_has_the_proportions_of_block_3a():
    layers = spec_for("small_inception:filters=64", GREY, 10).layers
    block = next(layer for layer in layers if isinstance(layer, Branches))
    assert [[(conv.out, conv.kernel) for conv in convolutions(branch)] for branch in block.branches] == [
        [(64, 1)], [(96, 1), (128, 3)], [(16, 1), (32, 5)], [(32, 1)],
    ]  # fmt: skip


def test_each_further_branched_block_is_half_the_size_and_twice_the_maps():
    steps = spec_for("small_inception:blocks=3", COLOUR, 10).steps()
    assert [step.shape for step in steps if isinstance(step.layer, Branches)] == [
        (32, 16, 16), (64, 8, 8), (128, 4, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["small_resnet", "small_inception"])
def test_weights_do_not_depend_on_the_pictures_size(key):
    assert spec_for(key, (1, 28, 28), 10).parameters == spec_for(key, (1, 64, 96), 10).parameters
