"""The dock host of Qt's Advanced Docking System (`PySide6QtAds`), for who asks for it in the settings.

It shows the same trees as `app.splits`, with the same headers: its own title bars, floating windows and saved states
stay unused. Two manners were measured with 5.1.1 and are kept: a `CDockWidget` lives as long as its manager, since
deleting one that had been laid out ended in a segmentation fault when the manager went; and nothing is restored from
`saveState`, whose second call within a turn of the loop is known to crash (ADS issues 616 and 618).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import PySide6QtAds as Ads
from PySide6.QtCore import QPoint, QRect, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget
from typing_extensions import override

from app.arrangement import Place, Split
from app.dockhost import Landing
from app.splits import GUTTER, half, side_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from PySide6.QtGui import QShowEvent

    from app.arrangement import Tree
    from widgets.panel import Panel


class AdsHost(QWidget):
    """See `DockHost`."""

    bordered = Signal()
    turned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _configure()
        self._manager = Ads.CDockManager(self)
        self._manager.setStyleSheet("")  # ours are painted from the tokens
        self._known: dict[int, Ads.CDockWidget] = {}
        """By the identity of the panel; for the life of the manager."""
        self._shown: list[Panel] = []
        self._places: list[list[Panel]] = []
        self._hears: list[tuple[Panel, Callable[[int], None]]] = []
        self._tree: Split | None = None
        self._panels: Mapping[str, Panel] = {}
        self._room = 0
        self._fresh = False
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._manager)

    def build(self, tree: Tree | None, panels: Mapping[str, Panel], width: int) -> None:
        """Show the docks of a tree in place of what was shown."""
        self.release(self.parentWidget() or self)
        self._tree = None if tree is None else tree if isinstance(tree, Split) else Split((tree,), across=True)
        self._panels = panels
        if self._tree is None:
            return
        first = self._manager.addDockWidget(Ads.LeftDockWidgetArea, self._widget(_anchor(self._tree, panels)))
        self._fill(self._tree, first)
        for number in range(self._manager.dockAreaCount()):
            area = self._manager.dockArea(number)
            area.titleBar().setVisible(False)  # the dock's own header has the tabs and the tools
            area.setCurrentIndex(0)
        for splitter in self._manager.findChildren(QSplitter):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(GUTTER)
            splitter.splitterMoved.connect(self._moved)
        for place in self._places:
            self._listen(place)
        self._fresh = True
        if self.isVisible():
            self._restore()
        self.make_room(self._room)

    def release(self, home: QWidget) -> None:
        """Let all docks go to `home`, out of sight."""
        for panel, hear in self._hears:
            panel.tab_chosen.disconnect(hear)
            panel.title_changed.disconnect(self._titles)
        self._hears.clear()
        self._places.clear()
        for panel in self._shown:
            dock = self._known[id(panel)]
            dock.takeWidget()
            self._manager.removeDockWidget(dock)
            panel.set_tabs((), 0)
            panel.setParent(home)
        self._shown.clear()
        self._tree = None

    def show_panel(self, panel: Panel) -> bool:
        """Bring a dock to the front of its place."""
        if panel not in self._shown:
            return False
        dock = self._known[id(panel)]
        dock.dockAreaWidget().setCurrentDockWidget(dock)
        self._titles()
        return True

    def seen(self) -> list[Panel]:
        """Return the docks in front."""
        return [self._front(place) for place in self._places]

    def sizes(self) -> list[list[int]]:
        """Return the pixels of each split, outer ones first: measured, since ADS lays splits of one way into one."""
        return [] if self._tree is None else [self._measured(split) for split in _splits(self._tree)]

    def middle(self) -> QRect:
        """Return where the part lies that takes what the others leave."""
        part = self._middle()
        return QRect() if part is None else self._rect(part)

    def make_room(self, height: int) -> None:
        """Keep the top of that part free."""
        self._room = height
        part = self._middle()
        if part is None:
            return
        rect = self._rect(part)
        for panel in (self._front(place) for place in self._places):
            area = self._known[id(panel)].dockAreaWidget()
            if rect.contains(area.mapTo(self, QPoint(0, 0))):
                on_top = area.mapTo(self, QPoint(0, 0)).y() == rect.y()
                area.setContentsMargins(0, height if on_top else 0, 0, 0)

    def landing(self, at: QPoint) -> Landing | None:
        """Return where a dock let go at a point would come."""
        for panel in self.seen():
            area = self._known[id(panel)].dockAreaWidget()
            rect = QRect(area.mapTo(self, QPoint(0, 0)), area.size())
            if rect.contains(at):
                side = side_of(rect, at)
                return Landing(panel, side, half(rect, side))
        return None

    def _fill(self, tree: Tree, area: Ads.CDockAreaWidget) -> None:
        """Lay a tree out where its first dock stands already."""
        if isinstance(tree, Place):
            place = [self._panels[name] for name in tree.docks]
            for panel in place[1:]:
                self._manager.addDockWidgetTabToArea(self._widget(panel), area)
            self._places.append(place)
            return
        side = Ads.RightDockWidgetArea if tree.across else Ads.BottomDockWidgetArea
        areas = [area]
        for part in tree.parts[1:]:
            areas.append(self._manager.addDockWidget(side, self._widget(_anchor(part, self._panels)), areas[-1]))
        for part, at in zip(tree.parts, areas, strict=True):
            self._fill(part, at)

    def _widget(self, panel: Panel) -> Ads.CDockWidget:
        dock = self._known.get(id(panel))
        if dock is None:
            dock = Ads.CDockWidget(self._manager, f"{panel.title} {len(self._known)}")
            dock.setFeatures(Ads.CDockWidget.DockWidgetFeatures(Ads.CDockWidget.NoDockWidgetFeatures))
            self._known[id(panel)] = dock
        dock.setWidget(panel, Ads.CDockWidget.ForceNoScrollArea)
        panel.show()  # one that was hidden by hand would stay so in its dock
        self._shown.append(panel)
        return dock

    def _listen(self, place: list[Panel]) -> None:
        if len(place) < 2:
            return
        for panel in place:

            def hear(number: int, of: list[Panel] = place) -> None:
                self.show_panel(of[number])
                self.turned.emit()

            panel.tab_chosen.connect(hear)
            panel.title_changed.connect(self._titles)
            self._hears.append((panel, hear))
        self._titles()

    def _titles(self) -> None:
        for place in self._places:
            if len(place) > 1:
                front = self._front(place)
                front.set_tabs([panel.tab(front=panel is front) for panel in place], place.index(front))

    def _front(self, place: list[Panel]) -> Panel:
        current = self._known[id(place[0])].dockAreaWidget().currentDockWidget()
        return next((panel for panel in place if self._known[id(panel)] is current), place[0])

    def _middle(self) -> Tree | None:
        if self._tree is None:
            return None
        return next((part for part in self._tree.parts if part.grows), self._tree.parts[0])

    def _rect(self, tree: Tree) -> QRect:
        found = QRect()
        for name in _docks(tree):
            area = self._known[id(self._panels[name])].dockAreaWidget()
            found = found.united(QRect(area.mapTo(self, QPoint(0, 0)), area.size()))
        return found

    def _measured(self, split: Split) -> list[int]:
        rects = [self._rect(part) for part in split.parts]
        return [rect.width() if split.across else rect.height() for rect in rects]

    def _restore(self) -> None:
        """Give the splits their pixels, outer ones first; what takes the rest takes what is left."""
        self._fresh = False
        if self._tree is None:
            return
        for split in _splits(self._tree):
            whole = self._rect(split).width() if split.across else self._rect(split).height()
            fixed = sum(part.size for part in split.parts) + GUTTER * (len(split.parts) - 1)
            loose = sum(not part.size for part in split.parts)
            share = max(1, (whole - fixed) // loose) if loose else 0
            area = self._known[id(_anchor(split, self._panels))].dockAreaWidget()
            splitter = _splitter_of(area, len(split.parts), across=split.across)
            if splitter is not None:
                splitter.setSizes([part.size or share for part in split.parts])
                for at, part in enumerate(split.parts):
                    splitter.setStretchFactor(at, 1 if part.grows else 0)

    def _moved(self) -> None:
        self.bordered.emit()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fresh:
            self._restore()


@cache
def _configure() -> None:
    """Set what holds for all managers; only before the first one is made."""
    Ads.CDockManager.setConfigFlags(Ads.CDockManager.DefaultNonOpaqueConfig)
    Ads.CDockManager.setConfigFlag(Ads.CDockManager.FocusHighlighting, False)


def _docks(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Place):
        yield from tree.docks
    else:
        for part in tree.parts:
            yield from _docks(part)


def _anchor(tree: Tree, panels: Mapping[str, Panel]) -> Panel:
    return panels[next(_docks(tree))]


def _splits(tree: Tree) -> Iterator[Split]:
    if isinstance(tree, Split):
        yield tree
        for part in tree.parts:
            yield from _splits(part)


def _splitter_of(area: QWidget, parts: int, *, across: bool) -> QSplitter | None:
    """Return the splitter around an area that has as many parts and that way; None where ADS laid two into one."""
    from PySide6.QtCore import Qt

    wanted = Qt.Orientation.Horizontal if across else Qt.Orientation.Vertical
    at = area.parentWidget()
    while at is not None and not isinstance(at, Ads.CDockManager):
        if isinstance(at, QSplitter) and at.orientation() is wanted and at.count() == parts:
            return at
        at = at.parentWidget()
    return None
