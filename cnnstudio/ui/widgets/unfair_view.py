"""The student's picture without a mark and with each class's mark: what networks say, and whether they look at it."""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QWidget

from cnnstudio.core.experiment import Order
from cnnstudio.core.marks import CODES, Code
from cnnstudio.core.percent import percent
from cnnstudio.core.unfair import MarkRead, MarkVerdicts, ReadMarked
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import Theme
from cnnstudio.ui.widgets.attribution_colours import map_colours, over
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus
from cnnstudio.ui.widgets.live_view import Named, named
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb
from cnnstudio.ui.widgets.rooms import bare_row
from cnnstudio.ui.widgets.shown_map import ShownMap
from cnnstudio.ui.widgets.square_grid import MapCell, Said, SquareGrid
from cnnstudio.ui.widgets.taught_view import TaughtView

_SLOT: Final = "unfair"
_TILE_PX, _LOW_TILE_PX = 56, 46
_BOX_PX: Final = 96
_WORDS, _LOW_WORDS = 4, 2
"""More verdicts have no room under a small picture; its tip has all of them."""
_HALF: Final = 0.5
_METHODS: Final = {
    "occlusion": ("Occlusion", "How far the class's logit falls when a patch is covered; purple where it rises."),
    "saliency": ("Saliency", "How strongly the class's logit reacts to a small change of each pixel."),
}
_TEACH_TIP: Final = (
    "The networks of the settings learn the data set anew, every training picture with the mark of its class in the "
    "corner. It takes some seconds, beside your study."
)
_CAUTION_SHORT: Final = "A map is a hint; a verdict that follows the mark is the proof."
_CAUTION: Final = (
    "A map is a hint, not a reason. That the verdict follows the mark is what shows that the mark decides: choose the "
    "marks of other classes, and see whether the verdict changes with them."
)


