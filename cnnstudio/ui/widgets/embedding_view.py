"""Where the current picture lies among the test set's, as each network's last hidden layer arranges them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QHBoxLayout, QProgressBar, QWidget

from cnnstudio.core.attribution import Embed, Embedding
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.questions import Shown
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.attribution_base import VerdictView
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label
from cnnstudio.ui.widgets.embedding_column import EmbeddingColumn
from cnnstudio.ui.widgets.embedding_frame import turned_alike
from cnnstudio.ui.widgets.embedding_map import MISREAD
from cnnstudio.ui.widgets.embedding_marks import class_marks
from cnnstudio.ui.widgets.embedding_thumbnails import Thumbnails

_GAP_MS: Final = 1000
"""During a run, once a second: with other weights the whole test set must be read again."""

_WHOLE: Final = 1000
_SIDE_BY_SIDE: Final = 3
_FIRST_CLASS: Final = 2
"""In the list of classes, after all of them and the misread."""

_PCA_SLOT: Final = "why map"
_TSNE_SLOT: Final = "why t-SNE"
_ABOUT: Final = {
    "pca": "Ringed: misread. PCA draws the two directions of most variance.",
    "tsne": "t-SNE: distances between clusters, and their sizes, mean little.",
}
_MORE: Final = {
    "pca": (
        "Principal components (Pearson 1901): a shadow of the layer's many numbers on two axes. Clusters that overlap "
        "in the shadow may lie apart in the other directions; the axes say how much of the variance they hold."
    ),
    "tsne": (
        "t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008) spends all its room on who is "
        "near whom. Do not read distances between clusters, their sizes or the axes; another start gives another map."
    ),
}


class EmbeddingView(VerdictView):
    """The tab of the map.

    Attributes:
        columns: One for each network.
        pca: Chooses the map that follows everything at once.
        tsne: Chooses the one that is computed on demand.
        again: Computes t-SNE anew, where it is of other weights or another picture.
        cancel: Gives t-SNE up.
        bar: How far it is.
        only: Fades all classes but one.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes it without maps."""
        super().__init__(studio)
        self.columns: list[EmbeddingColumn] = []
        self._pca: tuple[Embedding, ...] = ()
        self._tsne: tuple[Embedding, ...] = ()
        self._tsne_of: tuple[object, ...] = ()
        self._computing = False
        self._pacer = Pacer(self, self._ask_pca, _GAP_MS)
        self.thumbnails = Thumbnails(studio, self)
        self.thumbnails.arrived.connect(self._on_thumbnail)
        self._build_choices()
        self._maps = QGridLayout()
        self._maps.setSpacing(2 * GRID_PX)
        place = QWidget()
        place.setLayout(self._maps)
        self._maps.setContentsMargins(0, 0, 0, 0)
        self.content.addWidget(place, 1)
        self.letters = label("", "small", wrap=True)
        self.about = ElidedLabel("muted")
        self.content.addWidget(self.letters)
        self.content.addWidget(self.about)
        self._say()

    def _build_choices(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX + GRID_PX // 2)
        self.pca = button("PCA", "tab", checkable=True, tip="At once: it follows pen, timeline and run.")
        self.tsne = button("t-SNE", "tab", checkable=True, tip="Takes some seconds, and shows neighbourhoods better.")
        self._group = QButtonGroup(self)
        for one in (self.pca, self.tsne):
            self._group.addButton(one)
            row.addWidget(one)
        self.pca.setChecked(True)
        self._group.buttonClicked.connect(self._on_method)
        self.again = button("Compute again", "quiet", tip="Computes t-SNE for the picture and the weights of now.")
        self.again.clicked.connect(self._compute)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, _WHOLE)
        self.bar.setFixedWidth(12 * GRID_PX)
        self.bar.setAccessibleName("Progress of t-SNE")
        self.cancel = button("Cancel", "quiet", tip="Gives t-SNE up.")
        self.cancel.clicked.connect(self._on_cancel)
        for part in (self.again, self.bar, self.cancel):
            row.addWidget(part)
            part.hide()
        row.addStretch(1)
        self.only = QComboBox()
        self.only.addItem("all classes", None)
        self.only.addItem("misread", MISREAD)
        self.only.setAccessibleName("Class in sight")
        self.only.setToolTip("Fades all classes but one, or all that is read correctly.")
        self.only.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        explain_on_focus(self.only)
        self.only.activated.connect(self._on_only)
        self.whole = button("Show all", "quiet", tip="Everything in sight again (0). The wheel or + and - zoom, "
                            "dragging or Shift and arrows move, arrows go from picture to picture.")  # fmt: skip
        self.whole.clicked.connect(self._on_whole)
        row.addWidget(self.only)
        row.addWidget(self.whole)
        self.content.addLayout(row)

    # What is chosen

    @property
    def method(self) -> str:
        """Which map is chosen."""
        return "tsne" if self.tsne.isChecked() else "pca"

    @property
    def computing(self) -> bool:
        """Whether t-SNE is under way."""
        return self._computing

    def settings(self) -> dict[str, Any]:
        """Which class was in sight; t-SNE is never computed unasked."""
        return {"only": self.only.currentData()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes it back."""
        only = settings.get("only")
        if isinstance(only, int) and not isinstance(only, bool):
            self._list_classes(self.class_names())
            self.only.setCurrentIndex(max(0, self.only.findData(only)))

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for column in self.columns:
            column.set_theme(theme)

    # What changed

    def refresh(self) -> None:
        """Everything may have changed; t-SNE of another data set or other networks goes."""
        if self._tsne_of[:2] != self._of()[:2]:
            self._forget_tsne()
        self._list_classes(self.class_names())
        self._pacer.now()
        self._say()

    def follow_picture(self) -> None:
        """The star moves; t-SNE cannot place a new picture."""
        self._follow()

    def follow_moment(self) -> None:
        """PCA moves along at once."""
        self._follow()

    def follow_run(self) -> None:
        """The weights moved."""
        if self.studio.moment is None:
            self._say()
            if self.method == "pca":
                self._pacer.soon()

    def _follow(self) -> None:
        self._say()
        if self.method == "pca":
            self._pacer.now()

    def _of(self) -> tuple[object, ...]:
        """What a map is of: data set, networks, weights, picture."""
        config, history = self.studio.reading, self.studio.history
        moment = self.studio.moment
        step = moment if moment is not None or history is None else history.step
        picture = self.studio.picture
        return config.dataset, config.networks, step, None if picture is None else picture.tobytes()

    # Asking

    def _ask_pca(self) -> None:
        missing, config = self.missing(shown=bool(self._pca), needs_picture=False), self.studio.reading
        if missing:
            self.tell(missing)
        if self.method != "pca" or not config.networks or not self.isVisible():
            return
        self.thumbnails.set_dataset(config.dataset)
        question = Embed(config.dataset, config.networks, self.studio.moment, "pca", self.studio.picture)
        self.studio.ask(question, self._on_pca, self.on_error, slot=_PCA_SLOT, on_progress=self._on_pca_progress)

    def _on_pca_progress(self, event: Answering) -> None:
        if not self._pca:
            self.tell(event.text)

    def _on_pca(self, found: tuple[Embedding, ...]) -> None:
        before = {one.network: one.points for one in self._pca}
        self._pca = tuple(_turned(one, before.get(one.network)) for one in _learned(found))
        if self.method == "pca":
            self._show(self._pca)

    @Slot()
    def _compute(self) -> None:
        config = self.studio.reading
        if self.studio.engine is None or not config.networks:
            self.pca.setChecked(True)
            self._say()
            return
        self._computing, self._tsne_of = True, self._of()
        self.thumbnails.set_dataset(config.dataset)
        self.bar.setValue(0)
        question = Embed(config.dataset, config.networks, self.studio.moment, "tsne", self.studio.picture)
        # It takes long, and its caption names its moment: looking elsewhere meanwhile does not end it.
        self.studio.ask(
            question, self._on_tsne, self._on_no_tsne, slot=_TSNE_SLOT, on_progress=self._on_progress, steady=True
        )
        self._say()

    def _on_progress(self, event: Answering) -> None:
        self.bar.setValue(round(_WHOLE * (event.fraction or 0.0)))
        self.bar.setToolTip(event.text)

    def _on_tsne(self, found: tuple[Embedding, ...]) -> None:
        self._computing, self._tsne = False, _learned(found)
        if self.method == "tsne":
            self._show(self._tsne)
        self._say()

    def _on_no_tsne(self, report: ErrorReport) -> None:
        self._computing = False
        if self.method == "tsne":
            self.tell(report.sentence)
        self._say()

    def _forget_tsne(self) -> None:
        if self._computing:
            self.studio.withdraw(_TSNE_SLOT)
        self._computing, self._tsne, self._tsne_of = False, (), ()
        self.pca.setChecked(True)

    @Slot()
    def _on_cancel(self) -> None:
        self.studio.withdraw(_TSNE_SLOT)
        self._computing = False
        if not self._tsne:
            self.pca.setChecked(True)
        self._on_method()

    @Slot()
    def _on_method(self) -> None:
        if self.method == "tsne" and self._tsne:
            self._show(self._tsne)
        elif self.method == "tsne" and not self._computing:
            self._compute()
        elif self.method == "pca":
            self._show(self._pca)
            self._pacer.now()
        self._say()

    # Showing

    def _show(self, found: tuple[Embedding, ...]) -> None:
        if not found:
            if self.studio.engine is not None and self.studio.ready is not None:
                self.tell("No network has learned this data set yet: press Run, and watch the classes part.")
            return
        self.tell("")
        while len(self.columns) < len(found):
            column = EmbeddingColumn(self.studio.theme)
            column.map.hovered.connect(self._on_hovered)
            column.map.chosen.connect(self._on_chosen)
            self.columns.append(column)
        while len(self.columns) > len(found):
            column = self.columns.pop()
            self._maps.removeWidget(column)
            column.deleteLater()
        self._place()
        self._list_classes(found[0].class_names)
        names, colours = short_names(found), network_colours(found)
        for column, one in zip(self.columns, found, strict=True):
            column.show_embedding(one, names[one.network], colours[one.network])
            column.map.set_only(self.only.currentData())
        self._say()

    def _place(self) -> None:
        """Side by side; four and more in rows of two."""
        across = len(self.columns) if len(self.columns) <= _SIDE_BY_SIDE else 2
        for place, column in enumerate(self.columns):
            self._maps.addWidget(column, place // across, place % across)
        for place in range(_SIDE_BY_SIDE):
            self._maps.setColumnStretch(place, int(place < across))

    def _say(self) -> None:
        """What the map is, and whether t-SNE is still that of the picture and the weights."""
        chosen, stale = self.method == "tsne", bool(self._tsne) and self._tsne_of != self._of()
        self.again.setVisible(chosen and stale and not self._computing)
        self.bar.setVisible(self._computing)
        self.cancel.setVisible(self._computing)
        said = _ABOUT[self.method]
        if chosen and stale and not self._computing:
            said = "Picture or weights have changed since: this is the earlier t-SNE."
        elif chosen and self._computing and not self._tsne:
            said = "t-SNE is being computed; until it is there, this is PCA."
        self.about.set_whole(said)
        self.about.setToolTip(f"{said} {_MORE[self.method]}")
        for column in self.columns:
            column.map.set_hollow(chosen and stale)

    def _list_classes(self, names: tuple[str, ...]) -> None:
        marks = class_marks(names)
        wanted = [name if name == mark else f"{mark} {name}" for name, mark in zip(names, marks, strict=True)]
        self.letters.setText("" if marks == names else " · ".join(wanted))
        self.letters.setVisible(marks != names)
        if wanted == [self.only.itemText(place) for place in range(_FIRST_CLASS, self.only.count())]:
            return
        chosen = self.only.currentData()
        while self.only.count() > _FIRST_CLASS:
            self.only.removeItem(self.only.count() - 1)
        for label_, name in enumerate(wanted):
            self.only.addItem(name, label_)
        self.only.setCurrentIndex(max(0, self.only.findData(chosen)) if chosen is not None else 0)

    @Slot()
    def _on_only(self) -> None:
        for column in self.columns:
            column.map.set_only(self.only.currentData())

    @Slot()
    def _on_whole(self) -> None:
        for column in self.columns:
            column.map.fit()

    @Slot(object)
    def _on_hovered(self, place: int | None) -> None:
        source = self.sender()
        for column in self.columns:
            if column.map is source:
                self._show_card(column)
            else:
                column.map.link(place)

    def _show_card(self, column: EmbeddingColumn) -> None:
        embedding, place = column.map.embedding, column.map.current
        if embedding is not None and place is not None:
            column.show_card(self.thumbnails.get(int(embedding.index[place])))

    @Slot(object)
    def _on_thumbnail(self, index: int) -> None:
        for column in self.columns:
            embedding, place = column.map.embedding, column.map.current
            if embedding is not None and place is not None and int(embedding.index[place]) == index:
                self._show_card(column)

    @Slot(object)
    def _on_chosen(self, place: int) -> None:
        column = next(one for one in self.columns if one.map is self.sender())
        if column.map.embedding is not None:
            self.thumbnails.take(int(column.map.embedding.index[place]), self._offer)

    def _offer(self, shown: Shown) -> None:
        self.studio.offer_picture(shown.images[0], class_name(shown.class_names, int(shown.labels[0])))


def _learned(found: tuple[Embedding, ...]) -> tuple[Embedding, ...]:
    return tuple(one for one in found if one.weights_from != "none" and len(one.labels))


def _turned(one: Embedding, before: Any) -> Embedding:
    """The embedding with its axes turned as before: their signs are arbitrary."""
    if before is None:
        return one
    signs = turned_alike(one.points, before)
    here = None if one.here is None else np.asarray(one.here * signs, np.float32)
    return replace(one, points=np.asarray(one.points * signs, np.float32), here=here)
