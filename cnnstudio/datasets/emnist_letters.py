"""EMNIST letters: the 26 letters, large and small together."""

import string
from functools import partial

from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.datasets._stored import IdxSet, fetch_emnist
from cnnstudio.datasets.emnist_digits import KEPT
from cnnstudio.datasets.mnist import RECIPE

CLASSES = tuple(string.ascii_lowercase)

# The files count the letters from 1.
FILES = IdxSet(
    "EMNIST letters",
    "EMNIST",
    "emnist-letters-train",
    "emnist-letters-test",
    CLASSES,
    partial(fetch_emnist, KEPT),
    first=1,
    sideways=True,
)

DATASET = DatasetInfo(
    id="emnist_letters",
    title="EMNIST letters",
    order=80,
    sentence="The 26 letters as people write them, capital and small in one class, so that one class has two shapes.",
    source="G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to handwritten letters, 2017.",
    licence="Public domain (NIST Special Database 19)",
    shape=(1, 28, 28),
    class_names=CLASSES,
    train_size=124_800,
    test_size=20_800,
    load=FILES.load,
    race=RECIPE | {"epochs": 4},
    centred=True,
)
