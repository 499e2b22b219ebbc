"""The yardstick: what PyTorch's published MNIST example does, from its description.

Two convolutions (32 and 64 kernels of 3 x 3), max-pooling, dropout 0.25, 128 units, dropout 0.5, 10 classes; Adadelta
at learning rate 1.0, which is multiplied by 0.7 after every epoch; batches of 64 through a DataLoader without workers,
as on a machine without a GPU (pytorch/examples, mnist).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from cnnstudio.datasets._torchvision import import_torchvision

MEAN, DEVIATION = 0.1307, 0.3081
TEST_BATCH = 1_000


def _network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(9_216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    )  # fmt: skip


def epochs(root: Path, seed: int) -> Iterator[tuple[float, float]]:
    """Trains without end; after every epoch gives (seconds so far, test accuracy from 0 to 1)."""
    torchvision = import_torchvision()
    transforms = torchvision.transforms
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (DEVIATION,))])
    torch.manual_seed(seed)
    started = time.perf_counter()
    train = DataLoader(torchvision.datasets.MNIST(str(root), train=True, transform=transform), 64, shuffle=True)
    test = DataLoader(torchvision.datasets.MNIST(str(root), train=False, transform=transform), TEST_BATCH)
    network = _network()
    optimiser = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=1, gamma=0.7)
    while True:
        network.train()
        for pictures, labels in train:
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(pictures), labels).backward()
            optimiser.step()
        network.eval()
        with torch.no_grad():
            hits = torch.cat([network(pictures).argmax(1) == labels for pictures, labels in test])
        schedule.step()
        yield time.perf_counter() - started, float(hits.float().mean())
