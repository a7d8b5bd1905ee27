"""Words in another language: looked up where they are painted, and never so long that they are cut off unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import shiboken6
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QAbstractButton, QApplication

import resources
from app.window import Window
from engine.core.units import Nanos
from widgets import language, paint, theme
from widgets.controls import FlatButton, IconButton
from widgets.fields import Field


@pytest.fixture
def speak(qapp: QApplication) -> Iterator[object]:
    def use(code: str) -> None:
        language.use(code)
        paint.forget_texts()

    yield use
    use(language.ENGLISH)


def test_english_is_as_it_is_written(speak) -> None:
    speak("en")
    assert language.said("Cancel all") == "Cancel all"


def test_pseudo_makes_words_longer_and_leaves_codes_and_numbers(speak) -> None:
    speak("pseudo")
    assert language.said("Cancel all 12 of KMDW at 42.5") == "Cåñçéöl~~ åll~ 12 öf~ KMDW åt~ 42.5".replace("éöl", "él")
    assert language.said(language.said("Cancel")) == language.said("Cancel")


def test_a_catalogue_is_used_wherever_words_become_visible(speak, qtbot, tmp_path, monkeypatch) -> None:
    (tmp_path / "de.json").write_text(json.dumps({"Close": "Schließen", "Help": "Hilfe", "OK": "Gut"}))
    look = theme.current()
    look.ui(11)
    monkeypatch.setattr(resources, "path", lambda *parts: tmp_path / parts[-1])
    speak("de")
    assert paint.width("Close", look.ui(11)) == pytest.approx(paint.width("Schließen", look.ui(11)))
    button, icon, field = FlatButton("Close"), IconButton("help", "Help"), Field("Help")
    for one in (button, icon, field):
        qtbot.addWidget(one)
    field.setPlaceholderText("Close")
    assert (button.accessibleName(), icon.toolTip(), field.accessibleName()) == ("Schließen", "Hilfe", "Hilfe")
    assert field.placeholderText() == "Schließen"
    assert QCoreApplication.translate("QPlatformTheme", "OK") == "Gut"
    assert language.said("Never heard of") == "Never heard of"
    with pytest.raises(ValueError, match=r"xx\.json cannot be read"):
        speak("xx")
    for text in ("[]", '{"a": 1}', '{"a": "b\\n"}', "{"):
        (tmp_path / "yy.json").write_text(text)
        with pytest.raises(ValueError, match=r"yy\.json"):
            speak("yy")


@given(st.text())
def test_lengthening_is_idempotent_and_never_shorter(text) -> None:
    longer = language.lengthened(text)
    assert len(longer) >= len(text)
    if longer != text:
        assert language.lengthened(longer) == longer


def test_nothing_of_a_dock_is_cut_off_unseen_at_1366_by_768(qapp, speak, monkeypatch) -> None:
    theme.install(qapp)
    speak("pseudo")  # what fits a third longer fits in English
    window = Window(lambda: Nanos(0))
    over: set[tuple[str, int]] = set()
    draw = paint.text

    def noted(p, rect, words, font, colour, align=paint.LEFT, *, elide=False):
        if not elide and paint.width(words, font) > rect.width() + 1:
            over.add((words, round(rect.width())))
        return draw(p, rect, words, font, colour, align, elide=elide)

    monkeypatch.setattr(paint, "text", noted)
    small = set()
    window.resize(1366, 768)
    window.show()
    try:
        for place, one in enumerate(window.workspaces):
            window.choose(place)
            for name in one.docks:
                one.show_dock(name)
                qapp.processEvents()
                window.current().grab()
                buttons = (b for b in window.findChildren(QAbstractButton) if b.isVisible() and b.text())
                small |= {b.text() for b in buttons if b.width() < b.sizeHint().width()}
    finally:
        window.wind_up()
        shiboken6.delete(window)
    assert over == set()
    assert small == set()
