"""Words of the screen in another language: one catalogue, looked up where words become visible.

Everything that is painted goes through `widgets.paint`, which lays a text out once and keeps it; there it is looked
up, so that a translation costs nothing per frame. Standard controls get their words from `said` when they are made.
Qt's own words (of its menus and file dialogs) go through a `QTranslator` over the same catalogue.

A catalogue is ``resources/languages/CODE.json``: an object of English sentence to translation. What it lacks stays
English; numbers, codes, names of markets and what the engine says are never in it. ``pseudo`` needs no file: it makes
every word a third longer, as a translation would, to find what would be cut off.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QTranslator
from typing_extensions import override

import resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENGLISH: Final = "en"
PSEUDO: Final = "pseudo"
LARGEST: Final = 4 << 20
"""Bytes of a catalogue."""
LONGEST: Final = 2_000
"""Characters of an entry."""
_WORD: Final = re.compile(r"[A-Za-z]*[a-z]{2,}[A-Za-z]*")
_ACCENTS: Final = str.maketrans("aeiouycn", "åéîöüýçñ")

_say: list[Callable[[str], str] | None] = [None]
_translator: list[QTranslator] = []


def said(text: str) -> str:
    """Return a text in the language of the screen."""
    say = _say[0]
    return text if say is None or not text else say(text)


def lengthened(text: str) -> str:
    """Return a text with every word of small letters a third longer; codes and numbers as they are.

    What is lengthened already stays, as a text that was cut at its end and is laid out again.
    """
    if "~" in text:
        return text
    return _WORD.sub(lambda word: word[0].translate(_ACCENTS) + "~" * max(1, round(len(word[0]) / 3)), text)


def use(code: str) -> None:
    """Speak a language from now on; what was made before keeps its words, so it is chosen before the window is made.

    Raises
    ------
    ValueError
        If its catalogue is missing or is none.
    """
    if code == ENGLISH:
        _say[0] = None
    elif code == PSEUDO:
        _say[0] = lengthened
    else:
        known = catalogue(code)
        _say[0] = lambda text: known.get(text, text)
    app = QCoreApplication.instance()
    while _translator and app is not None:
        app.removeTranslator(_translator.pop())
    if code != ENGLISH and app is not None:
        made = Translator(app)
        app.installTranslator(made)
        _translator.append(made)


def catalogue(code: str) -> Mapping[str, str]:
    """Return the catalogue of a language.

    Raises
    ------
    ValueError
        If it is missing or is none.
    """
    path = resources.path("languages", f"{code}.json")
    try:
        raw = path.read_bytes()
        known = json.loads(raw) if len(raw) <= LARGEST else None
    except (OSError, ValueError) as e:
        msg = f"{path.name} cannot be read ({type(e).__name__})"
        raise ValueError(msg) from e
    if not isinstance(known, dict) or not all(
        isinstance(text, str) and len(text) <= LONGEST and text.isprintable() for text in known.values()
    ):
        msg = f"{path.name} is no catalogue: an object of texts is wanted"
        raise ValueError(msg)
    return known


class Translator(QTranslator):
    """Qt's own words, out of the same catalogue."""

    @override
    def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str:
        return said(sourceText)

    @override
    def isEmpty(self) -> bool:
        return False
