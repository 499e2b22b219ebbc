"""Which pixels a verdict hangs on: attribution maps, computed by Captum on the logit of one class, before softmax.

Kokhlikyan et al., "Captum: a unified and generic model interpretability library for PyTorch", 2020. Captum brings
matplotlib and takes half a second to import, so it is imported where it is first used.

A map is a picture's height by width; channels are added up. What looks convincing need not be true (Adebayo et al.,
"Sanity checks for saliency maps", NeurIPS 2018), so every map is held against covering the picture (`_believed`).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from cnnstudio.core.attribution import Method
from cnnstudio.core.inside import Numbers
from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, DepthwiseConv, PatchEmbedding
from cnnstudio.core.layers import Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine._believed import UNKNOWN, Agreement, check
from cnnstudio.engine._occlusion import Subject, Values, occlusion
from cnnstudio.engine.pixels import scaling

SMOOTHGRAD_SAMPLES: Final = 48
"""Noisy copies; the paper sees little change beyond 50."""

SMOOTHGRAD_NOISE: Final = 0.15
"""Standard deviation of the noise, as a share of the range from black to white; the paper recommends 10 to 20 %."""

INTEGRATED_STEPS: Final = 64
"""Gradients along the way from black to the picture; the paper uses 20 to 300."""

_GRADIENT_COST: Final = 3
"""A gradient takes about as long as three readings of the picture."""

_CONVOLUTIONS: Final = (Conv, DepthwiseConv, ConvTranspose, PatchEmbedding)

Working = Generator[None, None, Tensor]
"""Gives a tensor [1, channels or 1, height, width]."""


class Explained(NamedTuple):
    """A map and what it is worth.

    Attributes:
        map: float32 [height, width], read-only; None where a number is not finite.
        agreement: With covering the picture.
    """

    map: Numbers | None
    agreement: Agreement


class _Way(NamedTuple):
    """How one method works.

    Attributes:
        attribute: Computes the map, in slices.
        signed: Whether values below zero speak against the class.
        magnitude: Whether values say only how much a pixel matters, whichever way.
    """

    attribute: Callable[[Subject], Working]
    signed: bool = False
    magnitude: bool = False


def explain(method: Method, subject: Subject) -> Generator[None, None, Explained]:
    """One method's map of one verdict, and how far it can be believed.

    Weights, modes, gradients, hooks and torch's random state are afterwards as they were, closed half way or not.

    Args:
        method: One that `why_not` has nothing against.
        subject: The verdict.

    Yields:
        None, between two slices.

    Thread: engine.
    """
    way = _WAYS[method]
    found = yield from way.attribute(subject)
    values: Values = found.detach().sum((0, 1)).cpu().double().numpy()
    if not np.isfinite(values).all():
        return Explained(None, UNKNOWN)
    yield
    agreement = yield from check(subject, values, magnitude=way.magnitude, other_cover=method == "occlusion")
    shown = values.astype(np.float32)
    shown.setflags(write=False)
    return Explained(shown, agreement)


def is_signed(method: Method) -> bool:
    """Whether values below zero speak against the class."""
    return _WAYS[method].signed


def why_not(method: Method, spec: NetworkSpec, module: nn.Module) -> str:
    """A sentence where a method has nothing to work on in a network; else ""."""
    if method == "gradcam" and last_maps(spec) is None:
        lacks = "no convolution"
        if any(isinstance(step.layer, _CONVOLUTIONS) for step in spec.steps()):
            lacks += " with more than one place"
        return f"Grad-CAM weighs the feature maps of the last convolution, and {spec.title} has {lacks}."
    if method == "guided" and not any(isinstance(part, nn.ReLU) for part in module.modules()):
        return f"Guided backpropagation changes how gradients pass through ReLU, and {spec.title} has no ReLU."
    return ""


def last_maps(spec: NetworkSpec) -> str | None:
    """The module whose maps Grad-CAM weighs: the last convolution with more than one place.

    Where that stands in a residual or branched block, the maps are those of the outermost such block: a convolution
    within it sees only a part of what goes on.

    Returns:
        A submodule's name, or None where there is no such convolution.
    """
    steps = spec.steps()
    blocks = [step.path[:-1] for step in steps if isinstance(step.layer, Residual | Branches) and _has_places(step)]
    for step in reversed(steps):
        if isinstance(step.layer, _CONVOLUTIONS) and _has_places(step):
            around = [block for block in blocks if step.path[: len(block)] == block]
            outermost = min((len(block) for block in around), default=len(step.path))
            return ".".join(step.path[:outermost])
    return None


def _has_places(step: Step) -> bool:
    return len(step.shape) == 3 and math.prod(step.shape[1:]) > 1


def _picture(subject: Subject) -> Tensor:
    return subject.given(subject.pixels).requires_grad_()


def _saliency(subject: Subject) -> Working:
    """The size of the gradient (Simonyan, Vedaldi and Zisserman 2014); channels are added, not the largest taken."""
    from captum.attr import Saliency

    yield from ()
    found: Tensor = Saliency(subject.module).attribute(_picture(subject), target=subject.target)
    return found


def _smoothgrad(subject: Subject) -> Working:
    """The size of the mean gradient of noisy copies (Smilkov et al. 2017)."""
    from captum.attr import NoiseTunnel, Saliency

    tunnel, picture = NoiseTunnel(Saliency(subject.module)), _picture(subject)
    spread = SMOOTHGRAD_NOISE / scaling(subject.pixels.shape[0])[1]  # pixels are divided by their standard deviation
    size, total = min(SMOOTHGRAD_SAMPLES, subject.passes(_GRADIENT_COST)), torch.zeros_like(picture)
    for start in range(0, SMOOTHGRAD_SAMPLES, size):
        if start:
            yield
        count = min(size, SMOOTHGRAD_SAMPLES - start)
        with _own_random(subject.device, start):
            mean = tunnel.attribute(picture, nt_samples=count, stdevs=spread, target=subject.target, abs=False)
        total = total + count * mean.detach()
    return (total / SMOOTHGRAD_SAMPLES).abs()


@contextmanager
def _own_random(device: torch.device, seed: int) -> Iterator[None]:
    """Random numbers that the seed decides; torch's own state is afterwards as it was."""
    kind = "cuda" if device.type == "cpu" else device.type
    with torch.random.fork_rng(range(torch.get_device_module(kind).device_count()), device_type=kind):
        torch.manual_seed(seed)
        yield


