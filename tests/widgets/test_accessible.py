"""Everything that can be operated has a name, can be reached by Tab, and shows where the keyboard is.

It walks every dock of every workspace and every dialog there is, new ones too.
"""

from __future__ import annotations

import ast
import importlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from app.window import Window
from engine.core.units import Nanos
from engine.views.alarms import Hours
from tests.widgets.test_settings import ROWS
from widgets import theme
from widgets.alarm_dialog import HoursDialog, RuleDialog
from widgets.focus import Focus
from widgets.help import HelpDialog, Page
from widgets.keys import KeyField, KeysDialog
from widgets.panel import Panel
from widgets.settings import SettingsDialog

OPERATED = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QPlainTextEdit, QAbstractSlider)
PARTS = (QComboBox, QAbstractSpinBox, QLineEdit)
"""What Qt builds of parts of its own, which speak through it."""
SECRET, LINES = KeyField("a", "Key", True, False, "hint"), KeyField("b", "Private key", True, True, "hint")


def settings() -> QDialog:
    dialog = SettingsDialog("settings.toml")
    dialog.show_rows(ROWS)
    dialog.search.setText("o")  # cards of every page
    return dialog


GIVEN: dict[str, Callable[[], QDialog]] = {
    "HelpDialog": lambda: HelpDialog((Page("one", "One", "# One"),)),
    "HoursDialog": lambda: HoursDialog(Hours(), ("UTC",)),
    "KeysDialog": lambda: KeysDialog("kalshi", "Kalshi", [SECRET, LINES], ["session", "file"]),
    "RuleDialog": lambda: RuleDialog(None, {}),
    "SettingsDialog": settings,
}
"""Dialogs that want something to be made of, or show nothing without."""
BASES = {"_Dialog", "DraftDialog"}
ROOT = Path(__file__).resolve().parents[2]


def dialogs() -> dict[str, str]:
    """Return the dialogs of `widgets` with the module of each; those of `app` only add to one of these."""
    bases: dict[str, set[str]] = {}
    modules: dict[str, str] = {}
    for file in (ROOT / "widgets").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                modules[node.name] = file.stem
    found, before = {"QDialog"}, 0
    while len(found) > before:
        before = len(found)
        found |= {kind for kind, above in bases.items() if above & found}
    return {kind: modules[kind] for kind in sorted(found - BASES - {"QDialog"})}


DIALOGS = dialogs()


def made(kind: str) -> QDialog:
    """Return a dialog; one that cannot be made of nothing needs its line above."""
    if kind in GIVEN:
        return GIVEN[kind]()
    dialog: QDialog = getattr(importlib.import_module(f"widgets.{DIALOGS[kind]}"), kind)()
    return dialog


def around(one: QWidget) -> Iterator[QWidget]:
    above = one.parentWidget()
    while above is not None:
        yield above
        above = above.parentWidget()


def operated(top: QWidget) -> Iterator[QWidget]:
    """Return what a trader can operate in a widget."""
    for one in top.findChildren(QWidget):
        inner = one.objectName().startswith("qt_") or isinstance(one, QHeaderView | QScrollBar | QLabel)
        if inner or any(isinstance(above, PARTS) for above in around(one)):
            continue
        if isinstance(one, QAbstractButton) and one.isHidden() and not one.text():
            continue  # says something once it is shown
        if isinstance(one, OPERATED) or one.focusPolicy() != Qt.FocusPolicy.NoFocus:
            yield one


def name(one: QWidget) -> str:
    """Return what a screen reader says."""
    spoken = QAccessible.queryAccessibleInterface(one)
    return spoken.text(QAccessible.Text.Name).strip()


def nameless(top: QWidget) -> list[str]:
    return [f"{type(one).__name__} in {type(one.parentWidget()).__name__}" for one in operated(top) if not name(one)]


def by_tab(one: QWidget) -> bool:
    reached = bool(one.focusPolicy() & Qt.FocusPolicy.TabFocus) and one.focusProxy() is None
    return reached and one.isVisible() and one.isEnabled()


@pytest.fixture(scope="module")
def window(qapp: QApplication) -> Iterator[Window]:
    theme.install(qapp)
    made = Window(lambda: Nanos(0))
    made.resize(1366, 768)
    for one in made.workspaces:
        one.make_all()
    made.show()
    yield made
    made.wind_up()
    shiboken6.delete(made)


