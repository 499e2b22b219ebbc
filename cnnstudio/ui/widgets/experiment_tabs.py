"""The charts of an experiment's findings and their numbers, one at a time: a tab for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio import networks
from cnnstudio.core.experiment import Chart, Table
from cnnstudio.core.knobs import parse_key
from cnnstudio.ui.experiments import Experiments
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._experiment_paint import Compared
from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.experiment_chart import ExperimentChart
from cnnstudio.ui.widgets.experiment_numbers import NumbersPage

NUMBERS: Final = "numbers"
_NUMBERS_TIP: Final = "The tables behind the charts."
_NAMES: Final = {"auroc": "AUROC"}
"""Of tabs that are not simply the chart's id."""


def compared_charts(here: Experiments, kept_ids: Sequence[str]) -> dict[str, tuple[Compared, ...]]:
    """The charts of other results, by the chart's id, as `ChartTabs.set_charts` takes them."""
    found: dict[str, tuple[Compared, ...]] = {}
    for kept_id in kept_ids:
        kept, state = here.find(kept_id), here.state(kept_id)
        if kept is not None and state is not None and state.findings is not None:
            for chart in state.findings.charts:
                found[chart.id] = (*found.get(chart.id, ()), Compared(kept.name, chart))
    return found


def _name_of(tab_id: str) -> str:
    """What a tab says: its id in words, a network's key in it as its title."""
    first, _, rest = tab_id.partition("_")
    info = networks.all_networks().get(parse_key(rest)[0]) if rest else None
    if info is not None:
        return f"{first.capitalize()} {info.title}"
    return _NAMES.get(tab_id, tab_id.replace("_", " ").capitalize())


class ChartTabs(QWidget):
    """The charts of some findings, a tab for each, and one for their numbers.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._charts: tuple[Chart, ...] = ()
        self._compared: dict[str, tuple[Compared, ...]] = {}
        self._open = self._wanted = self._last = ""
        self._tabs: dict[str, QPushButton] = {}
        self._pages: dict[str, tuple[str, QWidget]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self._row = QHBoxLayout()
        self._row.setSpacing(GRID_PX)
        self._row.addStretch(1)
        column.addLayout(self._row)
        self.chart = ExperimentChart(theme)
        column.addWidget(self.chart, 1)
        self.numbers = NumbersPage()
        self.numbers.setVisible(False)
        self._has_numbers = False
        column.addWidget(self.numbers, 1)
        self._column = column

    @property
    def open_id(self) -> str:
        """Which chart is shown; "" before there is one."""
        return self._open

    def add_page(self, page_id: str, page: QWidget, tip: str) -> None:
        """Puts a page that is no chart before the charts; its tab is there from the beginning."""
        self._pages[page_id] = (tip, page)
        self._column.addWidget(page, 1)
        self._make_tabs()
        self._open = next(iter(self._tabs))
        self._show()

    def set_charts(
        self,
        charts: Sequence[Chart],
        compared: dict[str, tuple[Compared, ...]] | None = None,
        tables: Sequence[Table] = (),
    ) -> None:
        """Shows charts; those of other results by the chart's id; and the tables that have rows."""
        self._charts, self._compared = tuple(charts), compared or {}
        filled = [table for table in tables if table.rows]
        self._has_numbers = bool(filled)
        self.numbers.show_tables(filled)
        if [tab_id for tab_id, _ in self._entries()] != list(self._tabs):
            self._make_tabs()
        for chart in charts:
            self._tabs[chart.id].setToolTip(chart.title)
        if self._wanted in self._tabs:
            self._open, self._wanted = self._wanted, ""
        if self._open not in self._tabs:
            self._open = next(iter(self._tabs), "")
        self._show()

    def open(self, tab_id: str) -> None:
        """Shows one of the charts, or the page or numbers called so."""
        if tab_id in self._tabs:
            self._open, self._wanted = tab_id, ""
            self._show()

    def open_later(self, tab_id: str) -> None:
        """Shows what is called so as soon as it is there."""
        self._wanted = tab_id
        self.open(tab_id)

    def _entries(self) -> list[tuple[str, str]]:
        """Id and explanation of every tab."""
        pages = [(page_id, tip) for page_id, (tip, _) in self._pages.items()]
        charts = [(chart.id, chart.title) for chart in self._charts]
        return [*pages, *charts, *([(NUMBERS, _NUMBERS_TIP)] if self._has_numbers else [])]

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.chart.set_theme(theme)

    def _make_tabs(self) -> None:
        for old in self._tabs.values():
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        entries = self._entries()
        self._tabs = {}
        for place, (tab_id, tip) in enumerate(entries):
            made = button(_name_of(tab_id), "tab", tip=tip, checkable=True)
            made.setObjectName(tab_id)
            made.setAutoExclusive(True)
            made.clicked.connect(self._on_tab)
            self._row.insertWidget(place, made)
            made.setVisible(len(entries) > 1)  # not before it has a parent, or it would be a window
            self._tabs[tab_id] = made

    @Slot()
    def _on_tab(self) -> None:
        self.open(self.sender().objectName())

    def _show(self) -> None:
        if self._open not in (*self._pages, NUMBERS):
            self._last = self._open
        # Beside a page the newest chart stays, for whoever takes it out as a file.
        chart = next((each for each in self._charts if each.id == self._last), next(iter(self._charts), None))
        if self._open in self._tabs:
            self._tabs[self._open].setChecked(True)
        for page_id, (_, page) in self._pages.items():
            page.setVisible(page_id == self._open)
        self.numbers.setVisible(self._open == NUMBERS)
        self.chart.setVisible(self._open not in (*self._pages, NUMBERS))
        self.chart.set_chart(chart, self._compared.get(chart.id, ()) if chart is not None else ())
