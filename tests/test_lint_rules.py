"""Rules of ours that no linter knows: no nested Qt loop, colours in one place, text that cannot be markup."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

NESTED = {"exec", "exec_"}
"""Start a Qt loop inside the running one: every task of the engine would stand still, the kill switch too."""
STATIC_DIALOGS = {
    "QMessageBox": {"question", "information", "warning", "critical", "about", "aboutQt"},
    "QFileDialog": {"getSaveFileName", "getOpenFileName", "getOpenFileNames", "getExistingDirectory", "getSaveFileUrl"},
    "QInputDialog": {"getText", "getInt", "getDouble", "getItem", "getMultiLineText"},
    "QColorDialog": {"getColor"},
    "QFontDialog": {"getFont"},
}
HEX_COLOUR = re.compile(r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$")
COLOUR_MAKERS = {"QColor", "QRgba64", "fromRgb", "fromRgbF", "fromHsv", "fromHsl", "mkColor", "mkPen", "mkBrush"}
THEME = "widgets/theme.py"


def _modules(*packages: str) -> list[Path]:
    return [file for package in packages for file in sorted((ROOT / package).rglob("*.py"))]


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield each call with the last name of its owner and of itself: ``a.b.c()`` is ``("b", "c")``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            yield node, name, node.func.attr
        elif isinstance(node.func, ast.Name):
            yield node, "", node.func.id


def _nested_loops(tree: ast.AST) -> list[int]:
    return [
        call.lineno
        for call, owner, name in _calls(tree)
        if (name in NESTED and owner) or name in STATIC_DIALOGS.get(owner, ())
    ]


def _colours(tree: ast.AST) -> list[int]:
    literals = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and HEX_COLOUR.match(node.value)
    ]
    made = [
        call.lineno
        for call, _, name in _calls(tree)
        if name in COLOUR_MAKERS
        and call.args
        and all(isinstance(a, ast.Constant) and isinstance(a.value, int | float) for a in call.args)
    ]
    return literals + made


def _style_sheets(tree: ast.AST) -> list[int]:
    return [call.lineno for call, _, name in _calls(tree) if name == "setStyleSheet"]


def _found(rule, files: list[Path]) -> list[str]:
    hits = []
    for file in files:
        for line in rule(ast.parse(file.read_text(encoding="utf-8"))):
            hits.append(f"{file.relative_to(ROOT).as_posix()}:{line}")
    return hits


def test_nothing_starts_a_nested_loop():
    assert _found(_nested_loops, _modules("app", "widgets")) == []


def test_colours_live_in_the_theme_alone():
    files = [file for file in _modules("app", "widgets") if file.relative_to(ROOT).as_posix() != THEME]
    assert _found(_colours, files) == []


def test_nothing_but_a_menu_has_a_style_sheet():
    # with one, every widget below is matched against it whenever it is shown, moved or dressed: a dock's move took
    # seven times as long under the application's
    files = [file for file in _modules("app", "widgets") if file.name not in {"menus.py", "ads.py"}]
    assert _found(_style_sheets, files) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (_nested_loops, "dialog.exec()"),
        (_nested_loops, "self.menu.exec_(point)"),
        (_nested_loops, "QMessageBox.question(self, 'a', 'b')"),
        (_nested_loops, "QtWidgets.QFileDialog.getSaveFileName(self)"),
        (_colours, "x = '#1A2b3C'"),
        (_colours, "QColor(1, 2, 3)"),
        (_colours, "QtGui.QColor(255, 255, 255, 10)"),
        (_style_sheets, "self.setStyleSheet('')"),
    ],
)
def test_each_rule_finds_its_breach(rule, code):
    assert rule(ast.parse(code)) == [1]


@pytest.mark.parametrize(
    ("rule", "code"),
    [(_nested_loops, "exec(code)"), (_nested_loops, "dialog.open()"), (_colours, "QColor(name)"), (_colours, "'#12'")],
)
def test_each_rule_lets_the_innocent_pass(rule, code):
    assert rule(ast.parse(code)) == []
