"""The error function of whole arrays, as exact as float64 allows. Numpy has none."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_NEAR: Final = 0.46875
_FAR: Final = 4.0
_ONE: Final = 6.0
"""From here on erf is 1 in float64."""

_BLOCK: Final = 8192
"""Numbers computed together: few enough that they stay in the processor's cache."""

# Numerators and denominators, highest power first (Cody 1969, as in his CALERF).
_NEAR_OVER: Final = (
    1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
    3.20937758913846947e3,
)  # fmt: skip
_NEAR_UNDER: Final = (
    1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3,
)  # fmt: skip
_MID_OVER: Final = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
    2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
    1.23033935479799725e3,
)  # fmt: skip
_MID_UNDER: Final = (
    1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
    3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
)  # fmt: skip
_FAR_OVER: Final = (
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
    1.60837851487422766e-2, 6.58749161529837803e-4,
)  # fmt: skip
_FAR_UNDER: Final = (
    1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
    2.33520497626869185e-3,
)  # fmt: skip


def erf(x: Values) -> Values:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x, any shape.

    Three rational approximations, each best in its range (W. J. Cody, Rational Chebyshev approximations for the
    error function, 1969); from the exact values they differ by less than 5e-16 of them.
    """
    flat = np.asarray(x, np.float64).ravel()
    result = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        result[start : start + _BLOCK] = _block(flat[start : start + _BLOCK])
    return result.reshape(np.shape(x))


def _block(x: Values) -> Values:
    size = np.abs(x)
    result = np.where(np.isnan(size), size, 1.0)
    for inside, compute in (
        (size <= _NEAR, _near),
        ((size > _NEAR) & (size <= _FAR), _mid),
        ((size > _FAR) & (size < _ONE), _far),
    ):
        places = np.flatnonzero(inside)
        if places.size:
            result[places] = compute(size[places])
    return np.copysign(result, x)


def _near(x: Values) -> Values:
    square = x * x
    return x * _polynomial(_NEAR_OVER, square) / _polynomial(_NEAR_UNDER, square)


def _mid(x: Values) -> Values:
    rest: Values = np.exp(-x * x) * _polynomial(_MID_OVER, x) / _polynomial(_MID_UNDER, x)
    return 1 - rest


def _far(x: Values) -> Values:
    z = 1 / (x * x)
    tail = z * _polynomial(_FAR_OVER, z) / _polynomial(_FAR_UNDER, z)
    rest: Values = np.exp(-x * x) / x * (1 / math.sqrt(math.pi) - tail)
    return 1 - rest


def _polynomial(factors: tuple[float, ...], x: Values) -> Values:
    """Horner's scheme, highest power first."""
    value = np.full_like(x, factors[0])
    for factor in factors[1:]:
        value *= x
        value += factor
    return value
