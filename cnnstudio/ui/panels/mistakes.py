"""Mistakes: the confusion matrix of each network, the pictures behind it, and what only one of them reads."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Competitor, Evaluated, RunEnded, RunStarted
from cnnstudio.core.history import History
from cnnstudio.core.questions import (
    BothWrong,
    ConfusionCell,
    Confusions,
    Disagree,
    Disagreement,
    OnlyOneRight,
    Question,
    Shown,
)
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._measured_words import on_pictures, when_measured
from cnnstudio.ui.widgets._names import compared, short_names, the
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label, notice
from cnnstudio.ui.widgets.gallery import Gallery
from cnnstudio.ui.widgets.matrix_card import MatrixCard

Showing = Literal["first", "second", "neither", "cell"]

_GAP_MS: Final = 1000
"""While a race runs, the pictures are asked for at most once a second."""

_WAIT_TEXT: Final = "After the first measurement of a race, this shows what each network takes for what. Press Run."


class MistakesPanel(Panel):
    """Matrices side by side above a gallery.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="mistakes",
        title="Which pictures fool which network?",
        short="Mistakes",
        group="Train",
        order=20,
    )

    def build(self) -> None:
        """Makes everything but the matrices, whose number is known with the run."""
        self._cards: dict[str, MatrixCard] = {}
        self._cell: tuple[str, int, int] | None = None
        self._showing: Showing = "first"
        self._heading = ""
        self._counts: tuple[int, int, int] | None = None
        self._shown: Shown | None = None
        self._measured_at: int | None = None
        self._pacer = Pacer(self, self._ask_pictures, gap_ms=_GAP_MS)
        self.caption = ElidedLabel("muted")
        self.controls.addWidget(self.caption, 1)
        self.waiting = notice(_WAIT_TEXT)
        self.body.addWidget(self.waiting)
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID_PX + GRID_PX // 2)
        self.body.addLayout(self._grid, 3)
        self._build_choice()
        self.gallery = Gallery(self.studio, "Pictures that fool a network")
        self.body.addWidget(self.gallery, 2)

    def sync(self) -> None:
        """Shows the study as it is."""
        self._show_run()
        self._refresh(self.studio.moment)

    def on_run_started(self, event: RunStarted) -> None:
        """Other networks, nothing measured yet."""
        self._show_run()
        self._refresh(None)

    def on_evaluated(self, event: Evaluated) -> None:
        """New matrices, at once; the pictures at most once a second."""
        if self.studio.moment is None:
            self._show_measured(None)
            self._pacer.soon()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last matrices."""
        self._refresh(self.studio.moment)

    def on_moment(self, step: int | None) -> None:
        """The matrices and pictures of another moment."""
        self._refresh(step)

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for card in self._cards.values():
            card.set_theme(theme)
        self.gallery.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """Which gallery was open."""
        return {"showing": self._showing if self._showing != "cell" else "first"}

    def restore(self, settings: dict[str, Any]) -> None:
        """Opens it again."""
        choice = self._choices.get(str(settings.get("showing")))
        if choice is not None:
            choice.click()

    def _build_choice(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2 * GRID_PX)
        self._choices = {}
        tips = {
            "first": "Pictures of the test sample that the first network reads and the second does not.",
            "second": "Pictures of the test sample that the second network reads and the first does not.",
            "neither": "Pictures of the test sample that both read wrongly.",
        }
        for name, tip in tips.items():
            made = button("", "tab", tip=tip, checkable=True)
            made.setAutoExclusive(True)
            made.clicked.connect(self._on_choice)
            self._choices[name] = made
            row.addWidget(made)
        row.addStretch(1)
        self._pair = (QComboBox(), QComboBox())
        self._pair_words = label("compared with", "muted")
        for place, box in enumerate(self._pair):
            box.setAccessibleName(f"{'first' if place == 0 else 'second'} network compared")
            box.setToolTip("Which two networks the gallery compares.")
            explain_on_focus(box)
            box.activated.connect(self._on_pair)
            if place:
                self.controls.addWidget(self._pair_words)
            self.controls.addWidget(box)
        self.body.addLayout(row)

    def _show_run(self) -> None:
        competitors = self.studio.competitors
        if tuple(self._cards) != tuple(card.network for card in competitors):
            self._make_cards(competitors)
            self._fill_pair(competitors)
        measured = self.studio.history is not None and bool(self.studio.history.evaluations)
        self.waiting.setVisible(not measured)
        self.caption.setVisible(measured)
        self.gallery.setVisible(measured)
        for card in self._cards.values():
            card.setVisible(measured)
        for made in self._choices.values():
            made.setVisible(measured and len(competitors) > 1)
        for part in (*self._pair, self._pair_words):
            part.setVisible(measured and len(competitors) > 2)

    def _make_cards(self, competitors: tuple[Competitor, ...]) -> None:
        for card in self._cards.values():
            self._grid.removeWidget(card)
            card.deleteLater()
        self._cards, self._cell = {}, None
        if self._showing == "cell":
            self._showing = "first"  # the cell is gone with its matrix
        names, colours = short_names(competitors), network_colours(competitors)
        for place, one in enumerate(competitors):
            card = MatrixCard(self.studio.theme, one.network, names[one.network], colours[one.network])
            card.cell_chosen.connect(self._on_cell)
            self._grid.addWidget(card, 0, place)
            self._cards[one.network] = card

    def _fill_pair(self, competitors: tuple[Competitor, ...]) -> None:
        names = short_names(competitors)
        for box in self._pair:
            box.clear()
            for one in competitors:
                box.addItem(names[one.network], one.network)
        for box, one in zip(self._pair, compared(competitors) if len(competitors) > 1 else (), strict=False):
            box.setCurrentIndex(competitors.index(one))
        self._counts = None
        self._name_choices()

    def _name_choices(self) -> None:
        first, second = (the(box.currentText()) for box in self._pair)
        counts = [""] * 3 if self._counts is None else [f": {count:,}" for count in self._counts]
        said = (f"Only {first} is right", f"Only {second} is right", "Neither is right")
        for name, words, count in zip(("first", "second", "neither"), said, counts, strict=True):
            self._choices[name].setText(f"{words}{count}")
        for name, made in self._choices.items():
            made.setAccessibleName(made.text())
            made.setChecked(name == self._showing)

    @Slot()
    def _on_pair(self) -> None:
        self._counts = None
        self._name_choices()
        self._pacer.now()

    @Slot()
    def _on_choice(self) -> None:
        chosen: tuple[Showing, ...] = ("first", "second", "neither")
        self._showing = next(name for name in chosen if self._choices[name].isChecked())
        self._mark(None)
        self._pacer.now()

    @Slot(object)
    def _on_cell(self, cell: tuple[str, int, int]) -> None:
        self._showing = "cell"
        self._mark(cell)
        self._pacer.now()

    def _mark(self, cell: tuple[str, int, int] | None) -> None:
        self._cell = cell
        for network, card in self._cards.items():
            card.matrix.choose(cell[1:] if cell is not None and cell[0] == network else None)
        for name, made in self._choices.items():
            made.setAutoExclusive(False)
            made.setChecked(name == self._showing)
            made.setAutoExclusive(True)

    def _refresh(self, step: int | None) -> None:
        self._show_measured(step)
        history = self.studio.history
        if history is not None and history.evaluations:
            if self._must_ask(history, step):
                self.studio.ask(Confusions(step), self._on_confusions, self._on_nothing, slot="mistakes matrices")
            self._pacer.now()

    def _must_ask(self, history: History, step: int | None) -> bool:
        """Whether the matrices of a moment are not among the measurements: at the end they count every picture."""
        if step is None and self.studio.active:
            return False
        at = history.step if step is None else step
        measured = history.measurement(at)
        return measured is None or measured.step != at

    def _show_measured(self, step: int | None) -> None:
        history = self.studio.history
        if history is None:
            return
        if self.waiting.isVisibleTo(self) and history.evaluations:
            self._show_run()
        at, count = history.step if step is None else step, 0
        for network, card in self._cards.items():
            score = history.at(at, network)
            if score is not None:
                measured = history.measurement(at)
                self._measured_at = measured.step if measured is not None else None
                count = max(count, int(score.confusion.sum()))
                card.show_counts(score.confusion, history.started.class_names)
        self._say_when(when_measured(history, step), history, count)

    def _say_when(self, when: str, history: History, count: int) -> None:
        self.caption.set_whole(
            f"{when}, {on_pictures(history, count)} · rows: the truth, columns: what the network says"
        )

    def _on_confusions(self, matrices: dict[str, NDArray[np.int64]]) -> None:
        history = self.studio.history
        if history is not None and matrices:
            step = self.studio.moment
            for network, card in self._cards.items():
                if network in matrices:
                    card.show_counts(matrices[network], history.started.class_names)
            when = f"now, step {history.step:,}" if step is None else f"at step {step:,}"
            self._say_when(when, history, max(int(one.sum()) for one in matrices.values()))
            self._measured_at = history.step if step is None else step
            self._say_pictures()

    def _on_nothing(self, report: ErrorReport) -> None:
        self.gallery.show_pictures(None, report.sentence, {}, {})

    def _ask_counts(self) -> None:
        one, other = (str(box.currentData()) for box in self._pair)
        if len(self._cards) > 1 and one != other:
            question = Disagree(one, other, self.studio.moment, most=0)
            self.studio.ask(question, self._on_counts, self._on_no_counts, slot="mistakes counts")

    def _on_counts(self, found: Disagreement) -> None:
        self._counts = found.only_one.total, found.only_other.total, found.neither
        self._name_choices()

    def _on_no_counts(self, report: ErrorReport) -> None:
        self._counts = None
        self._name_choices()

    def _ask_pictures(self) -> None:
        self._ask_counts()
        question, self._shown = self._question(), None
        if question is not None:
            self.studio.ask(question, self._on_pictures, self._on_nothing, slot="mistakes pictures")
        else:
            self._pacer.stop()

    def _question(self) -> Question[Shown] | None:
        step = self.studio.moment
        if self._showing == "cell" and self._cell is not None:
            network, truth, guess = self._cell
            return ConfusionCell(network, truth, guess, step)
        one, other = (str(box.currentData()) for box in self._pair)
        if len(self._cards) < 2 or one == other:
            self.gallery.show_pictures(None, "Click a cell to see its pictures.", {}, {})
            return None
        if self._showing == "neither":
            self._heading = "Both are wrong"
            return BothWrong(one, other, step)
        if self._showing == "second":
            one, other = other, one
        names = short_names(self.studio.competitors)
        self._heading = f"{names[one]} is right, {names[other]} is wrong"
        return OnlyOneRight(one, other, step)

    def _on_pictures(self, shown: Shown) -> None:
        self._shown = shown
        self._say_pictures()

    def _cell_words(self, cell: tuple[str, int, int], total: int) -> str:
        """What the pictures of a cell are; the matrix's sentence only where it counts these very pictures.

        Args:
            cell: The network, the truth and the guess.
            total: How many pictures of the sample there are, at the moment.
        """
        network, truth, guess = cell
        matrix, history = self._cards[network].matrix, self.studio.history
        counted = int(matrix.counts[truth, guess])
        at = history.step if history is not None and self.studio.moment is None else self.studio.moment
        if total == counted or at == self._measured_at or history is None:
            # At the end the matrix counts every test picture; the pictures at hand are those of the sample.
            part = f" {total:,} of them in the sample" if total < counted else ""
            return f"{matrix.sentence(truth, guess)}{part}"
        names = history.started.class_names
        of = f"{total:,} picture{'' if total == 1 else 's'} of {names[truth]} in the sample"
        said = "read correctly" if truth == guess else f"taken for {names[guess]}"
        now = "now" if self.studio.moment is None else f"at step {at:,}"
        counts = f"; the matrix counts those of step {self._measured_at:,}" if self._measured_at is not None else ""
        return f"{of} {'is' if total == 1 else 'are'} {said} {now}{counts}"

    def _say_pictures(self) -> None:
        shown = self._shown
        if shown is None or not self._cards:
            return
        competitors, theme = self.studio.competitors, self.studio.theme
        colours = {key: theme.readable(hue) for key, hue in network_colours(competitors).items()}
        count = f" ({len(shown.labels):,} of {shown.total:,} shown)" if len(shown.labels) < shown.total else ""
        total = "no picture" if not shown.total else f"{shown.total:,} picture{'s' if shown.total > 1 else ''}"
        heading = f"{self._heading}: {total}"
        if self._showing == "cell" and self._cell is not None:
            heading = self._cell_words(self._cell, shown.total)
        names = short_names(competitors)
        said = " and ".join(f"{the(names.get(key, key))}" for key in shown.networks)
        legend = (
            f" Under each: the truth, then what {said} say{'' if len(shown.networks) > 1 else 's'}." if said else ""
        )
        self.gallery.show_pictures(
            shown, f"{heading.rstrip('.')}{count}.{legend if shown.total else ''}", names, colours
        )


PANEL = MistakesPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(MistakesPanel))
