"""Fashion-MNIST: clothes in MNIST's format, a harder replacement."""

from functools import partial

from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.datasets._stored import IdxSet, fetch_idx
from cnnstudio.datasets.mnist import RECIPE

CLASSES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "ankle boot",
)  # fmt: skip

FILES = IdxSet("Fashion-MNIST", "FashionMNIST", "train", "t10k", CLASSES, partial(fetch_idx, "FashionMNIST"))

DATASET = DatasetInfo(
    id="fashion_mnist",
    title="Fashion-MNIST",
    order=50,
    sentence="Pictures of clothes in MNIST's format, harder than digits: outline alone cannot tell shirt from coat.",
    source="H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking, 2017.",
    licence="MIT",
    shape=(1, 28, 28),
    class_names=CLASSES,
    train_size=60_000,
    test_size=10_000,
    load=FILES.load,
    race=RECIPE | {"epochs": 4},
)
