"""A gallery of pictures that show nothing the networks know, and how sure they are of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from cnnstudio.core.confidence import softmax
from cnnstudio.core.experiment import Order
from cnnstudio.core.nonsense import NonsenseRead, NonsenseVerdicts, ReadNonsense
from cnnstudio.core.nonsense_pictures import MEASURED
from cnnstudio.core.percent import percent
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label
from cnnstudio.ui.widgets.live_view import Named, named
from cnnstudio.ui.widgets.logit_bars import LogitBars
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb
from cnnstudio.ui.widgets.rooms import Scrolled, bare_row
from cnnstudio.ui.widgets.taught_view import TaughtView

NONE: Final = "none"
"""What the further class is called in a row."""
_SLOT: Final = "nonsense"
_EACH: Final = 2
_TILE_PX, _LOW_TILE_PX = 56, 46
_WORDS, _LOW_WORDS = 4, 2
"""More verdicts have no room under a small picture; its tip has all of them."""
_WORDY: Final = 4
"""Of more networks than this the words below are tips only."""
_TICKS_PER_DECADE: Final = 20
_SLIDER_PX: Final = 120
_TEACH_TIP: Final = (
    'The networks of the settings learn the data set anew, with one class more: "none of these", from stripes, '
    "patches, shuffled pixels and clouds, none of which are shown here. It takes some seconds, beside your study."
)
_COOL_TIP: Final = (
    "The logits are divided by the temperature before softmax. Above 1 every verdict is less sure, below 1 surer; the "
    "order of the classes stays, and so do the energy and the fitted temperature, which are told at 1."
)


class NonsenseCard(QWidget):
    """One network's name, its logits and probabilities, and how that compares with real pictures.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._low = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.line = NameLine(theme)
        self.bars = LogitBars(theme)
        self.said: QLabel = label("", "small", wrap=True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.line)
        column.addWidget(self.bars, 1)
        column.addWidget(self.said)
        column.addStretch(0)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.bars.set_theme(theme)

    def set_low(self, low: bool) -> None:
        """Where there is little height, the words are the tip of the name only."""
        self._low = low
        self.said.setVisible(not low)

    def show_verdict(
        self, one: NonsenseVerdicts, how: Named, at: int, names: tuple[str, ...], temperature: float, top: float
    ) -> None:
        """Shows what a network says of a picture.

        Args:
            one: What it says of all of them.
            how: Its name.
            at: Which picture.
            names: Of the classes.
            temperature: Of softmax.
            top: The largest logit in sight.
        """
        if one.logits is None or one.energy is None:
            self.line.show_name(how.name, "not trained yet", how.hue)
            self.bars.show_nothing("Press Run to train it.")
            self.said.setText("")
            return
        shown = (*names, NONE) if one.none_class else names
        shares = softmax(one.logits[at], temperature)
        verdict = int(shares.argmax())
        words = f"says {class_name(shown, verdict)}, {percent(float(shares[verdict]))}"
        self.line.show_name(f"{how.name} + {NONE}" if how.how else how.name, words, how.hue)
        self.bars.show_numbers(shown, one.logits[at], shares, top, how.hue)
        said = limit_words(one, at)
        self.said.setText(said)
        self.line.setToolTip(f"{one.title}: {words}. {said}")


def limit_words(one: NonsenseVerdicts, at: int) -> str:
    """How a verdict compares with those of real pictures: energy, its limit, and the fitted temperature."""
    if one.energy is None:
        return ""
    said = f"energy {one.energy[at]:.1f}"
    if one.energy_limit is None:
        return f"{said}; what real pictures have is measured once a race has run (press Run)"
    unlike = one.energy[at] > one.energy_limit
    said += f": {'unlike' if unlike else 'like'} real pictures, of which 95 % lie below {one.energy_limit:.1f}"
    if one.real_confidence is not None and one.temperature is not None:
        said += f"; of those it is {percent(one.real_confidence)} sure on average; fitted T {one.temperature:.2f}"
    return said


