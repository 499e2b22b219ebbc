"""The quick way of pooling without gradients, held against torch's own."""

import pytest
import torch
from torch import nn

from cnnstudio.engine.modules import MaxPool2d


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (2, 2), (6, 5)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("settings", [{}, {"stride": 1}, {"padding": 1}, {"ceil_mode": True}, {"dilation": 1}])
def test_pooling_is_torchs_with_and_without_gradients(size, layout, settings) -> None:
    images = torch.randn((3, 4, *size), generator=torch.Generator().manual_seed(0)).contiguous(memory_format=layout)
    images[0, 0, 0, 0] = float("nan")
    for kernel in (2, (2, 2)):
        wanted = nn.MaxPool2d(kernel, **settings)(images)
        pool = MaxPool2d(kernel, **settings)
        torch.testing.assert_close(pool(images), wanted, rtol=0, atol=0, equal_nan=True)
        with torch.inference_mode():
            torch.testing.assert_close(pool(images), wanted, rtol=0, atol=0, equal_nan=True)
            assert pool(images).is_contiguous(memory_format=layout)


def test_the_gradient_is_torchs() -> None:
    images = torch.zeros((2, 3, 6, 6), requires_grad=True)
    MaxPool2d(2)(images).sum().backward()
    assert images.grad.sum() == 2 * 3 * 9
    assert set(images.grad.flatten().tolist()) == {0.0, 1.0}