def test_the_dialogs_are_found() -> None:
    assert set(GIVEN) | {"ArmDialog", "CreateMarketDialog", "SourceSheet"} <= set(DIALOGS)


def test_whatever_is_operated_in_the_window_has_a_name(window: Window) -> None:
    assert nameless(window) == []
    panels = list(window.panels())
    assert len(panels) > 40
    assert all(name(one) for one in panels)


@pytest.mark.parametrize("kind", DIALOGS)
def test_whatever_is_operated_in_a_dialog_has_a_name(qtbot, kind) -> None:
    dialog = made(kind)
    qtbot.addWidget(dialog)
    assert dialog.windowTitle()
    assert nameless(dialog) == []


@pytest.mark.parametrize("kind", DIALOGS)
def test_whatever_is_operated_in_a_dialog_is_reached_by_tab(qtbot, kind) -> None:
    dialog = made(kind)
    qtbot.addWidget(dialog)
    dialog.show()
    missed = [
        f"{type(one).__name__} {name(one)!r}"
        for one in operated(dialog)
        if one.isVisible() and one.isEnabled() and one.focusProxy() is None and not by_tab(one)
    ]
    assert missed == []


@pytest.fixture
def focus(qapp: QApplication) -> Iterator[Focus]:
    made = Focus(qapp)
    yield made
    for left in (made.ring, made):
        if left is not None and shiboken6.isValid(left):
            shiboken6.delete(left)


def chain(window: Window) -> list[QWidget]:
    """Return what Tab goes through, in its order."""
    found, at = [], window.nextInFocusChain()
    while at is not window:
        if by_tab(at):
            found.append(at)
        at = at.nextInFocusChain()
    return found


def test_tab_goes_through_each_dock_whole_before_the_next(window: Window) -> None:
    for place in range(len(window.workspaces)):
        window.choose(place)
        seen = window.current().seen()

        def dock(one: QWidget, seen: list[Panel] = seen) -> Panel | None:
            return next((panel for panel in seen if panel.isAncestorOf(one)), None)

        order = chain(window)
        runs = [panel for panel, _ in itertools.groupby(dock(one) for one in order) if panel is not None]
        assert len(runs) == len(set(runs)), [panel.title for panel in runs]
        assert set(runs) == set(seen)
        for panel in seen:
            wanted = {one for one in operated(panel) if one.isVisible() and one.isEnabled()}
            missed = {one for one in wanted if one.focusProxy() is None} - set(order)
            assert not missed, [(panel.title, type(one).__name__, name(one)) for one in missed]


def test_tab_goes_through_the_top_bar_from_left_to_right(window: Window) -> None:
    parts = [one.x() for one in chain(window) if one.parentWidget() is window.top]
    first = parts.index(min(parts))
    assert parts[first:] + parts[:first] == sorted(parts)
    assert len(parts) == len(window.top.tabs) + 3


def test_whatever_tab_reaches_is_ringed(window: Window, qapp: QApplication, focus: Focus) -> None:
    unringed = []
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    accent = theme.current().colour("buy")
    for place in range(len(window.workspaces)):
        window.choose(place)
        qapp.processEvents()
        order = chain(window)
        order[-1].setFocus(Qt.FocusReason.TabFocusReason)
        for one in order:
            one.setFocus(Qt.FocusReason.TabFocusReason)
            ring = focus.ring
            if not one.hasFocus() or ring is None or ring.parentWidget() is not one or not ring.isVisible():
                unringed.append((type(one).__name__, name(one)))
                continue
            assert ring.geometry() == one.rect()
            image = one.grab().toImage()
            edges = {image.pixelColor(x, y).rgb() for x, y in ((0, one.height() // 2), (one.width() // 2, 0))}
            assert edges == {accent.rgb()}, (type(one).__name__, name(one))
    assert unringed == []


def test_the_ring_follows_its_widget_and_takes_no_mouse(qtbot, qapp, focus) -> None:
    dialog = settings()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    assert QTest.qWaitForWindowActive(dialog)
    dialog.close_button.setFocus(Qt.FocusReason.TabFocusReason)
    dialog.search.setFocus(Qt.FocusReason.TabFocusReason)
    ring = focus.ring
    assert ring is not None
    assert ring.parentWidget() is dialog.search
    dialog.resize(dialog.width() + 60, dialog.height())
    qapp.processEvents()
    assert ring.geometry() == dialog.search.rect()
    assert ring.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert not ring.mask().contains(ring.rect().center())
