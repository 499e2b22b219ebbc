"""How a share is written: one place for every view, every sentence and every table."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_EXACT: Final = 12
"""Significant digits of a share that are believed; what comes after them is the rounding of binary numbers."""

WIDEST: Final = ">99.9 %"
"""The text that needs the most room of all that `percent` gives with one decimal."""


def percent(share: float, decimals: int = 1) -> str:
    """A share as in "93.1 %", rounded half up: 0.8035 is "80.4 %".

    What is not all never becomes 100 %, and what is not none never becomes 0 %: those are ">99.9 %" and "<0.1 %".

    Args:
        share: From 0 to 1; what is not a number gives "".
        decimals: Digits after the point. Accuracies and probabilities have one, in every view; rough shares in running
            text may have none.
    """
    if not math.isfinite(share):
        return ""
    exact = Decimal(f"{share:.{_EXACT}g}") * 100
    least = Decimal(1).scaleb(-decimals)
    rounded = exact.quantize(least, ROUND_HALF_UP)
    if rounded == 0 and exact > 0:
        return f"<{least} %"
    if rounded == 100 and exact < 100:
        return f">{100 - least} %"
    if rounded in (0, 100):
        return f"{rounded:.0f} %"
    return f"{rounded} %"
