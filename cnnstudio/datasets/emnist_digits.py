"""EMNIST digits: four times as many handwritten digits as MNIST."""

from functools import partial

from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.datasets._stored import IdxSet, fetch_emnist
from cnnstudio.datasets.mnist import CLASSES, RECIPE

KEPT = ("emnist-digits-", "emnist-letters-")
"""Both of our sets come out of the one archive, so that it is fetched once."""

FILES = IdxSet(
    "EMNIST digits",
    "EMNIST",
    "emnist-digits-train",
    "emnist-digits-test",
    CLASSES,
    partial(fetch_emnist, KEPT),
    sideways=True,
)

DATASET = DatasetInfo(
    id="emnist_digits",
    title="EMNIST digits",
    order=70,
    sentence="280,000 handwritten digits, larger in their frame than MNIST's: does training on one help on the other?",
    source="G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to handwritten letters, 2017.",
    licence="Public domain (NIST Special Database 19)",
    shape=(1, 28, 28),
    class_names=CLASSES,
    train_size=240_000,
    test_size=40_000,
    load=FILES.load,
    race=RECIPE,
    centred=True,
)
