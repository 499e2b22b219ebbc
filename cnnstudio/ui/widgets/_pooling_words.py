"""What one window of a pooling makes, written out with its live numbers."""

from __future__ import annotations

from typing import Final

import numpy as np

from cnnstudio.core.percent import percent
from cnnstudio.core.pooling import Pooling, Window, chances
from cnnstudio.ui.widgets._cells import number

_MOST_TERMS: Final = 4
"""A sum with more terms than this is cut, with dots."""


def arithmetic(window: Window, pooling: Pooling) -> str:
    """As in "max(0.00, 0.52, 0.97, 1.00) = 1.00"."""
    values, result = [float(value) for value in window.values.ravel()], number(window.result)
    match pooling.kind:
        case "max" | "global_max":
            known = [float(value) for value in window.values[window.inside]]
            return f"max({_list(known, ', ')}) = {result}"
        case "average" | "global_average":
            return f"({_list(values, ' + ')}) / {len(values)} = {result}"
        case "l2":
            return f"√(({_list(values, ' + ', '²')}) / {len(values)}) = {result}"
        case "subsample":
            return f"the value itself = {result}"
        case "stochastic" if pooling.training and window.winner is not None:
            shares = chances(window.values.reshape(1, -1), window.inside.reshape(1, -1))
            share = float(shares.reshape(window.values.shape)[window.winner])
            return f"drawn with a chance of {percent(share, 0)}: {result}"
    assert window.weights is not None
    pairs = [(weight, value) for weight, value in zip(window.weights.ravel(), values, strict=True) if weight]
    terms = [f"{number(float(weight))}·{number(value)}" for weight, value in pairs]
    return f"{_cut(terms, ' + ')} = {result}"


def reach(route: np.ndarray) -> str:
    """How many inputs are heard by the gradient, as in "196 of 784 inputs"."""
    return f"{np.count_nonzero(route):,} of {route.size:,} inputs"


def _list(values: list[float], between: str, behind: str = "") -> str:
    return _cut([number(value) + behind for value in values], between)


def _cut(terms: list[str], between: str) -> str:
    if len(terms) <= _MOST_TERMS + 1:
        return between.join(terms)
    return between.join([*terms[:_MOST_TERMS], "…"])
