"""Labels of a chart, on screen and in files: how they keep apart, how numbers are said shortly."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Moves labels apart as little as possible.

    Labels that would overlap form a block whose middle stands where the middle of the wanted places is (the
    least-squares answer, found by merging neighbours: pool adjacent violators); blocks are then kept in bounds.

    Args:
        wanted: Where each label would like to stand, in px.
        distance: The least distance between two, in px.
        low: The smallest place allowed.
        high: The largest; where not all fit, the distance shrinks to what there is.

    Returns:
        The places, in the order given.
    """
    if not wanted:
        return []
    room = (high - low) / max(1, len(wanted) - 1)
    distance = min(distance, max(0.0, room))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[float, int]] = []
    for rank, i in enumerate(order):
        mean, count = wanted[i] - rank * distance, 1
        while blocks and blocks[-1][0] > mean:
            other, size = blocks.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        blocks.append((mean, count))
    ceiling = max(low, high - (len(wanted) - 1) * distance)
    bases = [min(max(mean, low), ceiling) for mean, count in blocks for _ in range(count)]
    places = [0.0] * len(wanted)
    for rank, i in enumerate(order):
        places[i] = bases[rank] + rank * distance
    return places


def tick_text(value: float) -> str:
    """A number as short as an axis wants it: 24000 as "24k", 1500000 as "1.5M"."""
    size = abs(value)
    if size >= 999_999.5:
        return f"{value / 1e6:g}M"
    if size >= 1_000:
        return f"{value / 1e3:g}k"
    return f"{value:g}" if size >= 1e-3 or size == 0 else f"{value:.0e}"