def _integrated(subject: Subject) -> Working:
    """Gradients summed along the straight way from black to the picture (Sundararajan, Taly and Yan 2017).

    The way is cut into stretches, one a slice: the maps of stretches that follow each other add up.
    """
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(subject.module)
    picture, black = subject.given(subject.pixels), subject.given(np.zeros_like(subject.pixels))
    steps = min(INTEGRATED_STEPS, subject.passes(_GRADIENT_COST))
    stretches, total = INTEGRATED_STEPS // steps, torch.zeros_like(picture)
    for number in range(stretches):
        if number:
            yield
        here, there = (torch.lerp(black, picture, (number + end) / stretches) for end in (0, 1))
        total = total + method.attribute(there, here, target=subject.target, n_steps=steps).detach()
    return total


def _gradcam(subject: Subject) -> Working:
    """The last convolution's maps, weighed by their mean gradients, above zero (Selvaraju et al. 2017).

    As in the paper, the small map is stretched to the picture's size (bilinear).
    """
    from captum.attr import LayerAttribution, LayerGradCam

    yield from ()
    maps = subject.module.get_submodule(cast("str", last_maps(subject.spec)))
    weighed = LayerGradCam(subject.module, maps).attribute(
        _picture(subject), target=subject.target, relu_attributions=True
    )
    found: Tensor = LayerAttribution.interpolate(weighed.detach(), subject.pixels.shape[1:], "bilinear")
    return found


def _guided(subject: Subject) -> Working:
    """The size of gradients that pass ReLU only where they are positive too (Springenberg et al. 2015)."""
    from captum.attr import GuidedBackprop

    yield from ()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting backward hooks on ReLU activations")
        found: Tensor = GuidedBackprop(subject.module).attribute(_picture(subject), target=subject.target)
    return found.detach().abs()


def _occlusion(subject: Subject) -> Working:
    """The drop of the logit when a window of background covers each pixel (Zeiler and Fergus 2014)."""
    found = yield from occlusion(subject)
    return torch.from_numpy(found)[None, None]


_WAYS: Final[Mapping[Method, _Way]] = {
    "saliency": _Way(_saliency, magnitude=True),
    "smoothgrad": _Way(_smoothgrad, magnitude=True),
    "integrated": _Way(_integrated, signed=True),
    "gradcam": _Way(_gradcam),
    "guided": _Way(_guided, magnitude=True),
    "occlusion": _Way(_occlusion, signed=True),
}
