"""How everything looks: three themes, the networks' colours, the colour maps, the grid.

A colour means one thing everywhere. Hues and marks of networks come from `core.colours`, by role; signed numbers go
purple - white - green; yellow is what is selected; what is of no network has a shade of the text.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from cnnstudio.core import colours

GRID_PX: Final = 8
"""Margins and gaps are multiples of this (half of it inside a control)."""

CONTRAST: Final = 4.5
"""Least contrast of text against what is behind it (WCAG 2.1, level AA)."""

ROLE_COLOURS: Final = colours.ROLE_COLOURS
"""The own hue of each role."""

NETWORK_CONTRAST: Final = 3.0
"""Least contrast of a network's lines and bars against what is behind them (WCAG 2.1, 1.4.11)."""

_NEUTRAL_SHARES: Final = (0.08, 0.27, 0.4, 0.48)
"""How pale the shades of what is of no network are."""

SELECTION: Final = "#F0B400"
"""What is selected: the yellow frame on pictures."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One look. Colours are "#RRGGBB", sizes are device-independent pixels.

    Attributes:
        id: "light", "dark" or "projector".
        title: As in the menu.
        dark: Whether text is lighter than what is behind it.
        window: Behind everything.
        side: Behind the right column.
        surface: Behind fields, lists and figures.
        line: Thin lines between parts.
        outline: Around buttons and fields.
        chip: Behind chips and hovered things.
        text: Ordinary text.
        muted: Text that explains.
        faint: Text that is only looked up, still readable.
        primary: The one button that the eye should fall on.
        on_primary: Text on it.
        bad: Text of problems.
        bad_back: Behind a problem.
        grid: Lines inside a figure.
        small_px: Smallest text.
        body_px: Ordinary text.
        title_px: A panel's question.
        label_px: Text in figures and verdicts, which is read from farthest away.
        line_px: A curve's width.
        bar_px: The height of a verdict's bar.
    """

    id: str
    title: str
    dark: bool
    window: str
    side: str
    surface: str
    line: str
    outline: str
    chip: str
    text: str
    muted: str
    faint: str
    primary: str
    on_primary: str
    bad: str
    bad_back: str
    grid: str
    small_px: int = 12
    body_px: int = 14
    title_px: int = 22
    label_px: int = 12
    line_px: float = 1.0
    bar_px: int = 9

    def colour(self, name: str) -> QColor:
        """One of the theme's colours, by the attribute's name."""
        return QColor(getattr(self, name))

    def font(self, size: str = "body", *, bold: bool = False) -> QFont:
        """The application's font in one of its sizes: "small", "body", "title" or "label"."""
        return QFont(_font(QApplication.font().toString(), int(getattr(self, f"{size}_px")), bold))

    def neutral(self, place: int) -> QColor:
        """A shade of the text for what is of no network: a set, a distance; paler from place to place."""
        share = _NEUTRAL_SHARES[place % len(_NEUTRAL_SHARES)]
        return mixed(self.colour("text"), self.colour("window"), share)

    def readable(self, hue: QColor | str, behind: str = "window") -> QColor:
        """The shade of a hue that can be read as text on this theme's `behind`."""
        return QColor(_readable(QColor(hue).rgb(), self.colour(behind).rgb()))


LIGHT: Final = Theme(
    id="light", title="Light", dark=False,
    window="#FCFCFA", side="#F5F4F0", surface="#FFFFFF", line="#E6E5E0", outline="#D9D8D3", chip="#EFEEEA",
    text="#1A1D23", muted="#565B64", faint="#666B74", primary="#1A1D23", on_primary="#FFFFFF",
    bad="#A1260D", bad_back="#FBE9E4", grid="#ECEBE7",
)  # fmt: skip
DARK: Final = Theme(
    id="dark", title="Dark", dark=True,
    window="#17191D", side="#1C1F24", surface="#101215", line="#2C3036", outline="#3D424A", chip="#282C32",
    text="#ECEDEF", muted="#B0B5BD", faint="#979DA6", primary="#ECEDEF", on_primary="#17191D",
    bad="#FFA08A", bad_back="#3A211C", grid="#24282D",
)  # fmt: skip
PROJECTOR: Final = Theme(
    id="projector", title="Projector", dark=False,
    window="#FFFFFF", side="#F6F6F4", surface="#FFFFFF", line="#C9C9C5", outline="#9A9A96", chip="#ECECE8",
    text="#000000", muted="#33373D", faint="#4A4F57", primary="#000000", on_primary="#FFFFFF",
    bad="#8C1A05", bad_back="#FBE2DB", grid="#DCDCD8",
    small_px=16, body_px=18, title_px=30, label_px=32, line_px=3.0, bar_px=14,
)  # fmt: skip
THEMES: Final[dict[str, Theme]] = {theme.id: theme for theme in (LIGHT, DARK, PROJECTOR)}


_LINUX_FAMILY: Final = "Inter"
"""Put before the system's family where it is installed: many Linux systems name a family that was drawn for print."""


class Coloured(Protocol):
    """What has a network's colour: a `Competitor`, a `Verdict`, a `LayerWeights`."""

    @property
    def network(self) -> str:
        """The network's key."""

    @property
    def role(self) -> str:
        """The role: "mlp", "cnn", "local" or ""."""


def network_colours(competitors: Iterable[Coloured]) -> dict[str, QColor]:
    """The hue of every network of a race, for lines, bars and dots (for text: `Theme.readable`).

    The first network of each role has the role's own hue, the next ones further steps of it.
    """
    found = colours.network_colours((one.network, one.role) for one in competitors)
    return {network: QColor(hue) for network, hue in found.items()}


