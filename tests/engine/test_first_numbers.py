"""One step of a learned kernel is what the network itself computes."""

import numpy as np
import pytest
import torch

from cnnstudio import networks
from cnnstudio.core.convolution import Convolution, convolve
from cnnstudio.engine._kernels import first_weights
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import scaling, to_input


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_kernel_bias_and_normalisation_give_the_networks_own_map(shape):
    spec = networks.spec_for("lenet5", shape, 10)
    module = build(spec, 0).eval()
    found = first_weights(spec, module)
    assert found.biases is not None
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    conv = next(part for part in module.modules() if isinstance(part, torch.nn.Conv2d))
    with torch.no_grad():
        wanted = conv(to_input(torch.from_numpy(pixels[None]), False))[0].numpy()
    mean, spread = scaling(shape[0])
    numbers = (pixels / 255.0 - mean) / spread
    for place in range(found.total):
        kernel = found.kernels[place].astype(np.float64)
        own = convolve(numbers, kernel, Convolution(5, padding=2), float(found.biases[place]))[0]
        np.testing.assert_allclose(own, wanted[place], atol=2e-5)


def test_layers_without_a_bias_have_none():
    spec = networks.spec_for("local", (1, 28, 28), 10)
    assert first_weights(spec, build(spec, 0)).biases is None
