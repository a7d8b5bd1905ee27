"""The saved layout of one profile: our own JSON, replaced whole, set aside when it cannot be read.

It knows what the trader chose by hand: docks that were moved, closed or taken out, borders, the workspace, the starred
markets. What was never touched keeps following the window and the version, so a layout made on one screen does not
spoil another. Nothing of Qt's own state is needed to read it.

Schema 1 knew borders of the arrangements as drawn, ``{"sizes": {"Weather/wide": [[…]]}}``; it is taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from app.arrangement import Name, Pixels, Split, sound
from engine.core.errors import InputError
from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = 2
OLDEST: Final = 1
LARGEST: Final = 1 << 20
"""Bytes; a layout is some thousands."""
MOST_WORKSPACES: Final = 9
"""One for each digit."""

Where = Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=64)]
Sizes = Annotated[tuple[Annotated[tuple[Pixels, ...], msgspec.Meta(max_length=64)], ...], msgspec.Meta(max_length=64)]
"""Of the splits of an arrangement, the outer one first."""


Word = Annotated[str, msgspec.Meta(max_length=40)]
Chosen = Annotated[
    dict[Name, bool | int | float | Word | Annotated[list[Word], msgspec.Meta(max_length=32)]],
    msgspec.Meta(max_length=32),
]


class WindowLayout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a window stands: pixels from the corner of its screen, which is known by name and size."""

    dock: Name = ""
    """Empty for the main window."""
    x: Where = 0
    y: Where = 0
    width: Pixels = 0
    height: Pixels = 0
    screen: Name = ""
    screen_width: Pixels = 0
    screen_height: Pixels = 0
    full: bool = False
    """Maximised or full screen."""


class WorkspaceLayout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a trader made of a workspace; everything that is absent is as drawn."""

    name: Name
    base: Name
    """The name of the workspace it is drawn as."""
    title: Annotated[str, msgspec.Meta(max_length=40)] = ""
    trees: Annotated[dict[Name, Split], msgspec.Meta(max_length=2)] = {}
    """By arrangement, ``wide`` or ``small``: where docks stand if they were moved."""
    borders: Annotated[dict[Name, Sizes], msgspec.Meta(max_length=2)] = {}
    """By arrangement: pixels of its splits where only borders were moved."""
    closed: Names = ()
    windows: Annotated[tuple[WindowLayout, ...], msgspec.Meta(max_length=64)] = ()
    front: Names = ()
    """Docks in front of the others at their place."""
    unlocked: bool = False
    docks: Annotated[dict[Name, Chosen], msgspec.Meta(max_length=64)] = {}
    """By dock: what was chosen in it, such as a chart's interval; each dock takes of it what it knows."""


class Layout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of the screen."""

    workspace: Name = ""
    workspaces: Annotated[tuple[WorkspaceLayout, ...], msgspec.Meta(max_length=MOST_WORKSPACES)] = ()
    window: WindowLayout | None = None
    stars: Annotated[tuple[Name, ...], msgspec.Meta(max_length=10_000)] = ()
    """Ids of markets."""
    hints: Annotated[
        dict[Name, Annotated[str, msgspec.Meta(max_length=1 << 16)]], msgspec.Meta(max_length=MOST_WORKSPACES)
    ] = {}
    """What a dock host would like to have back, by workspace; anything may be lost of it."""


class _File(Layout, frozen=True, kw_only=True, omit_defaults=True):
    schema: int


class _First(msgspec.Struct, frozen=True, kw_only=True):
    """Schema 1."""

    workspace: Name = ""
    sizes: Annotated[dict[Name, Sizes], msgspec.Meta(max_length=64)] = {}
    stars: Annotated[tuple[Name, ...], msgspec.Meta(max_length=10_000)] = ()


class _Version(msgspec.Struct):
    schema: int


def load(path: Path) -> tuple[Layout, str]:
    """Return the saved layout and what is wrong with it; a bad file is set aside, never deleted."""
    try:
        return read(path), ""
    except FileNotFoundError:
        return Layout(), ""
    except InputError as e:
        return Layout(), _set_aside(path, str(e))


def read(path: Path) -> Layout:
    """Return the layout of a file, of this schema or an earlier one.

    Raises
    ------
    FileNotFoundError
        If there is none.
    InputError
        With what is wrong with it, without its name.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except OSError as e:
        raise InputError(f"it cannot be read ({e.strerror})") from e
    if len(raw) > LARGEST:
        raise InputError("it is larger than a layout can be")
    try:
        schema = msgspec.json.decode(raw, type=_Version).schema
        if not OLDEST <= schema <= SCHEMA:
            raise InputError(f"its schema is {schema}, this version reads up to {SCHEMA}")
        found = _second(msgspec.json.decode(raw, type=_First)) if schema == 1 else msgspec.json.decode(raw, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise InputError(f"it is no layout ({' '.join(str(e).split())[:160]})") from e
    if not all(sound(tree) for one in found.workspaces for tree in one.trees.values()):
        raise InputError("it is no layout (its docks lie deeper within one another than can be shown)")
    return found


def save(path: Path, layout: Layout) -> None:
    """Write the layout, whole or not at all."""
    fields = {name: getattr(layout, name) for name in Layout.__struct_fields__}
    write_whole(path, msgspec.json.format(msgspec.json.encode(_File(schema=SCHEMA, **fields)), indent=1))


def same(one: Layout, other: Layout) -> bool:
    """Whether two layouts hold the same, whichever of them was read from a file."""
    return all(getattr(one, name) == getattr(other, name) for name in Layout.__struct_fields__)


def forget(path: Path) -> None:
    """Set the saved layout aside: the next start uses the default."""
    if path.exists():
        _set_aside(path, "")


def _second(old: _First) -> Layout:
    """Take over what schema 1 knew."""
    borders: dict[str, dict[str, Sizes]] = {}
    for key, sizes in old.sizes.items():
        name, _, arrangement = key.partition("/")
        borders.setdefault(name, {})[arrangement] = sizes
    found = [WorkspaceLayout(name=name, base=name, borders=kept) for name, kept in borders.items()]
    return Layout(workspace=old.workspace, workspaces=tuple(found[:MOST_WORKSPACES]), stars=old.stars)


def _set_aside(path: Path, why: str) -> str:
    number = 1
    while (aside := path.with_name(f"{path.name}.bad-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as e:
        return f"The layout cannot be used ({why}) and cannot be set aside: {e.strerror}" if why else ""
    return f"The layout was set aside as {aside.name}: {why}" if why else ""