def network_marks(competitors: Iterable[Coloured]) -> dict[str, int]:
    """The mark of every network of a race, a number of `core.colours.MARKS`; `dashes_of` says how it is dashed."""
    return colours.network_marks((one.network, one.role) for one in competitors)


def mark_of(hue: QColor) -> int:
    """The mark of the network with this hue, for the dot beside its name."""
    return colours.mark_of(hue.name().upper())


def dashes_of(mark: int) -> list[float]:
    """The pattern of a dashed line, in line widths, of the networks with this mark."""
    return list(colours.DASHES[mark % len(colours.DASHES)])


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.1)."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.1)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """`one` with a share (0 to 1) of `other`."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


def text_shade(hue: QColor, behind: QColor) -> QColor:
    """The shade nearest to `hue` with a contrast of at least `CONTRAST` against `behind`."""
    end = QColor("black") if luminance(behind) > 0.18 else QColor("white")
    for percent in range(0, 101, 2):
        shade = mixed(hue, end, percent / 100)
        if contrast(shade, behind) >= CONTRAST:
            return shade
    return end


def _ramp(stops: tuple[tuple[float, str], ...]) -> NDArray[np.uint8]:
    places = [place for place, _ in stops]
    colours = np.array([_rgb(QColor(name)) for _, name in stops], dtype=np.float64)
    at = np.arange(256)
    lut = (
        np.stack([np.interp(at, places, colours[:, channel]) for channel in range(3)], axis=1).round().astype(np.uint8)
    )
    lut.setflags(write=False)
    return lut


@cache
def weight_map() -> NDArray[np.uint8]:
    """Signed numbers, uint8 [256, 3]: purple below zero, white at zero (entries 127 and 128), green above."""
    return _ramp(((0, "#762A83"), (48, "#9970AB"), (96, "#D3BDDB"), (127, "#FFFFFF"),
                  (128, "#FFFFFF"), (159, "#B7DDB9"), (207, "#4FA364"), (255, "#1B7837")))  # fmt: skip


_WHITE: Final = 128
"""The entry of `weight_map` for zero, and for what is no number."""


@cache
def value_map() -> NDArray[np.uint8]:
    """Pixels and activations, uint8 [256, 3]: black to white."""
    return _ramp(((0, "#000000"), (255, "#FFFFFF")))


@cache
def share_map() -> NDArray[np.uint8]:
    """Counts and shares, uint8 [256, 3]: white to dark grey-blue, for confusion matrices on light ground."""
    return _ramp(((0, "#FFFFFF"), (64, "#D4DAE3"), (160, "#76859B"), (255, "#1D2B40")))


def signed_colours(values: NDArray[np.floating[Any]], scale: float | None = None) -> NDArray[np.uint8]:
    """Colours of signed numbers, uint8 [..., 3].

    Args:
        values: Any shape.
        scale: The size that gets the strongest colour; None is the largest absolute value.
    """
    top = float(np.abs(values).max(initial=0.0)) if scale is None else scale
    if not top > 0:
        return weight_map().take(np.full(np.shape(values), _WHITE, np.intp), axis=0)
    # In place, and `take` instead of an index: large pictures follow a slider.
    place = np.asarray(np.divide(values, top))
    np.clip(place, -1, 1, out=place)
    place *= 127.5
    place += 127.5
    np.rint(place, out=place)
    if not np.isfinite(place).all():
        place[np.isnan(place)] = _WHITE
    return weight_map().take(place.astype(np.uint8), axis=0)


@cache
def _font(application: str, size_px: int, bold: bool) -> QFont:
    font = QFont()
    font.fromString(application)
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return tabular(font)


@cache
def _readable(hue: int, behind: int) -> QColor:
    return text_shade(QColor(hue), QColor(behind))


def tabular(font: QFont) -> QFont:
    """Digits of one width, so that numbers that change do not dance."""
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def palette(theme: Theme) -> QPalette:
    """The theme as a palette, for whatever a style sheet does not reach."""
    result = QPalette()
    roles = QPalette.ColorRole
    pairs = {
        roles.Window: theme.window, roles.WindowText: theme.text, roles.Base: theme.surface, roles.Text: theme.text,
        roles.AlternateBase: theme.side, roles.Button: theme.surface, roles.ButtonText: theme.text,
        roles.ToolTipBase: theme.text, roles.ToolTipText: theme.window, roles.Highlight: theme.primary,
        roles.HighlightedText: theme.on_primary, roles.PlaceholderText: theme.faint, roles.Link: theme.text,
        roles.Mid: theme.line, roles.Light: theme.surface, roles.Dark: theme.outline,
    }  # fmt: skip
    for role, name in pairs.items():
        result.setColor(role, QColor(name))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return result


def apply(app: QApplication, theme: Theme) -> None:
    """Gives the whole application a look."""
    from cnnstudio.ui._style import style_sheet

    font = app.font()
    if sys.platform.startswith("linux") and _LINUX_FAMILY not in font.families():
        font.setFamilies([_LINUX_FAMILY, *font.families()])
    font.setPixelSize(theme.body_px)
    app.setFont(tabular(font))
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))


@cache
def pyqtgraph() -> types.ModuleType:
    """Imports pyqtgraph, configured once. It takes 0.4 s or more: never call it before the first paint."""
    import os

    os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
    hook = sys.excepthook
    import pyqtgraph as pg

    sys.excepthook = hook  # pyqtgraph puts its own in place when it is imported
    pg.setConfigOptions(imageAxisOrder="row-major", antialias=False, foreground=LIGHT.muted, background=LIGHT.window)
    module: types.ModuleType = pg
    return module
