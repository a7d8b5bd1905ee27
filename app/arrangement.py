"""Where docks stand in a workspace, as a tree of splits and places. Pure: no Qt, no file.

A place holds docks behind tabs; a split lays places or splits beside or over one another. Sizes are pixels, 0 takes
what is left. Nothing is changed in place: every function returns another tree. A tree holds all docks of its
workspace, those that are closed or in a window of their own too, so that they come back to where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

DEEPEST: Final = 8
"""Splits within splits; a dock is some pixels wide then."""
MOST: Final = 64
"""Docks, and parts of a split."""
LEFT, RIGHT, ABOVE, BELOW, TAB = SIDES = ("left", "right", "above", "below", "tab")

Pixels = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class Place(msgspec.Struct, frozen=True, omit_defaults=True, tag="place", tag_field="is"):
    """Docks behind tabs, by name."""

    docks: Annotated[tuple[Name, ...], msgspec.Meta(max_length=MOST)]
    size: Pixels = 0
    grows: bool = False
    """Takes what the window gains; where no part does, all share it."""


class Split(msgspec.Struct, frozen=True, omit_defaults=True, tag="split", tag_field="is"):
    """Parts beside one another, or over one another."""

    parts: Annotated[tuple[Place | Split, ...], msgspec.Meta(max_length=MOST)]
    across: bool = False
    size: Pixels = 0
    grows: bool = False


Tree = Place | Split


def row(*parts: Tree, size: int | None = None) -> Split:
    """Return parts beside one another; without a size the split takes what is left."""
    return Split(parts, across=True, size=size or 0, grows=size is None)


def column(*parts: Tree, size: int | None = None) -> Split:
    """Return parts over one another."""
    return Split(parts, size=size or 0, grows=size is None)


def place(*docks: str, size: int | None = None) -> Place:
    """Return docks at one place."""
    return Place(docks, size=size or 0, grows=size is None)


def docks(tree: Tree) -> Iterator[str]:
    """Iterate over its docks, from left to right and top to bottom."""
    for one in places(tree):
        yield from one.docks


def places(tree: Tree) -> Iterator[Place]:
    """Iterate over its places, from left to right and top to bottom."""
    if isinstance(tree, Place):
        yield tree
        return
    for part in tree.parts:
        yield from places(part)


def only(tree: Tree, wanted: Collection[str]) -> Tree | None:
    """Return the tree with these docks only; None where nothing is left. A split that is left empty goes, too."""
    if isinstance(tree, Place):
        kept = tuple(name for name in tree.docks if name in wanted)
        return replace(tree, docks=kept) if kept else None
    parts = tuple(found for part in tree.parts if (found := only(part, wanted)) is not None)
    return replace(tree, parts=parts) if parts else None


def without(tree: Tree, dock: str) -> Tree | None:
    """Return the tree without a dock."""
    return only(tree, set(docks(tree)) - {dock})


def moved(tree: Tree, dock: str, target: str, side: str) -> Tree:
    """Return the tree with a dock moved to a side of the place of another, or behind a tab there.

    A dock that is not in the tree is added. Beside itself, or beside what is not there, nothing changes.

    Raises
    ------
    ValueError
        If there is no such side.
    """
    if side not in SIDES:
        msg = f"a dock goes {', '.join(SIDES)} of another, not {side!r}"
        raise ValueError(msg)
    if dock == target or target not in set(docks(tree)):
        return tree
    rest = without(tree, dock)
    found = None if rest is None else tidy(_put(rest, dock, target, side))
    return found if found is not None and sound(found) else tree


def _put(tree: Tree, dock: str, target: str, side: str) -> Tree:
    if isinstance(tree, Split):
        return replace(tree, parts=tuple(_put(part, dock, target, side) for part in tree.parts))
    if target not in tree.docks:
        return tree
    if side == TAB:
        at = tree.docks.index(target) + 1
        return replace(tree, docks=(*tree.docks[:at], dock, *tree.docks[at:]))
    old, new = replace(tree, size=0, grows=True), Place((dock,), grows=True)
    parts = (new, old) if side in {LEFT, ABOVE} else (old, new)
    return Split(parts, across=side in {LEFT, RIGHT}, size=tree.size, grows=tree.grows)


def tidy(tree: Tree, *, root: bool = True) -> Tree:
    """Return the tree without splits of one part, and splits of one way laid into one; the root stays a split."""
    if isinstance(tree, Place):
        return tree
    parts: list[Tree] = []
    for part in (tidy(one, root=False) for one in tree.parts):
        if isinstance(part, Split) and part.across == tree.across and not part.size and len(tree.parts) > 1:
            parts.extend(part.parts)
        else:
            parts.append(part)
    if len(parts) == 1 and not root:
        return replace(parts[0], size=tree.size, grows=tree.grows)
    return replace(tree, parts=tuple(parts))


def completed(tree: Tree, known: Sequence[str], drawn: Tree) -> Tree:
    """Return the tree with each known dock once: unknown and doubled ones go, missing ones come where they are drawn.

    Parameters
    ----------
    known : sequence of str
        The docks there are.
    drawn : Tree
        As the workspace is drawn: a missing dock goes behind a tab of the first of its neighbours there.
    """
    found = _once(tree, set(known), set())
    if found is None:
        return drawn
    for name in known:
        have = list(docks(found))
        if name in have:
            continue
        beside = next((one.docks for one in places(drawn) if name in one.docks), ())
        target = next((one for one in beside if one in have), have[-1])
        found = _put(found, name, target, TAB)
    return found


def _once(tree: Tree, known: set[str], seen: set[str]) -> Tree | None:
    if isinstance(tree, Place):
        kept = []
        for name in tree.docks:
            if name in known and name not in seen:
                seen.add(name)
                kept.append(name)
        return replace(tree, docks=tuple(kept)) if kept else None
    parts = tuple(found for part in tree.parts if (found := _once(part, known, seen)) is not None)
    return replace(tree, parts=parts) if parts else None


def sound(tree: Tree, depth: int = 0) -> bool:
    """Whether a tree, which a file may have brought, is of a size that can be shown."""
    if isinstance(tree, Place):
        return depth <= DEEPEST and len(tree.docks) <= MOST
    return depth <= DEEPEST and 0 < len(tree.parts) <= MOST and all(sound(part, depth + 1) for part in tree.parts)


def sized(tree: Tree, sizes: Sequence[Sequence[int]], shown: Collection[str]) -> Tree:
    """Return the tree with the pixels its splits have on screen, outer ones first.

    What is not shown keeps its pixels, and what is shown beside it leaves them to it, so that it comes back to its
    room; beside a hidden part that took the rest nothing changes. A split whose count of sizes is another than that of
    its shown parts keeps what it has.
    """
    return _sized(tree, list(reversed([list(one) for one in sizes])), shown)


def _sized(tree: Tree, left: list[list[int]], shown: Collection[str]) -> Tree:
    if isinstance(tree, Place) or only(tree, shown) is None:
        return tree
    seen = [only(part, shown) is not None for part in tree.parts]
    mine = left.pop() if left else []
    hidden = [part.size for part, is_seen in zip(tree.parts, seen, strict=True) if not is_seen]
    room = sum(mine) - sum(hidden)
    fits = len(mine) == sum(seen) and all(hidden) and room > 0
    pixels = iter([round(size * room / sum(mine)) for size in mine] if fits else ())
    parts = []
    for part, is_seen in zip(tree.parts, seen, strict=True):
        size = next(pixels, None) if is_seen else None
        grown = part if size is None else replace(part, size=size)
        parts.append(_sized(grown, left, shown))
    return replace(tree, parts=tuple(parts))
