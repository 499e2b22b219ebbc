"""Kuzushiji-MNIST: old Japanese cursive in MNIST's format."""

from functools import partial

from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.datasets._stored import IdxSet, fetch_idx
from cnnstudio.datasets.mnist import RECIPE

CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")

FILES = IdxSet("Kuzushiji-MNIST", "KMNIST", "train", "t10k", CLASSES, partial(fetch_idx, "KMNIST"))

DATASET = DatasetInfo(
    id="kmnist",
    title="Kuzushiji-MNIST",
    order=60,
    sentence="Ten characters of old Japanese cursive: each was written in very different ways, so an MLP falls behind.",
    source="T. Clanuwat et al., Deep learning for classical Japanese literature, 2018; data by ROIS-DS CODH.",
    licence="CC BY-SA 4.0",
    shape=(1, 28, 28),
    class_names=CLASSES,
    train_size=60_000,
    test_size=10_000,
    load=FILES.load,
    race=RECIPE | {"epochs": 4},
)
