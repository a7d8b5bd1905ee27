"""What a trader made of a table's columns, as words of the saved layout: ``["market", "qty=75", "!venue", "qty>"]``.

In the order shown: a key, with the pixels it was given by hand, or hidden by a ``!`` before it; last by what rows are
ordered, ``qty<`` up and ``qty>`` down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HIDDEN, WIDTH, UP, DOWN = "!", "=", "<", ">"
WIDEST: Final = 10_000
"""Pixels."""


class Made(NamedTuple):
    """What was made of columns."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    widths: tuple[tuple[str, int], ...] = ()
    sort: str = ""
    """Key of a column; empty for the order that rows are given in."""
    down: bool = False


def written(drawn: Sequence[str], made: Made) -> list[str]:
    """Return columns as words; none where they are as they were drawn, whose keys are given."""
    if made == Made(order=tuple(drawn)):
        return []
    widths: Mapping[str, int] = dict(made.widths)
    words = [
        f"{HIDDEN if key in made.hidden else ''}{key}{f'{WIDTH}{widths[key]}' if key in widths else ''}"
        for key in made.order
    ]
    return [*words, f"{made.sort}{DOWN if made.down else UP}"] if made.sort else words


def read(words: Iterable[object], known: Iterable[str]) -> Made:
    """Return what words say of the columns that are known; the rest is passed over."""
    keys = set(known)
    order: list[str] = []
    hidden: set[str] = set()
    widths: dict[str, int] = {}
    sort, down = "", False
    for word in words:
        if not isinstance(word, str):
            continue
        if word[-1:] in {UP, DOWN} and word[:-1] in keys:
            sort, down = word[:-1], word[-1] == DOWN
            continue
        key, _, wide = word.removeprefix(HIDDEN).partition(WIDTH)
        if key not in keys or key in order:
            continue
        order.append(key)
        if word.startswith(HIDDEN):
            hidden.add(key)
        if wide.isascii() and wide.isdecimal() and 0 < int(wide[:6]) <= WIDEST:
            widths[key] = int(wide[:6])
    return Made(tuple(order), frozenset(hidden), tuple(widths.items()), sort, down)
