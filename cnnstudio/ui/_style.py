"""The style sheet. Roles of labels and kinds of buttons are dynamic properties, set by `widgets/basic.py`."""

from __future__ import annotations

from cnnstudio.core.paths import resources
from cnnstudio.ui.theme import GRID_PX, Theme, mixed

_GROUP_SHARE = 0.8
"""Size of the capitals that name a group of panels, as a share of small text."""

_SHEET = """
* {{ outline: 0; }}
QMainWindow, QDialog {{ background: {window}; }}
QWidget {{ color: {text}; font-size: {body_px}px; }}
QLabel {{ background: transparent; }}
QLabel[role="brand"] {{ font-weight: 700; font-size: {body_px}px; }}
QLabel[role="title"] {{ font-size: {title_px}px; font-weight: 600; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="muted"] {{ color: {muted}; }}
QLabel[role="small"] {{ color: {muted}; font-size: {small_px}px; }}
QLabel[role="group"] {{ color: {faint}; font-size: {group_px}px; font-weight: 600; }}
QLabel[role="problem"] {{ color: {bad}; font-size: {small_px}px; }}
QLabel[role="chip"] {{ background: {chip}; color: {muted}; border-radius: 4px; padding: 3px 8px; }}
QFrame[role="line"] {{ background: {line}; border: 0; }}
QWidget[role="bar"], QWidget[role="column"], QWidget[role="panel"] {{ background: {window}; }}
QWidget[role="side"] {{ background: {side}; }}
QFrame[role="card"] {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; }}
QFrame[role="banner"] {{ background: {bad_back}; border: 0; border-radius: 6px; }}
QFrame[role="banner"] QLabel {{ color: {text}; }}
QFrame[role="banner"][quiet="true"] {{ background: {chip}; }}

QPushButton, QToolButton {{
    background: {surface}; color: {text}; border: 1px solid {outline}; border-radius: 6px;
    padding: {pad_y}px {pad_x}px; min-height: {button_px}px;
}}
QPushButton:hover, QToolButton:hover {{ background: {chip}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {pressed}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {focus}; padding: {focus_y}px {focus_x}px; }}
QPushButton:disabled, QToolButton:disabled {{ color: {faint}; background: transparent; border-color: {line}; }}
QFileDialog QToolButton {{
    padding: 2px; min-height: 0; min-width: 0; border-color: transparent; background: transparent;
}}
QFileDialog QToolButton:hover, QFileDialog QToolButton:checked {{ background: {chip}; border-color: {outline}; }}
QPushButton[kind="primary"], QPushButton:checked, QToolButton:checked {{
    background: {primary}; color: {on_primary}; border-color: {primary};
}}
QPushButton[kind="primary"]:hover, QPushButton:checked:hover, QToolButton:checked:hover {{
    background: {primary_hover};
}}
QPushButton[kind="primary"]:disabled {{ background: {chip}; color: {faint}; border-color: {chip}; }}
QPushButton[kind="primary"]:focus, QPushButton:checked:focus, QToolButton:checked:focus {{
    border: 2px solid {focus_ring};
}}
QPushButton[kind="quiet"], QToolButton[kind="quiet"] {{
    background: transparent; border-color: transparent; color: {muted};
}}
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover {{ background: {chip}; color: {text}; }}
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus {{ border: 2px solid {focus}; }}
QPushButton[kind="slim"] {{
    background: transparent; border-color: transparent; color: {muted}; min-height: 0; min-width: 0; padding: 0 3px;
}}
QPushButton[kind="slim"]:hover {{ background: {chip}; color: {text}; }}
QPushButton[kind="slim"]:focus {{ border: 2px solid {focus}; padding: 0 2px; }}
QPushButton[kind="slim"]:disabled {{ color: {faint}; }}
QPushButton[kind="slim"]::menu-indicator {{ image: none; width: 0; }}
QPushButton[kind="tab"], QToolButton[kind="tab"] {{
    background: transparent; border: 0; border-bottom: 2px solid transparent; border-radius: 0; color: {muted};
    padding: 4px 2px; min-height: {tab_px}px;
}}
QPushButton[kind="tab"]:hover {{ color: {text}; background: transparent; }}
QPushButton[kind="tab"]:checked {{
    color: {text}; font-weight: 600; border-bottom: 2px solid {text}; background: transparent;
}}
QPushButton[kind="tab"]:focus {{
    border: 0; border-bottom: 2px solid transparent; padding: 4px 2px; color: {text}; background: {chip};
}}
QPushButton[kind="tab"]:checked:focus {{ border-bottom: 2px solid {text}; }}
QPushButton[kind="fold"] {{
    background: transparent; border: 0; border-radius: 4px; text-align: left; padding: 2px 0; font-weight: 600;
}}
QPushButton[kind="fold"]:focus {{ border: 0; padding: 2px 0; background: {chip}; }}
QPushButton[kind="fold"]:hover, QPushButton[kind="fold"]:checked {{ background: transparent; color: {text}; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QAbstractSpinBox {{
    background: {surface}; border: 1px solid {outline}; border-radius: 6px; padding: 3px 8px; min-height: {field_px}px;
    selection-background-color: {primary}; selection-color: {on_primary};
}}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{ border: 2px solid {focus}; padding: 2px 7px; }}
QLineEdit[problem="true"], QAbstractSpinBox[problem="true"], QComboBox[problem="true"] {{ border: 1px solid {bad}; }}
QLineEdit:disabled, QComboBox:disabled {{ color: {faint}; background: {side}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: 0; }}
QComboBox::drop-down {{ border: 0; width: 24px; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{
    background: {surface}; border: 1px solid {outline}; selection-background-color: {chip}; selection-color: {text};
    padding: 4px;
}}
QCheckBox, QRadioButton {{ spacing: 8px; padding: 1px; background: transparent; }}
QCheckBox::indicator, QListView::indicator {{
    width: {box_px}px; height: {box_px}px; border: 1px solid {faint}; border-radius: 4px; background: {surface};
}}
QCheckBox::indicator:checked, QListView::indicator:checked {{
    background: {primary}; border-color: {primary}; image: url("{check}");
}}
QCheckBox::indicator:focus {{ border: 2px solid {focus}; }}
QCheckBox:disabled {{ color: {faint}; }}

QSlider {{ min-height: 22px; background: transparent; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {line}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {primary}; }}
QSlider::handle:horizontal {{
    width: 12px; height: 12px; margin: -6px 0; border-radius: 8px; background: {surface}; border: 2px solid {primary};
}}
QSlider::handle:horizontal:focus {{ background: {focus}; border-color: {focus}; }}
QSlider::sub-page:horizontal:disabled, QSlider::groove:horizontal:disabled {{ background: {line}; }}
QSlider::handle:horizontal:disabled {{ border-color: {outline}; }}

QProgressBar {{ border: 0; border-radius: 2px; background: {line}; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {primary}; border-radius: 2px; }}

QMenuBar {{ background: {window}; padding: 0; }}
QMenuBar::item {{ padding: 4px 8px; background: transparent; border-radius: 4px; color: {muted}; }}
QMenuBar::item:selected {{ background: {chip}; color: {text}; }}
QMenu {{ background: {surface}; border: 1px solid {outline}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 24px; border-radius: 4px; }}
QMenu::item:selected {{ background: {chip}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QMenu::indicator {{ width: 12px; height: 12px; left: 6px; }}
QMenu::indicator:checked {{ image: url("{tick}"); }}
QToolTip {{ background: {text}; color: {window}; border: 0; padding: 6px 8px; font-size: {small_px}px; }}

QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: 0; }}
QScrollBar:vertical {{ width: 10px; background: transparent; margin: 0; }}
QScrollBar:horizontal {{ height: 10px; background: transparent; margin: 0; }}
QScrollBar::handle {{ background: {outline}; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QTextBrowser {{
    background: transparent; border: 0; selection-background-color: {primary}; selection-color: {on_primary};
}}
QTextBrowser[role="licences"] {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; padding: 8px; }}
QHeaderView {{ background: transparent; }}
QHeaderView::section {{
    background: transparent; color: {muted}; border: 0; border-bottom: 1px solid {line}; padding: 6px 8px;
    font-size: {small_px}px; font-weight: 600;
}}
QTableView, QTableWidget, QListView, QTreeView {{
    background: transparent; border: 0; gridline-color: {line};
    selection-background-color: {chip}; selection-color: {text};
}}
QTableView::item {{ border-bottom: 1px solid {line}; padding: 4px 8px; }}
QSplitter::handle {{ background: {line}; }}
"""


