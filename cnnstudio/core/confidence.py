"""How sure a network is: softmax at a temperature, energy, calibration, and how well a score parts two groups.

Temperature: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017.
Energy: W. Liu, X. Wang, J. Owens, Y. Li, "Energy-based out-of-distribution detection", NeurIPS 2020.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Labels
from cnnstudio.core.errors import StudioError

Values = NDArray[np.float64]

COLDEST: Final = 0.05
"""Temperatures below are not tried: where every picture is read correctly, colder would always be better."""
HOTTEST: Final = 100.0
_HALVINGS: Final = 60
_GOLDEN: Final = (math.sqrt(5) - 1) / 2


def softmax(logits: NDArray[Any], temperature: float = 1.0) -> Values:
    """Probabilities at a temperature: above 1 they come nearer to each other, and the largest stays the largest.

    Args:
        logits: [..., classes], finite.
        temperature: More than 0.

    Returns:
        float64 of the same shape; sums of 1 along the last axis.

    Raises:
        StudioError: The temperature is not more than 0, or no number.
    """
    scaled = _scaled(logits, temperature)
    raised = np.exp(scaled - scaled.max(-1, keepdims=True))
    probabilities: Values = raised / raised.sum(-1, keepdims=True)
    return probabilities


def energy(logits: NDArray[Any], temperature: float = 1.0) -> Values:
    """The energy score -T log sum exp(logit / T): low where some logit is high, as for pictures that are known.

    Args:
        logits: [..., classes], finite.
        temperature: More than 0; 1 in most of the paper.

    Returns:
        float64 [...], in logits.

    Raises:
        StudioError: The temperature is not more than 0, or no number.
    """
    scaled = _scaled(logits, temperature)
    top = scaled.max(-1)
    found: Values = -temperature * (top + np.log(np.exp(scaled - top[..., None]).sum(-1)))
    return found


def _scaled(logits: NDArray[Any], temperature: float) -> Values:
    if not (math.isfinite(temperature) and temperature > 0):
        raise StudioError(f"The temperature cannot be {temperature}.", remedy="Give a number above 0.")
    return np.asarray(logits, np.float64) / temperature


def loss(logits: NDArray[Any], labels: Labels, temperature: float = 1.0) -> float:
    """Mean cross-entropy of pictures [n, classes] in nats, at a temperature."""
    right = np.asarray(logits, np.float64)[np.arange(len(labels)), labels]
    return float(np.mean(-energy(logits, temperature) / temperature - right / temperature))


def fit_temperature(logits: NDArray[Any], labels: Labels) -> float:
    """The temperature at which the cross-entropy is least (Guo et al. 2017), from `COLDEST` to `HOTTEST`.

    The cross-entropy is convex in 1 / T, so that a search by golden section finds its minimum.

    Args:
        logits: [n, classes] of validation pictures.
        labels: int64 [n].

    Raises:
        StudioError: There is no picture, or a logit is not a finite number.
    """
    if not len(labels) or not np.isfinite(logits).all():
        raise StudioError("A temperature needs validation pictures, and logits that are finite numbers.")
    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(_HALVINGS):
        one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(logits, labels, 1 / one) < loss(logits, labels, 1 / other):
            high = other
        else:
            low = one
    return 2 / (low + high)


def auroc(positive: NDArray[Any], negative: NDArray[Any]) -> float:
    """The area under the ROC curve: the chance that a positive scores higher than a negative, ties counting half.

    This is the statistic of Mann and Whitney (1947), from ranks.

    Args:
        positive: [n], the scores that should be high.
        negative: [m], those that should be low.

    Raises:
        StudioError: One group is empty, or a score is no number.
    """
    scores = np.concatenate([np.ravel(positive), np.ravel(negative)]).astype(np.float64)
    ones, others = np.size(positive), np.size(negative)
    if not (ones and others) or np.isnan(scores).any():
        raise StudioError("Two groups of scores are needed to compare, and all of them numbers.")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[place.ravel()[:ones]].sum() - ones * (ones + 1) / 2) / (ones * others))
