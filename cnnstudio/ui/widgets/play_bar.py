"""The timeline with what plays it: a button on its left, the speed on its right."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.ui.icons import icon
from cnnstudio.ui.player import GAP_MS, Player
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.timeline import Timeline

_SPEED_LEAST_EM: Final = 24
"""A narrower bar, in sizes of the text, leaves the speed to its key: the timeline needs the room."""

_AROUND_PX: Final = 2 * GRID_PX
"""Left and right of the speed's name, together."""

_SECOND_MS: Final = 1_000


class PlayBar(QWidget):
    """Plays the timeline that it holds.

    Attributes:
        play_button: Plays and stops.
        speed_button: Goes from speed to speed.

    Thread: GUI.
    """

    def __init__(self, player: Player, timeline: Timeline) -> None:
        """Puts the two buttons beside the timeline."""
        super().__init__()
        self._player = player
        self._theme: Theme | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX // 2)
        self.play_button = button("", "slim")
        self.play_button.setObjectName("play")
        self.play_button.clicked.connect(player.toggle)
        self.speed_button = button("", "slim")
        self.speed_button.clicked.connect(player.next_speed)
        self._timeline = timeline
        self._column = QVBoxLayout()
        self._column.addWidget(timeline)
        self._column.addStretch(1)
        row.addWidget(self.play_button, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._column, 1)
        row.addWidget(self.speed_button, 0, Qt.AlignmentFlag.AlignTop)
        player.changed.connect(self._show)

    def set_theme(self, theme: Theme) -> None:
        """Restyles; the buttons stand level with the timeline's groove."""
        self._theme = theme
        for made in (self.play_button, self.speed_button):
            made.ensurePolished()  # the style sheet would set other sizes later
        height_px = theme.body_px + GRID_PX
        self.play_button.setFixedSize(height_px + GRID_PX // 2, height_px)
        self.play_button.setIconSize(QSize(theme.body_px, theme.body_px))
        widest = max(QFontMetrics(theme.font()).horizontalAdvance(name) for name in GAP_MS)
        self.speed_button.setFixedSize(widest + _AROUND_PX, height_px)
        self._column.setContentsMargins(0, max(0, height_px // 2 - self._timeline.groove_px), 0, 0)
        self._show()

    @Slot()
    def _show(self) -> None:
        player = self._player
        why_not = player.why_not
        if self._theme is not None:
            shade = self._theme.colour("text")
            self.play_button.setIcon(icon("pause" if player.playing else "run", shade))
        self.play_button.setEnabled(not why_not)
        does = "Stay at this moment" if player.playing else "Play the moments, from here to now"
        self.play_button.setToolTip(why_not or f"{does}. Key: T")
        self.play_button.setAccessibleName("Stop playing" if player.playing else "Play the moments")
        self.speed_button.setEnabled(not why_not)
        self.speed_button.setText(player.speed)
        rate = round(_SECOND_MS / GAP_MS[player.speed])
        self.speed_button.setToolTip(
            f"How fast the moments play: up to {rate} a second, as the views keep up. Key: Shift+T"
        )
        self.speed_button.setAccessibleName(f"Speed: {player.speed}")
        self.play_button.setAccessibleDescription(self.play_button.toolTip())
        self.speed_button.setAccessibleDescription(self.speed_button.toolTip())

    def showEvent(self, event: QShowEvent) -> None:
        """Fits once more: only a widget of a window has its style."""
        super().showEvent(event)
        if self._theme is not None:
            self.set_theme(self._theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the speed out where there is no room for it."""
        super().resizeEvent(event)
        if self._theme is not None:
            self.speed_button.setVisible(self.width() >= _SPEED_LEAST_EM * self._theme.body_px)
