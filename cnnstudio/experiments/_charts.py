"""Charts over seeds, whose labels say what bands and whiskers are."""

from __future__ import annotations

from collections.abc import Sequence

from cnnstudio.core.experiment import Chart, Series


def lines_chart(
    chart_id: str,
    title: str,
    x_label: str,
    y_label: str,
    lines: Sequence[Series],
    *,
    log_x: bool = False,
    percent: bool = True,
    chance: float | None = None,
) -> Chart:
    """Lines, whose y axis says what the bands are; parameters as in `Chart`."""
    label = ", ".join(filter(None, (y_label, spread_said(lines, "SD"))))
    return Chart(
        chart_id, title, "lines", x_label, label, tuple(lines), log_x=log_x, percent=percent, chance=chance
    )  # fmt: skip


def bars_chart(
    chart_id: str,
    title: str,
    x_label: str,
    y_label: str,
    bars: Sequence[Series],
    x_names: Sequence[str],
    *,
    percent: bool = True,
    chance: float | None = None,
) -> Chart:
    """Bars, whose x axis says what the whiskers are: beside the y axis stand the bars' names."""
    said = spread_said(bars, "standard deviation")
    label = f"{x_label} ({said})" if said else x_label
    return Chart(
        chart_id, title, "bars", label, y_label, tuple(bars), tuple(x_names), percent=percent, chance=chance
    )  # fmt: skip


def spread_said(drawn: Sequence[Series], deviation: str) -> str:
    """As in "mean ± SD of 3 seeds", "mean ± SD of 2 to 3 seeds" or "one seed"; "" where nothing is drawn."""
    seeds = sorted({count for line in drawn for count in line.seeds})
    if not seeds:
        return ""
    if seeds[-1] == 1:
        return "one seed"
    span = f"{seeds[0]} to {seeds[-1]}" if seeds[0] < seeds[-1] else str(seeds[-1])
    return f"mean ± {deviation} of {span} seeds"
