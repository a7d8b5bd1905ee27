"""Palette, fonts, spaces and icons, all from the one token table in ``resources/theme``.

No widget holds a colour of its own: it asks the current theme by name. Pens, brushes, fonts and
mixtures are made once and shared, so callers must not change what they are given.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

import resources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtWidgets import QApplication

DARK: Final = "dark"
LIGHT: Final = "light"
CONTRAST: Final = "contrast"
BLUE, RED = "blue", "red"
"""Colour of what rises."""
NORMAL: Final = "normal"


@functools.cache
def tokens() -> Mapping[str, Any]:
    """Return the token table, read once."""
    table: Mapping[str, Any] = json.loads(resources.path("theme", "tokens.json").read_text("utf-8"))
    return table


@functools.cache
def shipped_families() -> frozenset[str]:
    """Load every shipped font and return the families they bring; needs a running application."""
    found: set[str] = set()
    for file in sorted(resources.path("fonts").glob("*")):
        if file.suffix.lower() in {".ttf", ".otf"}:
            found.update(QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file))))
    return frozenset(found)


def mixed(under: QColor, over: QColor, share: float) -> QColor:
    """Return `share` of `over` laid on `under`, opaque."""
    keep = 1.0 - share
    return QColor(
        round(under.red() * keep + over.red() * share),
        round(under.green() * keep + over.green() * share),
        round(under.blue() * keep + over.blue() * share),
    )


class Theme:
    """One palette with everything made from it.

    Parameters
    ----------
    name : str
        ``dark``, ``light`` or ``contrast``.
    rises : str
        ``blue``, or ``red`` where gains and rises are red; states that are good or bad keep their colours.
    density : str
        ``compact``, ``normal`` or ``large``: how high rows are.
    """

    def __init__(self, name: str = DARK, rises: str = BLUE, density: str = NORMAL) -> None:
        table = tokens()
        self.name, self.rises, self.density = name, rises, density
        self.reduced_motion = False
        """Nothing drifts and nothing flashes."""
        self._table = table
        named = table["colour"][name]
        swap = table["swap"].get(rises, {})
        self._colours = {key: QColor(named[swap.get(key, key)]) for key in named}
        self._sizes = table["size"] | table["density"][density]
        self._mixtures: dict[tuple[str, str, float], QColor] = {}
        self._pens: dict[tuple[str, float, tuple[float, ...]], QPen] = {}
        self._brushes: dict[str, QBrush] = {}
        self._fonts: dict[tuple[str, int, int], QFont] = {}
        self._metrics: dict[str, QFontMetricsF] = {}
        self._hatches: dict[tuple[str, float], QBrush] = {}
        self._icons: dict[tuple[str, int, str, float], QPixmap] = {}

    def colour(self, name: str) -> QColor:
        """Return a named colour; KeyError if the table does not have it."""
        return self._colours[name]

    def names(self) -> tuple[str, ...]:
        """Return the names of all colours."""
        return tuple(self._colours)

    def mix(self, under: str, over: str, share: float | str) -> QColor:
        """Return `share` of colour `over` laid on colour `under`, opaque.

        Parameters
        ----------
        under, over : str
            Names of colours.
        share : float in [0, 1], or the name of a blend of the table, such as ``chip``.
        """
        part = self.blend(share) if isinstance(share, str) else share
        key = (under, over, part)
        if key not in self._mixtures:
            self._mixtures[key] = mixed(self.colour(under), self.colour(over), part)
        return self._mixtures[key]

    def blend(self, name: str) -> float:
        """Return a share of the blend table."""
        return float(self._table["blend"][name])

    def pen(self, name: str, width: float = 1.0, dash: Sequence[float] = ()) -> QPen:
        """Return a cosmetic pen in a named colour; `dash` is in pixels."""
        key = (name, width, tuple(dash))
        if key not in self._pens:
            self._pens[key] = pen_of(self.colour(name), width, dash)
        return self._pens[key]

    def brush(self, name: str) -> QBrush:
        """Return a brush of a named colour."""
        if name not in self._brushes:
            self._brushes[name] = QBrush(self.colour(name))
        return self._brushes[name]

    def ui(self, px: int, weight: int = 400) -> QFont:
        """Return the font of words."""
        return self._font("ui", px, weight)

    def number(self, px: int, weight: int = 400) -> QFont:
        """Return the font of numbers, codes, times and keys: every digit equally wide."""
        return self._font("number", px, weight)

    def metrics(self, font: QFont) -> QFontMetricsF:
        """Return the metrics of a font of this theme."""
        key = font.key()
        if key not in self._metrics:
            self._metrics[key] = QFontMetricsF(font)
        return self._metrics[key]

    def _font(self, kind: str, px: int, weight: int) -> QFont:
        key = (kind, px, weight)
        if key not in self._fonts:
            shipped_families()
            families: list[str] = self._table["fonts"][kind]
            font = QFont(families)
            font.setStyleHint(QFont.StyleHint.Monospace if kind == "number" else QFont.StyleHint.SansSerif)
            font.setPixelSize(px)
            font.setWeight(QFont.Weight(weight))
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            for feature, value in self._table["fonts"]["features"].get(families[0], {}).items():
                font.setFeature(QFont.Tag(feature), value)
            self._fonts[key] = font
        return self._fonts[key]

    def size(self, name: str) -> int:
        """Return a measure in pixels, such as ``ladderRow``."""
        return int(self._sizes[name])

    def space(self, name: str) -> int:
        """Return a space in pixels, such as ``padCell``."""
        return int(self._table["space"][name])

    def radius(self, name: str = "control") -> int:
        """Return a corner radius in pixels."""
        return int(self._table["radius"][name])

    def type(self, name: str) -> int:
        """Return a text size in pixels, such as ``body``."""
        return int(self._table["type"][name])

    def motion(self, name: str) -> int:
        """Return a time in milliseconds, such as ``flashMs``."""
        return int(self._table["motion"][name])

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a whole section of the table, such as ``hex`` or ``chart``."""
        part: Mapping[str, Any] = self._table[name]
        return part

    def link(self, group: int) -> str:
        """Return the colour name of a link group, 0 (none) to 8."""
        return str(self._table["link"][group])

    def hatch(self, name: str) -> QBrush:
        """Return a seamless 45-degree hatch, transparent between its lines: stale, halt, unknown, check or dead."""
        ratio = _device_ratio()
        if (name, ratio) not in self._hatches:
            colour, gap, width, alpha = self._table["hatch"][name]
            self._hatches[name, ratio] = QBrush(_hatch_tile(self.colour(colour), gap, width, alpha, ratio))
        return self._hatches[name, ratio]

    def icon(self, name: str, colour: str, px: int = 13) -> QPixmap:
        """Return an icon in a named colour, `px` wide and high."""
        ratio = _device_ratio()
        key = (name, px, colour, ratio)
        if key not in self._icons:
            self._icons[key] = self._draw_icon(name, self.colour(colour), px, ratio)
        return self._icons[key]

    def _draw_icon(self, name: str, colour: QColor, px: int, ratio: float) -> QPixmap:
        stroke = self._table["stroke"]["icon"]
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="{self._table["icons"][name]}" '
            f'fill="none" stroke="{colour.name()}" stroke-width="{stroke}" stroke-linecap="round" '
            'stroke-linejoin="round"/></svg>'
        )
        pixmap = QPixmap(round(px * ratio), round(px * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, px, px))
        painter.end()
        return pixmap

    def palette(self) -> QPalette:
        """Return the palette of the standard controls."""
        palette = QPalette()
        role = QPalette.ColorRole
        for key, name in {
            role.Window: "surface.dock",
            role.WindowText: "text.default",
            role.Base: "surface.input",
            role.AlternateBase: "surface.dock",
            role.Text: "text.strong",
            role.PlaceholderText: "text.dim",
            role.Button: "surface.raised",
            role.ButtonText: "text.strong",
            role.BrightText: "text.strong",
            role.ToolTipBase: "surface.raised",
            role.ToolTipText: "text.default",
            role.Highlight: "surface.selected",
            role.HighlightedText: "text.strong",
            role.Accent: "buy",
            role.Link: "buy",
            role.LinkVisited: "buy",
            role.Light: "line.control",
            role.Midlight: "line.control",
            role.Mid: "line.border",
            role.Dark: "line.border",
            role.Shadow: "surface.window",
        }.items():
            palette.setColor(key, self.colour(name))
        for key in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, key, self.colour("text.disabled"))
        return palette

    def menu_sheet(self) -> str:
        """Return the style sheet of a menu: what no palette reaches."""
        c = {name.replace(".", "_"): colour.name() for name, colour in self._colours.items()}
        return (
            "QMenu {{ background: {surface_raised}; color: {text_default}; border: 1px solid {line_control};"
            " padding: 3px 0; }}"
            "QMenu::item {{ padding: 3px 18px 3px 22px; }}"
            "QMenu::item:selected {{ background: {surface_hover}; color: {text_strong}; }}"
            "QMenu::item:disabled {{ color: {text_disabled}; }}"
            "QMenu::separator {{ height: 1px; background: {line_border}; margin: 3px 0; }}"
        ).format(**c)


