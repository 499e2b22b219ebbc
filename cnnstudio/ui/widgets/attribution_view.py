"""Which pixels the verdicts hang on: a method, a class, and one card for each network; or all methods at once."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.core.attribution import METHODS, Attribute, Attribution, Method
from cnnstudio.core.events import Answering
from cnnstudio.ui.pacer import FOLLOW_GAP_MS, Pacer
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.attribution_base import VerdictView
from cnnstudio.ui.widgets.attribution_card import AttributionCard, How, Legend
from cnnstudio.ui.widgets.attribution_grid import AttributionGrid, GridRow
from cnnstudio.ui.widgets.attribution_words import CAUTION, CAUTION_MORE, METHOD_WORDS, method_tip
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label

_QUICK: Final[frozenset[Method]] = frozenset({"saliency", "gradcam", "guided"})
"""One pass back each: these follow the pen at once."""

_SETTLE_MS: Final = 150
"""The others wait until the pen rests: drawing never stutters."""

_SLOW_GAP_MS: Final = 1000
"""During a run the slow methods are asked for once a second."""

_MODES: Final = {
    "over": ("Over", "The map over a pale copy of the picture."),
    "beside": ("Beside", "The picture and its map side by side."),
    "all": ("All methods", "Small maps of every method: do they agree?"),
}
_COLUMNS: Final = 4
_SENTENCE_EM: Final = 18
"""In a narrower column the check is said in few words; in heights of text."""

_WHOLE: Final = 100


class AttributionView(VerdictView):
    """The tab of pixels.

    Attributes:
        method: Chooses the method.
        target: Chooses the class explained.
        modes: The three ways of showing, by id.
        share: How much of the map and how much of the picture is drawn.
        cards: One for each network.
        grid: All methods at once.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, modes: QHBoxLayout) -> None:
        """Makes everything; its modes go into a row of the panel."""
        super().__init__(studio)
        self.cards: list[AttributionCard] = []
        self._low = False
        self._asked: dict[Method, tuple[NDArray[np.uint8], int | None]] = {}
        self._pixels: dict[Method, NDArray[np.uint8]] = {}
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._ask_slow)
        self._quick_pacer = Pacer(self, self._ask_quick, FOLLOW_GAP_MS)
        self._slow_pacer = Pacer(self, self._ask_slow, _SLOW_GAP_MS)
        self._build_modes(modes)
        self._build_choices()
        self._build_maps()
        self._on_mode()

    def _build_modes(self, row: QHBoxLayout) -> None:
        self.mode_bar = QWidget()
        inner = QHBoxLayout(self.mode_bar)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(GRID_PX + GRID_PX // 2)
        self._group = QButtonGroup(self)
        self.modes: dict[str, QPushButton] = {}
        for name, (title, tip) in _MODES.items():
            made = button(title, "tab", tip=tip, checkable=True)
            made.clicked.connect(self._on_mode_clicked)
            self._group.addButton(made)
            self.modes[name] = made
            inner.addWidget(made)
        self.modes["over"].setChecked(True)
        row.addWidget(self.mode_bar)

    def _build_choices(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.method = QComboBox()
        for method, words in METHOD_WORDS.items():
            self.method.addItem(words.title, method)
            self.method.setItemData(self.method.count() - 1, method_tip(method), Qt.ItemDataRole.ToolTipRole)
        self.method.setAccessibleName("Method")
        self.target = QComboBox()
        self.target.addItem("its own verdict", None)
        self.target.setAccessibleName("Class to explain")
        self.target.setToolTip("Which class is explained: what each network says itself, or the same class for all.")
        for box in (self.method, self.target):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            explain_on_focus(box)
        self.method.currentIndexChanged.connect(self._on_method)
        self.target.activated.connect(self._on_target)
        self.share = QSlider(Qt.Orientation.Horizontal)
        self.share.setRange(0, _WHOLE)
        self.share.setValue(_WHOLE // 2)
        self.share.setFixedWidth(10 * GRID_PX)
        self.share.setAccessibleName("Picture or map")
        self.share.setToolTip("To the left more of the picture, to the right more of the map.")
        explain_on_focus(self.share)
        self.share.valueChanged.connect(self._draw)
        self.why = label("why", "muted")
        for part in (self.method, self.why, self.target):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.share)
        self.content.addLayout(row)

    def _build_maps(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2 * GRID_PX)
        self.says = label("", wrap=True)
        self.legend = Legend(self.studio.theme)
        row.addWidget(self.says, 1)
        row.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addLayout(row)
        self.stack = QStackedWidget()
        place = QWidget()
        column = QVBoxLayout(place)
        column.setContentsMargins(0, 0, 0, 0)
        self._cards = QGridLayout()
        column.addLayout(self._cards, 1)
        column.addStretch(0)
        self._cards.setHorizontalSpacing(2 * GRID_PX)
        self._cards.setVerticalSpacing(GRID_PX // 2)
        self.grid = AttributionGrid(self.studio.theme)
        self.grid.chosen.connect(self._on_chosen)
        self.stack.addWidget(place)
        self.stack.addWidget(self.grid)
        self.content.addWidget(self.stack, 1)
        self.caution = ElidedLabel("muted")
        self.caution.set_whole(CAUTION)
        self.caution.setToolTip(CAUTION_MORE)
        self.content.addWidget(self.caution)

    # What is chosen

    @property
    def mode(self) -> str:
        """Which way of showing is chosen."""
        return next(name for name, one in self.modes.items() if one.isChecked())

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods in sight."""
        chosen: Method = self.method.currentData()
        return METHODS if self.mode == "all" else (chosen,)

    def settings(self) -> dict[str, Any]:
        """How it is set."""
        return {
            "method": self.method.currentData(), "target": self.target.currentData(), "mode": self.mode,
            "share": self.share.value(),
        }  # fmt: skip

    def restore(self, settings: dict[str, Any]) -> None:
        """Sets it so again."""
        self.method.setCurrentIndex(max(0, self.method.findData(settings.get("method"))))
        target = settings.get("target")
        if isinstance(target, int) and not isinstance(target, bool) and target >= 0:
            self._list_classes(self.class_names())
            self.target.setCurrentIndex(max(0, self.target.findData(target)))
        share = settings.get("share")
        self.share.setValue(share if isinstance(share, int) and 0 <= share <= _WHOLE else _WHOLE // 2)
        mode = settings.get("mode")
        self.modes[mode if mode in self.modes else "over"].setChecked(True)
        self._on_mode()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for card in self.cards:
            card.set_theme(theme)
        self.grid.set_theme(theme)
        self.legend.set_theme(theme)
        self._name_rows()

    def set_low(self, low: bool) -> None:
        """The method's sentence becomes its tool tip, the checks are said in few words."""
        self._low = low
        self.says.setVisible(not low)
        self._say_checks()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for whole sentences, or not."""
        super().resizeEvent(event)
        self._say_checks()

    def _say_checks(self) -> None:
        across = max(1, min(_COLUMNS, len(self.cards)))
        narrow = self.width() < across * _SENTENCE_EM * self.studio.theme.body_px
        for card in self.cards:
            card.set_low(self._low or narrow)

    # What changed

    def refresh(self) -> None:
        """Asks for every map in sight."""
        self._list_classes(self.class_names())
        self._settle.stop()
        self._name_rows()
        if self._may_ask():
            self._quick_pacer.now()
            self._slow_pacer.now()

    def follow_picture(self) -> None:
        """Quick methods at once, the others when the pen rests."""
        if self._may_ask():
            self._ask_quick()
            self._settle.start()

    def follow_moment(self) -> None:
        """As with another picture: while the timeline is dragged the quick ones move along."""
        self.follow_picture()

    def follow_run(self) -> None:
        """Every map at its own pace."""
        if self.studio.moment is None and self._may_ask():
            self._quick_pacer.soon()
            self._slow_pacer.soon()

    @Slot()
    def _on_mode_clicked(self) -> None:
        self._on_mode()
        self.refresh()

    @Slot()
    def _on_mode(self) -> None:
        every = self.mode == "all"
        self.stack.setCurrentIndex(int(every))
        self.method.setVisible(not every)
        self.share.setVisible(self.mode != "beside")
        self.legend.setVisible(not every)
        self._say_method()
        self._draw()

    @Slot()
    def _on_method(self) -> None:
        self._say_method()
        if self.isVisible():
            self.refresh()

    @Slot()
    def _on_target(self) -> None:
        self.refresh()

    @Slot(object)
    def _on_chosen(self, method: Method) -> None:
        self.modes["over"].setChecked(True)
        self.method.setCurrentIndex(self.method.findData(method))
        self._on_mode_clicked()

    def _say_method(self) -> None:
        if self.mode == "all":
            self.says.setText(
                "Under each map: its rank correlation with covering pixels. Dark: much; purple: against; green: for."
            )
        else:
            self.says.setText(METHOD_WORDS[self.method.currentData()].says)
        tip = method_tip(self.method.currentData())
        self.method.setToolTip(tip)
        self.says.setToolTip(tip if self.mode != "all" else "")

    def _list_classes(self, names: tuple[str, ...]) -> None:
        wanted = [f"class {name}" if len(name) < 3 else name for name in names]
        if wanted == [self.target.itemText(place) for place in range(1, self.target.count())]:
            return
        chosen = self.target.currentData()
        while self.target.count() > 1:
            self.target.removeItem(self.target.count() - 1)
        for label_, name in enumerate(wanted):
            self.target.addItem(name, label_)
        self.target.setCurrentIndex(max(0, self.target.findData(chosen)) if chosen is not None else 0)

    # Asking

    def _may_ask(self) -> bool:
        missing = self.missing(shown=bool(self.cards))
        if missing:
            self.tell(missing)
        return self.isVisible() and self.studio.picture is not None and bool(self.studio.reading.networks)

    def _ask_quick(self) -> None:
        self._ask(tuple(method for method in self.methods if method in _QUICK))

    @Slot()
    def _ask_slow(self) -> None:
        self._ask(tuple(method for method in self.methods if method not in _QUICK))

    def _ask(self, methods: tuple[Method, ...]) -> None:
        picture, config = self.studio.picture, self.studio.reading
        if picture is None or not self.isVisible():
            return
        target = self.target.currentData()
        for method in methods:
            self._asked[method] = (picture, target)
            question = Attribute(picture, config.dataset, config.networks, method, self.studio.moment, target)
            self.studio.ask(question, self._on_found, self.on_error, f"why {method}", self._on_progress)

    def _on_progress(self, event: Answering) -> None:
        if not self.cards:
            self.tell(f"{event.text[:1].upper()}{event.text[1:]} ..." if event.text else "")

    def _on_found(self, found: tuple[Attribution, ...]) -> None:
        if not found:
            self.tell("No network was asked.")
            return
        self.tell("")
        method = found[0].method
        pixels, target = self._asked[method]
        self._pixels[method] = pixels
        if self.mode == "all":
            self._name_rows(found)
            self.grid.set_maps(found, pixels, self.share.value() / _WHOLE)
        if method == self.method.currentData():
            self._show_cards(found, pixels, own=target is None)

    def _name_rows(self, found: tuple[Attribution, ...] = ()) -> None:
        found = found or tuple(card.attribution for card in self.cards if card.attribution is not None)
        names, colours, theme = short_names(found), network_colours(found), self.studio.theme
        rows = [GridRow(one.network, names[one.network], theme.readable(colours[one.network])) for one in found]
        if rows:
            self.grid.set_rows(rows, self.class_names())

    def _show_cards(self, found: tuple[Attribution, ...], pixels: NDArray[np.uint8], own: bool) -> None:
        while len(self.cards) < len(found):
            card = AttributionCard(self.studio.theme, self)
            card.picture.hovered.connect(self._on_hovered)
            line, column = divmod(len(self.cards), _COLUMNS)
            for row, part in enumerate(card.parts):
                self._cards.addWidget(part, line * len(card.parts) + row, column)
            self._cards.setRowStretch(line * len(card.parts) + 1, 1)
            self._cards.setColumnStretch(column, 1)
            self.cards.append(card)
        while len(self.cards) > len(found):
            card = self.cards.pop()
            for part in card.parts:
                part.deleteLater()
            card.deleteLater()
            self._cards.setColumnStretch(len(self.cards) % _COLUMNS, int(len(self.cards) >= _COLUMNS))
        names, colours = short_names(found), network_colours(found)
        for card, one in zip(self.cards, found, strict=True):
            card.show_attribution(one, pixels, names[one.network], colours[one.network], self.class_names(), own)
        self._say_checks()
        self.legend.set_signed(signed=any(one.signed for one in found if one.map is not None))
        self._draw()

    @Slot()
    def _draw(self) -> None:
        how: How = "beside" if self.mode == "beside" else "over"
        for card in self.cards:
            card.draw(how, self.share.value() / _WHOLE)
        if self.mode == "all":
            for method in METHODS:
                mine = [one for (_, of), one in self.grid.found.items() if of == method]
                if mine:
                    self.grid.set_maps(mine, self._pixels[method], self.share.value() / _WHOLE)

    @Slot(object)
    def _on_hovered(self, place: tuple[int, int] | None) -> None:
        for card in self.cards:
            card.picture.mark(place)