def style_sheet(theme: Theme) -> str:
    """The style sheet of a theme."""
    icons = (resources() / "icons").as_posix()
    shade = "light" if theme.dark else "dark"
    values = {name: getattr(theme, name) for name in Theme.__dataclass_fields__}
    pad_y = GRID_PX // 2
    values |= {
        "pad_y": pad_y,
        "pad_x": GRID_PX + pad_y,
        "focus_y": pad_y - 1,
        "focus_x": GRID_PX + pad_y - 1,
        "button_px": round(theme.body_px * 1.45),
        "group_px": round(theme.small_px * _GROUP_SHARE),
        "tab_px": round(theme.body_px * 1.6),
        "field_px": round(theme.body_px * 1.45),
        "box_px": round(theme.body_px * 1.1),
        "focus": mixed(theme.colour("text"), theme.colour("window"), 0.35).name(),
        "focus_ring": mixed(theme.colour("primary"), theme.colour("window"), 0.55).name(),
        "primary_hover": mixed(theme.colour("primary"), theme.colour("window"), 0.18).name(),
        "pressed": mixed(theme.colour("chip"), theme.colour("text"), 0.1).name(),
        "arrow": f"{icons}/arrow-{shade}.svg",
        "tick": f"{icons}/check-{shade}.svg",
        "check": f"{icons}/check-{'dark' if theme.dark else 'light'}.svg",
    }
    return _SHEET.format(**values)