def pen_of(colour: QColor, width: float = 1.0, dash: Sequence[float] = ()) -> QPen:
    """Return a cosmetic pen; `dash` is in pixels."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dash:
        pen.setDashPattern([part / width for part in dash])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _device_ratio() -> float:
    screens = QGuiApplication.screens()
    return max((screen.devicePixelRatio() for screen in screens), default=1.0)


def _hatch_tile(colour: QColor, gap: int, width: float, alpha: float, ratio: float) -> QPixmap:
    """Return a tile `gap` x `gap` with one diagonal, drawn thrice so that it meets itself at the edges."""
    tile = QPixmap(round(gap * ratio), round(gap * ratio))
    tile.setDevicePixelRatio(ratio)
    tile.fill(Qt.GlobalColor.transparent)
    faint = QColor(colour)
    faint.setAlphaF(alpha)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(faint, width))
    for shift in (-gap, 0, gap):
        painter.drawLine(shift - 1, gap + 1, shift + gap + 1, -1)
    painter.end()
    return tile


_WORN: Final = "worn"
_STYLED: Final = "styled"
_current: list[Theme] = []


def current() -> Theme:
    """Return the theme in use; the dark one until `install` was called."""
    if not _current:
        _current.append(Theme(DARK))
    return _current[0]


def wear(widget: QWidget, **tones: str) -> None:
    """Give a standard control colours of its own, by role: ``wear(field, Base="surface.input")``.

    It wears the same names in every theme that is installed later. ``Disabled_Text`` is the role of a group.
    """
    widget.setProperty(_WORN, [f"{role}={name}" for role, name in tones.items()])
    _dress(widget)


def _dress(widget: QWidget) -> None:
    worn: list[str] | None = widget.property(_WORN)
    if not worn:
        return
    palette = widget.palette()
    for one in worn:
        role, _, name = one.partition("=")
        group, _, alone = role.rpartition("_")
        colour = current().colour(name)
        if group:
            palette.setColor(QPalette.ColorGroup[group], QPalette.ColorRole[alone], colour)
        else:
            palette.setColor(QPalette.ColorRole[role], colour)
    widget.setPalette(palette)
    if isinstance(widget, QAbstractScrollArea) and widget.viewport() is not None:
        widget.viewport().setPalette(palette)


def install(
    app: QApplication, name: str = DARK, rises: str = BLUE, density: str = NORMAL, *, still: bool = False
) -> Theme:
    """Dress the application in a theme: Fusion, one palette, the font of words.

    There is no style sheet: with one, every widget is matched against it whenever it is shown, moved or dressed.

    What is on the screen already is dressed anew: a widget that keeps colours of its own has a `retheme` for that.
    `still` reduces motion; the other parameters are those of `Theme`.
    """
    theme = Theme(name, rises, density)
    theme.reduced_motion = still
    _current[:] = [theme]
    if not app.property(_STYLED):
        app.setStyle("Fusion")
        app.setProperty(_STYLED, True)
    app.setPalette(theme.palette())
    app.setFont(theme.ui(theme.type("body")))
    QToolTip.setPalette(theme.palette())
    QToolTip.setFont(app.font())
    redraw(app)
    return theme


def dress_again(root: QWidget) -> None:
    """Give a widget and all in it their colours once more: one that got another parent has those of its first theme."""
    for widget in (root, *root.findChildren(QWidget)):
        _dress(widget)


def redraw(app: QApplication) -> None:
    """Have everything that stands painted anew: in another theme, or with numbers written otherwise."""
    for widget in app.allWidgets():
        _dress(widget)
        retheme = getattr(widget, "retheme", None)
        if callable(retheme):
            retheme()
        widget.update()
