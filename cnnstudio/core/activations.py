"""What a network does with a number: activation functions and their slopes, flattening, softmax. Numpy only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core._erf import erf
from cnnstudio.core.errors import StudioError

Values = NDArray[np.float64]

LEAK: Final = 0.01
"""The slope of leaky ReLU below zero, as torch's default."""

_ROOT_2: Final = math.sqrt(2)
_GELU_TANH: Final = math.sqrt(2 / math.pi)
_GELU_CUBE: Final = 0.044715
"""The constant of the tanh form, chosen by Hendrycks and Gimpel to come nearest the exact one."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function.

    Attributes:
        id: As in "relu".
        title: As in "ReLU".
        formula: In words and signs, with x for the number.
        sentence: What it does, with its source.
        apply: The function, any shape.
        slope: Its derivative, any shape; at a corner, what torch takes.
    """

    id: str
    title: str
    formula: str
    sentence: str
    apply: Callable[[Values], Values]
    slope: Callable[[Values], Values]


def sigmoid(x: Values) -> Values:
    """1 / (1 + exp(-x)), without overflow at either end."""
    small = np.exp(-np.abs(x))
    share: Values = np.where(x >= 0, 1 / (1 + small), small / (1 + small))
    return share


def normal_share(x: Values) -> Values:
    """The share of a standard normal distribution below x."""
    share: Values = 0.5 * (1 + erf(np.asarray(x, np.float64) / _ROOT_2))
    return share


def gelu_tanh(x: Values) -> Values:
    """The tanh form of GELU, which many networks use; it differs from the exact one by less than 0.0005."""
    value: Values = 0.5 * x * (1 + np.tanh(_GELU_TANH * (x + _GELU_CUBE * x * x * x)))
    return value


def _relu(x: Values) -> Values:
    return np.maximum(x, 0.0)


def _leaky(x: Values) -> Values:
    return np.where(x > 0, x, LEAK * x)


def _gelu(x: Values) -> Values:
    return x * normal_share(x)


def _silu(x: Values) -> Values:
    return x * sigmoid(x)


def _gelu_slope(x: Values) -> Values:
    slope: Values = normal_share(x) + x * np.exp(-0.5 * np.minimum(x * x, 1e3)) / math.sqrt(2 * math.pi)
    return slope


def _gelu_tanh_slope(x: Values) -> Values:
    inner = np.tanh(_GELU_TANH * (x + _GELU_CUBE * x * x * x))
    steep = _GELU_TANH * (1 + 3 * _GELU_CUBE * x * x)
    slope: Values = 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * steep
    return slope


def _silu_slope(x: Values) -> Values:
    s = sigmoid(x)
    slope: Values = s * (1 + x * (1 - s))
    return slope


_ALL: Final = (
    Activation("relu", "ReLU", "max(0, x)", "Below zero nothing, above zero the number itself (Nair and Hinton 2010).",
               _relu, lambda x: (x > 0).astype(np.float64)),
    Activation("leaky_relu", "Leaky ReLU", f"x if x > 0, else {LEAK} x",
               "Below zero a little is left, so that the gradient never is 0 (Maas et al. 2013).",
               _leaky, lambda x: np.where(x > 0, 1.0, LEAK)),
    Activation("sigmoid", "Sigmoid", "1 / (1 + exp(-x))",
               "Any number becomes one between 0 and 1; far from zero its slope all but vanishes.",
               sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    Activation("tanh", "Tanh", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
               "Any number becomes one between -1 and 1; LeNet-5 used it (LeCun et al. 1998).",
               np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    Activation("gelu", "GELU", "x · Φ(x)",
               "The number times the share Φ of a normal distribution below it (Hendrycks and Gimpel 2016).",
               _gelu, _gelu_slope),
    Activation("gelu_tanh", "GELU, tanh form", "x / 2 · (1 + tanh(0.798 (x + 0.0447 x³)))",
               "A quicker GELU, less than 0.0005 from the exact one (Hendrycks and Gimpel 2016).",
               gelu_tanh, _gelu_tanh_slope),
    Activation("silu", "SiLU", "x · sigmoid(x)",
               "The number times its sigmoid, also called swish (Elfwing et al. 2018).",
               _silu, _silu_slope),
)  # fmt: skip

ACTIVATIONS: Final[dict[str, Activation]] = {one.id: one for one in _ALL}


@dataclass(frozen=True, slots=True)
class Softmax:
    """Softmax, step by step.

    Attributes:
        logits: float64 [classes], z.
        temperature: T.
        largest: The largest z / T, which is taken off before exp: the quotient stays and nothing overflows.
        terms: float64 [classes], exp(z / T - largest).
        total: Their sum.
        probabilities: float64 [classes], terms / total.
    """

    logits: Values
    temperature: float
    largest: float
    terms: Values
    total: float
    probabilities: Values

    @property
    def top(self) -> int:
        """The class with the largest probability."""
        return int(self.probabilities.argmax())

    @property
    def entropy_bits(self) -> float:
        """How undecided it is, in bits: 0 for one sure class, log2(classes) for all alike."""
        known = self.probabilities[self.probabilities > 0]
        return float(max(0.0, -(known * np.log2(known)).sum()))


def softmax(logits: NDArray[np.floating[Any]], temperature: float = 1.0) -> Softmax:
    """Softmax of logits at a temperature (Bridle 1990; temperature as in Hinton, Vinyals and Dean 2015).

    Raises:
        StudioError: No logits, one that is not a finite number, or a temperature that is not above zero.
    """
    z = np.asarray(logits, np.float64)
    if z.size == 0:
        raise StudioError("There are no logits.", remedy="Give at least one.")
    if not np.isfinite(z).all():
        raise StudioError(
            "A logit is not a finite number.",
            "exp of infinity divided by infinity has no value.",
            "Give a number, or choose another moment.",
        )
    if not (math.isfinite(temperature) and temperature > 0):
        raise StudioError(
            f"The temperature cannot be {temperature:g}.",
            "The logits are divided by it; at 0 only the largest would be left.",
            "Give a number above 0.",
        )
    scaled = z / temperature
    largest = float(scaled.max())
    terms = np.exp(scaled - largest)
    total = float(terms.sum())
    return Softmax(z, temperature, largest, terms, total, terms / total)


def flat_index(shape: tuple[int, int, int], c: int, y: int, x: int) -> int:
    """The place in the flattened vector of row y, column x of map c: c·H·W + y·W + x.

    Raises:
        StudioError: No such place.
    """
    channels, height, width = shape
    if not (0 <= c < channels and 0 <= y < height and 0 <= x < width):
        raise StudioError(
            f"{channels} maps of {height} x {width} have no place with map {c}, row {y}, column {x}.",
            "All three are counted from 0.",
        )
    return c * height * width + y * width + x


def place_of(shape: tuple[int, int, int], index: int) -> tuple[int, int, int]:
    """Map, row and column behind a place of the flattened vector: the inverse of `flat_index`.

    Raises:
        StudioError: The vector is not that long.
    """
    channels, height, width = shape
    if not 0 <= index < channels * height * width:
        raise StudioError(
            f"A vector of {channels * height * width:,} numbers has no number {index:,}.",
            "They are counted from 0.",
        )
    c, rest = divmod(index, height * width)
    return c, rest // width, rest % width
