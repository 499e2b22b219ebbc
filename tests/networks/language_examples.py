"""Published networks, written in the layer language as in their papers, to hold against torchvision's."""

from cnnstudio.core.layer_blocks import Branches, Repeat, Residual, Sequence
from cnnstudio.core.layer_kinds import Conv, DepthwiseConv, Linear, PatchEmbedding, SqueezeExcite
from cnnstudio.core.layer_norms import BatchNorm, ChannelNorm, LayerScale, LocalResponseNorm
from cnnstudio.core.layer_points import GELU, Dropout, Flatten, Hardswish, ReLU, ReLU6, StochasticDepth
from cnnstudio.core.layer_pools import AdaptivePool, AveragePool, GlobalAverage, MaxPool
from cnnstudio.core.layers import Layers


def alexnet() -> Layers:
    return (
        Conv(64, 11, 4, 2), ReLU(), MaxPool(3, 2), Conv(192, 5, padding=2), ReLU(), MaxPool(3, 2),
        Conv(384, 3, padding=1), ReLU(), Conv(256, 3, padding=1), ReLU(), Conv(256, 3, padding=1), ReLU(),
        MaxPool(3, 2),
        AdaptivePool(6), Flatten(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Linear(1000),
    )  # fmt: skip


def alexnet_first_stage() -> Layers:
    """AlexNet's first stage with its local response normalisation."""
    return Conv(96, 11, 4, 2), ReLU(), LocalResponseNorm(5), MaxPool(3, 2), GlobalAverage(), Flatten(), Linear(10)


def _basic(out: int, stride: int = 1) -> Residual:
    body = (Conv(out, 3, stride, 1, bias=False), BatchNorm(), ReLU(), Conv(out, 3, 1, 1, bias=False), BatchNorm())
    return Residual(body, (Conv(out, 1, stride, bias=False), BatchNorm()) if stride > 1 else (), (ReLU(),))


def resnet18() -> Layers:
    return (
        Conv(64, 7, 2, 3, bias=False), BatchNorm(), ReLU(), MaxPool(3, 2, 1),
        Repeat((_basic(64),), 2), *(Repeat((_basic(c),), 2, (_basic(c, 2),)) for c in (128, 256, 512)),
        GlobalAverage(), Flatten(), Linear(1000),
    )  # fmt: skip


def _bottleneck(width: int, stride: int = 1, project: bool = False, original: bool = False) -> Residual:
    first, second = (stride, 1) if original else (1, stride)
    body = (
        Conv(width, 1, first, bias=False), BatchNorm(), ReLU(),
        Conv(width, 3, second, 1, bias=False), BatchNorm(), ReLU(),
        Conv(4 * width, 1, bias=False), BatchNorm(),
    )  # fmt: skip
    return Residual(body, (Conv(4 * width, 1, stride, bias=False), BatchNorm()) if project else (), (ReLU(),))


def resnet50(original: bool = False) -> Layers:
    """Strides in the 3 x 3 convolutions, or in the 1 x 1 ones before them as in the paper."""
    stages = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
    return (
        Conv(64, 7, 2, 3, bias=False), BatchNorm(), ReLU(), MaxPool(3, 2, 1),
        *(Repeat((_bottleneck(w),), n, (_bottleneck(w, s, True, original),)) for w, n, s in stages),
        GlobalAverage(), Flatten(), Linear(1000),
    )  # fmt: skip


def densenet121() -> Layers:
    def dense_layer() -> Branches:
        new = (BatchNorm(), ReLU(), Conv(128, 1, bias=False), BatchNorm(), ReLU(), Conv(32, 3, padding=1, bias=False))
        return Branches(((), new))

    def transition(out: int) -> Sequence:
        return Sequence((BatchNorm(), ReLU(), Conv(out, 1, bias=False), AveragePool(2)), "transition")

    return (
        Conv(64, 7, 2, 3, bias=False), BatchNorm(), ReLU(), MaxPool(3, 2, 1),
        Repeat((dense_layer(),), 6), transition(128), Repeat((dense_layer(),), 12), transition(256),
        Repeat((dense_layer(),), 24), transition(512), Repeat((dense_layer(),), 16),
        BatchNorm(), ReLU(), GlobalAverage(), Flatten(), Linear(1000),
    )  # fmt: skip


def mobilenet_v2() -> Layers:
    def unit(given: int, expand: int, out: int, stride: int) -> Sequence | Residual:
        wide = (Conv(given * expand, 1, bias=False), BatchNorm(), ReLU6()) if expand > 1 else ()
        body = (
            *wide,
            DepthwiseConv(3, stride, 1, bias=False),
            BatchNorm(),
            ReLU6(),
            Conv(out, 1, bias=False),
            BatchNorm(),
        )
        return Residual(body) if stride == 1 and given == out else Sequence(body)

    units, given = [], 32
    for expand, out, count, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        first = unit(given, expand, out, stride)
        units.append(Repeat((unit(out, expand, out, 1),), count, (first,)))
        given = out
    return (
        Conv(32, 3, 2, 1, bias=False), BatchNorm(), ReLU6(), *units, Conv(1280, 1, bias=False), BatchNorm(), ReLU6(),
        GlobalAverage(), Flatten(), Dropout(0.2), Linear(1000),
    )  # fmt: skip


def mobilenet_v3_small() -> Layers:
    norm = BatchNorm(eps=0.001, momentum=0.01)

    def unit(given: int, k: int, wide: int, out: int, squeeze: int, hard: bool, stride: int) -> Sequence | Residual:
        act = Hardswish() if hard else ReLU()
        widen = (Conv(wide, 1, bias=False), norm, act) if wide != given else ()
        gate = (SqueezeExcite(squeeze, "hardsigmoid"),) if squeeze else ()
        body = (*widen, DepthwiseConv(k, stride, k // 2, bias=False), norm, act, *gate, Conv(out, 1, bias=False), norm)
        return Residual(body) if stride == 1 and given == out else Sequence(body)

    rows = (
        (16, 3, 16, 16, 8, False, 2), (16, 3, 72, 24, 0, False, 2), (24, 3, 88, 24, 0, False, 1),
        (24, 5, 96, 40, 24, True, 2), (40, 5, 240, 40, 64, True, 1), (40, 5, 240, 40, 64, True, 1),
        (40, 5, 120, 48, 32, True, 1), (48, 5, 144, 48, 40, True, 1), (48, 5, 288, 96, 72, True, 2),
        (96, 5, 576, 96, 144, True, 1), (96, 5, 576, 96, 144, True, 1),
    )  # fmt: skip
    return (
        Conv(16, 3, 2, 1, bias=False), norm, Hardswish(), *(unit(*row) for row in rows),
        Conv(576, 1, bias=False), norm, Hardswish(), GlobalAverage(), Flatten(),
        Linear(1024), Hardswish(), Dropout(0.2), Linear(1000),
    )  # fmt: skip


def squeezenet1_1() -> Layers:
    def fire(squeeze: int, out: int) -> Layers:
        branches = Branches(((Conv(out, 1), ReLU()), (Conv(out, 3, padding=1), ReLU())))
        return Conv(squeeze, 1), ReLU(), branches

    return (
        Conv(64, 3, 2), ReLU(), MaxPool(3, 2, ceil=True), *fire(16, 64), *fire(16, 64), MaxPool(3, 2, ceil=True),
        *fire(32, 128), *fire(32, 128), MaxPool(3, 2, ceil=True), *fire(48, 192), *fire(48, 192), *fire(64, 256),
        *fire(64, 256), Dropout(), Conv(1000, 1), ReLU(), GlobalAverage(), Flatten(),
    )  # fmt: skip


def googlenet() -> Layers:
    def conv(out: int, kernel: int, stride: int = 1) -> Layers:
        return Conv(out, kernel, stride, kernel // 2, bias=False), BatchNorm(eps=0.001), ReLU()

    def inception(a: int, b1: int, b: int, c1: int, c: int, d: int) -> Branches:
        pool = (MaxPool(3, 1, 1, ceil=True), *conv(d, 1))
        return Branches((conv(a, 1), conv(b1, 1) + conv(b, 3), conv(c1, 1) + conv(c, 3), pool))

    return (
        *conv(64, 7, 2), MaxPool(3, 2, ceil=True), *conv(64, 1), *conv(192, 3), MaxPool(3, 2, ceil=True),
        inception(64, 96, 128, 16, 32, 32), inception(128, 128, 192, 32, 96, 64), MaxPool(3, 2, ceil=True),
        inception(192, 96, 208, 16, 48, 64), inception(160, 112, 224, 24, 64, 64),
        inception(128, 128, 256, 24, 64, 64), inception(112, 144, 288, 32, 64, 64),
        inception(256, 160, 320, 32, 128, 128), MaxPool(2, 2, ceil=True),
        inception(256, 160, 320, 32, 128, 128), inception(384, 192, 384, 48, 128, 128),
        GlobalAverage(), Flatten(), Dropout(0.2), Linear(1000),
    )  # fmt: skip


def convnext_tiny() -> Layers:
    def block(width: int) -> Residual:
        return Residual((
            DepthwiseConv(7, padding=3), ChannelNorm(), Conv(4 * width, 1), GELU(), Conv(width, 1),
            LayerScale(), StochasticDepth(0.1),
        ))  # fmt: skip

    def stage(width: int, count: int) -> Sequence:
        return Sequence((Repeat((block(width),), count),), f"stage{width}")

    def smaller(width: int) -> Layers:
        return ChannelNorm(), PatchEmbedding(width, 2)

    return (
        PatchEmbedding(96, 4), ChannelNorm(), stage(96, 3), *smaller(192), stage(192, 3), *smaller(384), stage(384, 9),
        *smaller(768), stage(768, 3), GlobalAverage(), ChannelNorm(), Flatten(), Linear(1000),
    )  # fmt: skip
