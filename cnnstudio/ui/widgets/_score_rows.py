"""What the scoreboard says: its rows out of a run's record, its columns, and the sums behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QColor

from cnnstudio.core.events import Competitor, NetworkScore
from cnnstudio.core.history import History
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets._setup_words import network_sentence

_BYTES_PER_WEIGHT: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One network as the table shows it.

    Attributes:
        card: The network.
        name: Its short name.
        colour: Its dot.
        text_colour: Its name, readable on the ground.
        score: The newest measurement at the moment, or None before the first.
        best: The accuracy on validation that was the best so far at the moment, or None.
        best_step: The step of that measurement.
        stopped: Why it left the race, or "".
    """

    card: Competitor
    name: str
    colour: QColor
    text_colour: QColor
    score: NetworkScore | None = None
    best: float | None = None
    best_step: int = 0
    stopped: str = ""


def rows_of(history: History, step: int | None, theme: Theme) -> list[Row]:
    """The rows of a run at a step; None is now."""
    competitors = history.started.competitors
    colours, names = network_colours(competitors), short_names(competitors)
    at = history.step if step is None else step
    rows = []
    for card in competitors:
        best, best_step = _best_until(history, card.network, at)
        stopped = history.stopped.get(card.network)
        told = stopped.report.sentence if stopped is not None and stopped.step <= at else ""
        hue = colours[card.network]
        score = history.at(at, card.network)
        rows.append(Row(card, names[card.network], hue, theme.readable(hue), score, best, best_step, told))
    return rows


def _best_until(history: History, network: str, step: int) -> tuple[float | None, int]:
    found: tuple[float | None, int] = (None, 0)
    for evaluated in history.evaluations:
        for score in evaluated.scores:
            value = score.validation.accuracy
            counts = evaluated.step <= step and score.network == network and math.isfinite(value)
            if counts and (found[0] is None or value > found[0]):
                found = value, evaluated.step
    return found


def _percent(value: float | None) -> str:
    return "" if value is None else percent(value)


def _gap(row: Row) -> str:
    if row.score is None:
        return ""
    return f"{(row.score.train.accuracy - row.score.test.accuracy) * 100:.1f}"


def _speed(row: Row) -> str:
    if row.score is None or not row.score.images_per_second > 0:
        return ""
    speed = row.score.images_per_second
    return f"{float(f'{speed:.3g}'):,.0f}"


def _kilobytes(row: Row) -> str:
    weights = row.card.parameters
    return f"{weights:,} of {_BYTES_PER_WEIGHT} bytes: {weights * _BYTES_PER_WEIGHT / 1000:,.0f} kB."


def _uses(row: Row) -> str:
    macs, weights = row.card.macs, row.card.parameters
    return f"{macs:,} / {weights:,} = {macs / max(1, weights):.1f} uses of each weight."


def _test_numbers(row: Row) -> str:
    if row.score is None:
        return ""
    right, total = int(row.score.confusion.trace()), int(row.score.confusion.sum())
    share = right / total if total else 0.0
    error = 100 * math.sqrt(share * (1 - share) / total) if total else 0.0
    return (
        f"{right:,} of {total:,}; standard error, the root of p (1 - p) / n: {error:.1f} points. "
        "Another seed gives another figure: repeat the run before you believe a small difference."
    )


def _gap_numbers(row: Row) -> str:
    if row.score is None:
        return ""
    train, test = row.score.train.accuracy * 100, row.score.test.accuracy * 100
    return f"{train:.1f} - {test:.1f} = {train - test:.1f}."


def _speed_numbers(row: Row) -> str:
    return f"{row.score.images_per_second:,.0f} pictures a second." if row.score else ""


def _who(row: Row) -> str:
    about = network_sentence(row.card) or f"{row.card.title}."
    return row.stopped or f"{about} Layers: {row.card.summary}."


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        head: What stands above it.
        meaning: What it means, one sentence.
        text: What a row shows.
        numbers: The sum behind it, with the row's own numbers.
    """

    head: str
    meaning: str
    text: Callable[[Row], str]
    numbers: Callable[[Row], str] = lambda row: ""

    def about(self, row: Row) -> str:
        """What it means, with the row's numbers."""
        return f"{self.meaning} {self.numbers(row)}".strip()


COLUMNS: Final = (
    Column("network", "", lambda r: r.name, _who),
    Column("weights", "Weights and biases: what training sets.", lambda r: f"{r.card.parameters:,}", _kilobytes),
    Column(
        "multiply-adds",
        "Multiplications with addition for one picture; a shared weight is used many times.",
        lambda r: f"{r.card.macs:,}",
        _uses,
    ),
    Column(
        "train",
        "Share of the training pictures read correctly, without dropout or augmentation (along the run: of a sample).",
        lambda r: _percent(r.score.train.accuracy if r.score else None),
    ),
    Column(
        "test",
        "Share of the test pictures read correctly (along the run: of a sample; at the end: of all).",
        lambda r: _percent(r.score.test.accuracy if r.score else None),
        _test_numbers,
    ),
    Column(
        "gap", "Train minus test, in points: part learned by heart, part luck of the two samples.", _gap, _gap_numbers
    ),
    Column(
        "best (validation)",
        "The best accuracy so far on the validation pictures, which are set apart for choosing.",
        lambda r: _percent(r.best),
        lambda r: f"It was reached at step {r.best_step:,}." if r.best is not None else "",
    ),
    Column("images/s", "Training pictures for each second of its own, lately.", _speed, _speed_numbers),
    Column(
        "seconds",
        "Seconds that this network alone spent on learning; measuring and the other networks are not counted.",
        lambda r: f"{r.score.own_seconds:.1f}" if r.score else "",
    ),
)
