"""The right column: the set-up of the next run, and what the panel is about."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QTextBlockFormat, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QScrollArea, QStackedWidget, QTextBrowser, QVBoxLayout, QWidget

from cnnstudio.core.paths import resources
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button

_LINE_HEIGHT_PERCENT: Final = 125
_TITLE_SHARE: Final = 1.2
"""The text's own title against its letters: the panel says the same in large beside it."""

Tab = Literal["setup", "about"]
_TABS: Final[tuple[tuple[Tab, str, str], ...]] = (
    ("setup", "Set-up", "The data, the networks and how they learn: what the next run will be"),
    ("about", "About this", "What this panel shows, and what to look for"),
)


def lesson(panel_id: str) -> str:
    """The text of a panel, Markdown; "" where there is none."""
    path = resources() / "lessons" / f"{panel_id}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


class Side(QWidget):
    """Two tabs. The form is made when it is first needed, after the window has painted.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        """Makes the tabs, empty."""
        super().__init__(parent)
        self._studio = studio
        self._panel_id = ""
        self.setProperty("role", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX + 4, GRID_PX, GRID_PX, 0)
        column.setSpacing(GRID_PX)
        column.addLayout(self._make_tabs())
        self._stack = QStackedWidget()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.text.setAccessibleName("About this panel")
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self.text)
        column.addWidget(self._stack, 1)
        studio.theme_changed.connect(self._on_theme)
        self.open("setup")

    @property
    def tab(self) -> Tab:
        """Which of the tabs is open."""
        return _TABS[self._stack.currentIndex()][0]

    def fill(self) -> None:
        """Makes the form, once."""
        if self._scroll.widget() is None:
            from cnnstudio.ui.widgets.setup_form import SetupForm

            page = QWidget()
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, GRID_PX, 2 * GRID_PX)
            column.addWidget(SetupForm(self._studio))
            self._scroll.setWidget(page)

    def open(self, tab: Tab) -> None:
        """Opens a tab."""
        place = [name for name, _, _ in _TABS].index(tab)
        self._tabs.button(place).setChecked(True)
        self._stack.setCurrentIndex(place)

    def show_panel(self, panel_id: str) -> None:
        """Shows the text of a panel."""
        self._panel_id = panel_id
        self._render()

    def _make_tabs(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * GRID_PX)
        self._tabs = QButtonGroup(self)
        for place, (_, text, tip) in enumerate(_TABS):
            made = button(text, "tab", tip=tip, checkable=True)
            self._tabs.addButton(made, place)
            row.addWidget(made)
        row.addStretch(1)
        self._tabs.idClicked.connect(self._choose)
        return row

    @Slot(int)
    def _choose(self, place: int) -> None:
        self._stack.setCurrentIndex(place)

    @Slot(object)
    def _on_theme(self, theme: Theme) -> None:
        self._render()

    def _render(self) -> None:
        theme = self._studio.theme
        document = self.text.document()
        document.setDefaultFont(theme.font("body"))
        document.setDocumentMargin(0)
        document.setIndentWidth(2 * GRID_PX + GRID_PX // 2)
        self.text.setMarkdown(lesson(self._panel_id) or "*There is no text for this panel.*")
        block = document.begin()
        while block.isValid():
            _set_block(QTextCursor(block), theme)
            block = block.next()


def _set_block(cursor: QTextCursor, theme: Theme) -> None:
    """Sets one paragraph: headings of the theme's sizes instead of Markdown's, room between lines and paragraphs."""
    layout = cursor.blockFormat()
    level = layout.headingLevel()
    in_list = cursor.currentList() is not None
    layout.setTopMargin(2 * GRID_PX if level > 1 else 0)
    layout.setBottomMargin(GRID_PX // 2 if in_list else GRID_PX)
    layout.setLineHeight(_LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.setBlockFormat(layout)
    if level:
        letters = QTextCharFormat()
        font = theme.font("body", bold=True)
        font.setPixelSize(round(theme.body_px * (_TITLE_SHARE if level == 1 else 1.0)))
        letters.setFont(font)
        letters.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        cursor.mergeCharFormat(letters)