class NonsenseView(TaughtView):
    """The gallery above, a card for each network below.

    Attributes:
        gallery: The pictures; the captions are the verdicts, in the networks' colours and order.
        cards: By the key of the network or run.
        slider: The temperature.
        teacher: Lets networks learn "none of these".

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes everything."""
        super().__init__(studio, 'Teach "none of these"', _TEACH_TIP)
        self._found: NonsenseRead | None = None
        self._seed = 0
        self._chosen = 0
        self.cards: dict[str, NonsenseCard] = {}
        self._low = False
        self.corner = self._build_temperature()
        self.gallery = Mosaic(studio.theme, "Nonsense", tile_px=_TILE_PX, gap_px=4, one_row=True)
        self.gallery.chosen.connect(self._on_chosen)
        self.content.addWidget(self.gallery)
        self._build_row()
        self.what = ElidedLabel()
        self.content.addWidget(self.what)
        room = QWidget()
        self._cards = QHBoxLayout(room)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(2 * GRID_PX)
        scroll = Scrolled(room)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.content.addWidget(scroll, 1)

    def _build_temperature(self) -> QWidget:
        made, row = bare_row()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-_TICKS_PER_DECADE, _TICKS_PER_DECADE)
        self.slider.setFixedWidth(_SLIDER_PX)
        self.slider.setAccessibleName("Temperature")
        self.slider.setToolTip(_COOL_TIP)
        explain_on_focus(self.slider)
        self.slider.valueChanged.connect(self._on_temperature)
        self.degree = label("1", tip=_COOL_TIP)
        self.degree.setMinimumWidth(4 * GRID_PX)
        row.addWidget(label("temperature", "muted", tip=_COOL_TIP))
        row.addWidget(self.slider)
        row.addWidget(self.degree)
        return made

    def _build_row(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        other = button("Others", tip="Other letters, scribbles, noise, blank and inverted pictures.")
        other.clicked.connect(self._on_other)
        canvas = button("On the canvas", tip="Puts the chosen picture on the canvas, to be changed by the pen.")
        canvas.clicked.connect(self._on_canvas)
        self.other_button, self.canvas_button = other, canvas
        row.addWidget(other)
        row.addWidget(canvas)
        row.addWidget(self.teacher, 1)
        self.content.addLayout(row)

    @property
    def temperature(self) -> float:
        """Of softmax."""
        return float(10.0 ** (self.slider.value() / _TICKS_PER_DECADE))

    # What the panel tells

    def follow_picture(self) -> None:
        """The pen moved; the drawing is looked at."""
        self._chosen = 0
        super().follow_picture()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.gallery.set_theme(theme)
        for card in self.cards.values():
            card.set_theme(theme)
        self._show()

    def set_low(self, low: bool) -> None:
        """Smaller pictures, and the words as tips."""
        if low != self._low:
            self._low = low
            self.gallery.set_tile_px(_LOW_TILE_PX if low else _TILE_PX)
            for card in self.cards.values():
                card.set_low(low or len(self.cards) > _WORDY)
            self._show()

    def settings(self) -> dict[str, Any]:
        """Temperature, pictures, and the one that is looked at."""
        return {"temperature": self.slider.value(), "seed": self._seed, "chosen": self._chosen}

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes them back."""
        tick, seed, chosen = (settings.get(name) for name in ("temperature", "seed", "chosen"))
        if isinstance(tick, int) and abs(tick) <= _TICKS_PER_DECADE:
            with QSignalBlocker(self.slider):
                self.slider.setValue(tick)
            self.degree.setText(f"{self.temperature:.3g}")
        self._seed = seed if isinstance(seed, int) and seed >= 0 else 0
        self._chosen = chosen if isinstance(chosen, int) and chosen >= 0 else 0

    # Asking

    def _orders(self) -> list[Order]:
        """The runs in which the networks of the settings learn "none of these", with the first seed."""
        from cnnstudio import experiments

        card = experiments.find("nonsense")
        planned = card.plan(card.settings(self._settings))
        return [order for order in planned if order.params["way"] == "none" and order.params["seed"] == 0]

    def _ask(self) -> None:
        if not self.can_ask(shown=self._found is not None, needs_picture=False):
            return
        reading = self.studio.reading
        question = ReadNonsense(
            self.studio.picture, reading.dataset, reading.networks, self.studio.moment, tuple(MEASURED), _EACH,
            self._seed, self._runs_to_ask(),
        )  # fmt: skip
        self.ask(question, self._on_read, _SLOT)

    def _on_read(self, found: NonsenseRead) -> None:
        self.tell("")
        self._found = found
        self._show()

    # Showing

    def _show(self) -> None:
        found = self._found
        if found is None or not len(found.images):
            return
        at = min(self._chosen, len(found.images) - 1)
        hows = named(found.networks, self.teacher.bases())
        self._show_gallery(found, hows)
        self.gallery.select(at)
        self.what.set_whole(f"This is {kind_words(found.kinds[at])}.")
        self._make_cards([one.network for one in found.networks])
        tops = [float(np.abs(one.logits[at]).max()) for one in found.networks if one.logits is not None]
        for one in found.networks:
            self.cards[one.network].show_verdict(
                one, hows[one.network], at, found.class_names, self.temperature, max(tops, default=1.0)
            )

    def _show_gallery(self, found: NonsenseRead, hows: dict[str, Named]) -> None:
        theme, captions, tips = self.studio.theme, [], []
        for at, kind in enumerate(found.kinds):
            words, said = [], [kind_words(kind).capitalize()]
            for one in found.networks:
                if one.logits is None:
                    continue
                shares = softmax(one.logits[at], self.temperature)
                names = (*found.class_names, NONE) if one.none_class else found.class_names
                name = class_name(names, int(shares.argmax()))
                words.append(Word("–" if name == NONE else name, theme.readable(hows[one.network].hue)))
                said.append(f"{one.title}: {name}, {percent(float(shares.max()))}")
            captions.append(words[: _LOW_WORDS if self._low else _WORDS])
            tips.append("\n".join(said))
        self.gallery.set_tiles(as_rgb(found.images), captions, tips)

    def _make_cards(self, keys: Sequence[str]) -> None:
        if list(self.cards) == list(keys):
            return
        for card in self.cards.values():
            self._cards.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {}
        for key in keys:
            self.cards[key] = card = NonsenseCard(self.studio.theme)
            card.set_low(self._low or len(keys) > _WORDY)
            self._cards.addWidget(card, 1)

    # What a person does

    @Slot(int)
    def _on_temperature(self, tick: int) -> None:
        self.degree.setText(f"{self.temperature:.3g}")
        self._show()

    @Slot(object)
    def _on_chosen(self, index: int) -> None:
        self._chosen = index
        self._show()

    @Slot()
    def _on_other(self) -> None:
        self._seed += 1
        self._ask()

    @Slot()
    def _on_canvas(self) -> None:
        found = self._found
        if found is not None and len(found.images):
            self.studio.offer_picture(found.images[min(self._chosen, len(found.images) - 1)])


def kind_words(kind: str) -> str:
    """What a picture shows."""
    return MEASURED.get(kind, "your drawing")