class UnfairView(TaughtView):
    """Marked pictures above, a map for each network below.

    Attributes:
        code: By what the mark says the class.
        method: Of attribution.
        gallery: Without a mark, then with each class's; the captions are the verdicts.
        cells: The maps, by the key of the network or run.
        teacher: Lets networks learn with marks.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes everything."""
        super().__init__(studio, "Let them learn with marks", _TEACH_TIP)
        self._found: MarkRead | None = None
        self._tile = 1
        self._low = False
        self.cells: dict[str, MapCell] = {}
        self.corner = self._build_corner()
        self.gallery = Mosaic(studio.theme, "The picture with marks", tile_px=_TILE_PX, gap_px=4, one_row=True)
        self.gallery.chosen.connect(self._on_tile)
        self.content.addWidget(self.gallery)
        self.what = ElidedLabel()
        self.content.addWidget(self.teacher)
        self.content.addWidget(self.what)
        self.grid = SquareGrid()
        self.content.addWidget(self.grid, 1)
        self.caution = ElidedLabel("muted")
        self.caution.set_whole(_CAUTION_SHORT)
        self.caution.setToolTip(_CAUTION)
        self.content.addWidget(self.caution)

    def _build_corner(self) -> QWidget:
        made, row = bare_row()
        self.code, self.method = QComboBox(), QComboBox()
        for name in CODES:
            self.code.addItem(f"by {name}", name)
        for method, (title, _) in _METHODS.items():
            self.method.addItem(title, method)
        self.code.setAccessibleName("Mark")
        self.code.setToolTip("; ".join(f"By {name}: {words}" for name, words in CODES.items()) + ".")
        self.method.setAccessibleName("Method of attribution")
        self.method.setToolTip(" ".join(f"{title}: {words}" for title, words in _METHODS.values()))
        for box in (self.code, self.method):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMinimumWidth(_BOX_PX)
            explain_on_focus(box)
            row.addWidget(box)
        self.code.activated.connect(self._on_code)
        self.method.activated.connect(self._on_method)
        return made

    # What the panel tells

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.gallery.set_theme(theme)
        for cell in self.cells.values():
            cell.set_theme(theme)
        self.grid.align()
        self._show()

    def set_low(self, low: bool) -> None:
        """Smaller pictures; the caution goes, it stands in the text beside the panel."""
        if low != self._low:
            self._low = low
            self.gallery.set_tile_px(_LOW_TILE_PX if low else _TILE_PX)
            self.caution.setVisible(not low)
            self._show()

    def settings(self) -> dict[str, Any]:
        """Mark, method, and the picture that is looked at."""
        return {"code": self.code.currentData(), "method": self.method.currentData(), "tile": self._tile}

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes them back."""
        self.code.setCurrentIndex(max(0, self.code.findData(settings.get("code"))))
        self.method.setCurrentIndex(max(0, self.method.findData(settings.get("method"))))
        tile = settings.get("tile")
        self._tile = tile if isinstance(tile, int) and not isinstance(tile, bool) and tile >= 0 else 1

    # Asking

    def _orders(self) -> list[Order]:
        """The runs in which the networks of the settings learn with this mark, with the first seed."""
        from cnnstudio import experiments

        card = experiments.find("unfair")
        planned = card.plan(card.settings({**self._settings, "mark": self.code.currentData()}))
        return [order for order in planned if order.params["way"] == "marked" and order.params["seed"] == 0]

    def _ask(self) -> None:
        picture = self.studio.picture
        if not self.can_ask(shown=self._found is not None) or picture is None:
            return
        reading, code = self.studio.reading, cast("Code", self.code.currentData())
        question = ReadMarked(
            picture, reading.dataset, reading.networks, code, max(0, self._tile - 1), self.studio.moment,
            self._runs_to_ask(),
        )  # fmt: skip
        self.ask(question, self._on_read, _SLOT)

    def _on_read(self, found: MarkRead) -> None:
        self.tell("")
        self._found = found
        self._show()

    # Showing

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        tile = min(self._tile, len(found.images) - 1)
        hows = named(found.networks, self.teacher.bases())
        self._show_gallery(found, hows)
        self.gallery.select(tile)
        names = found.class_names
        marked = f"With the mark of {class_name(names, tile - 1)}: {percent(found.area)} of the picture."
        self.what.set_whole(marked if tile else "Without a mark. Choose one to see what the verdicts hang on.")
        keys = [one.network for one in found.networks]
        if keys != list(self.cells):
            self.cells = {key: self.cells.get(key) or self._cell() for key in keys}
            self.grid.set_cells(list(self.cells.values()))
        for one in found.networks:
            self._show_cell(one, hows[one.network], found, tile)

    def _cell(self) -> MapCell:
        return MapCell(NameLine(self.studio.theme), ShownMap(self.studio.theme, "Attribution"), Said())

    def _show_gallery(self, found: MarkRead, hows: dict[str, Named]) -> None:
        theme, captions, tips = self.studio.theme, [], []
        for at in range(len(found.images)):
            words = []
            said = [f"With the mark of {class_name(found.class_names, at - 1)}" if at else "Without a mark"]
            for one in found.networks:
                if one.probabilities is not None:
                    verdict = int(one.probabilities[at].argmax())
                    name = class_name(found.class_names, verdict)
                    words.append(Word(name, theme.readable(hows[one.network].hue)))
                    said.append(f"{one.title}: {name}, {percent(float(one.probabilities[at, verdict]))}")
            captions.append(words[: _LOW_WORDS if self._low else _WORDS])
            tips.append("\n".join(said))
        self.gallery.set_tiles(as_rgb(found.images), captions, tips)

    def _show_cell(self, one: MarkVerdicts, how: Named, found: MarkRead, tile: int) -> None:
        cell = self.cells[one.network]
        if not isinstance(cell.head, NameLine) or not isinstance(cell.words, Said):
            return
        pixels = found.images[tile]
        if one.probabilities is None or one.follows is None:
            cell.head.show_name(how.name, "", how.hue)
            cell.words.say("not trained yet", "Press Run to train it.")
            cell.picture.set_map(_ghost(pixels))
            return
        verdict = int(one.probabilities[tile].argmax())
        cell.head.show_name(how.name, how.how, how.hue)
        share = percent(float(one.probabilities[tile, verdict]))
        said = f"says {class_name(found.class_names, verdict)}, {share}"
        follows = follow_words(one.follows, len(found.images) - 1)
        method = str(self.method.currentData())
        values, on = one.maps.get(method), one.shares.get(method)
        if not tile or values is None:
            cell.words.say(said, follows)
            cell.picture.set_map(_ghost(pixels), said=said)
        else:
            on_mark = f"on the mark: {percent(on)}" if on is not None else "the map is zero everywhere"
            cell.words.say(said, f"{on_mark} · {follows}")
            colours = over(pixels, map_colours(values, signed=method == "occlusion"), _HALF)
            cell.picture.set_map(colours, framed=found.where, said=f"{said}; {on_mark}")
        cell.words.setToolTip(f"{one.title}: {said}. {follows.capitalize()}. {_CAUTION}")

    # What a person does

    @Slot(object)
    def _on_tile(self, index: int) -> None:
        self._tile = index
        if index:
            self._ask()  # another mark has another map
        else:
            self._show()

    @Slot(int)
    def _on_code(self, index: int) -> None:
        self._ask()

    @Slot(int)
    def _on_method(self, index: int) -> None:
        self._show()


def _ghost(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as it lies under a map."""
    return over(pixels, np.full((*pixels.shape[1:], 3), 255, np.uint8), _HALF)


def follow_words(follows: float, marks: int) -> str:
    """How many of the marks are followed."""
    return f"names {round(follows * marks)} of {marks} marks"
