"""Labels of a chart: they keep apart, and say numbers shortly."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.labels import spread, tick_text


@given(st.lists(st.floats(0, 300), max_size=12), st.floats(0, 40))
def test_labels_never_overlap_and_stay_in_order_and_in_bounds(wanted, distance):
    places = spread(wanted, distance, 0.0, 300.0)
    assert len(places) == len(wanted)
    room = 300.0 / max(1, len(wanted) - 1)
    ranked = [places[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])]
    assert all(b - a >= min(distance, room) - 1e-6 for a, b in pairwise(ranked))
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in places)


def test_labels_that_fit_stay_where_they_want_to_be():
    assert spread([10.0, 200.0, 100.0], 20, 0, 300) == pytest.approx([10, 200, 100])
    assert spread([100.0, 100.0], 20, 0, 300) == pytest.approx([90, 110])


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (24_000, "24k"), (1_500_000, "1.5M"), (0.25, "0.25"), (1e-4, "1e-04")]
)
def test_tick_text(value, text):
    assert tick_text(value) == text
