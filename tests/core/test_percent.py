"""How a share is written."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.percent import WIDEST, percent


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0.8035, 1, "80.4 %"),  # to even it would be 80.3, and so is the binary number nearest to it
        (0.6475, 1, "64.8 %"),
        (0.8034, 1, "80.3 %"),
        (1607 / 2000, 1, "80.4 %"),
        (0.125, 0, "13 %"),
        (0.115, 0, "12 %"),
        (1.0, 1, "100 %"),
        (0.0, 1, "0 %"),
        (0.9999, 1, ">99.9 %"),
        (0.9995, 1, ">99.9 %"),
        (0.9994, 1, "99.9 %"),
        (1 - 1e-15, 1, "100 %"),  # nothing is known of a part so small
        (0.0004, 1, "<0.1 %"),
        (1e-30, 1, "<0.1 %"),
        (0.0005, 1, "0.1 %"),
        (0.997, 0, ">99 %"),
        (0.004, 0, "<1 %"),
        (0.5, 0, "50 %"),
        (0.1, 1, "10.0 %"),
        (math.nan, 1, ""),
    ],
)
def test_shares(share, decimals, text):
    assert percent(share, decimals) == text


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_count_is_rounded_half_up_and_all_or_none_is_said_of_all_or_none_only(right, total):
    right = min(right, total)
    text = percent(right / total)
    assert (text == "100 %") == (right == total)
    assert (text == "0 %") == (right == 0)
    if text[0].isdigit() and right not in (0, total):
        tenths = Fraction(right, total) * 1000
        assert text == f"{math.floor(tenths + Fraction(1, 2)) / 10:.1f} %"
    assert len(text) <= len(WIDEST)
