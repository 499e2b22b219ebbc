"""A sentence that says why networks cannot be compared, and a button for the race in which they can."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, label

_NUMBERS = {2: "both", 3: "all three", 4: "all four"}


class UnlikeRow(QWidget):
    """Hidden where all networks learned the same.

    Attributes:
        words: The sentence.
        race: Starts a run in which all of them learn the same pictures.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes it hidden."""
        super().__init__()
        self._studio = studio
        self._networks: tuple[str, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.words = label("", wrap=True)
        self.race = button("")
        self.race.clicked.connect(self._on_race)
        row.addWidget(self.words, 1)
        row.addWidget(self.race)
        studio.state_changed.connect(self._show_possible)
        self.hide()

    def say(self, text: str, networks: Sequence[str]) -> None:
        """Shows why these networks cannot be compared; "" hides it."""
        self._networks = tuple(networks)
        self.words.setText(text)
        many = _NUMBERS.get(len(self._networks), f"all {len(self._networks)}")
        self.race.setText(f"Race {many}")
        self.race.setAccessibleName(self.race.text())
        self.race.setToolTip(f"Starts a run in which {many} learn the same pictures in the same order, as set up.")
        self._show_possible()
        self.setVisible(bool(text))

    @Slot()
    def _show_possible(self) -> None:
        self.race.setEnabled(not self._studio.active)

    @Slot()
    def _on_race(self) -> None:
        if not self._studio.active:
            self._studio.set_config(self._studio.config.with_(networks=self._networks))
            self._studio.run()
