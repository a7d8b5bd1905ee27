"""The saved layout of one profile: our own JSON, replaced whole, set aside when it cannot be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = 1
LARGEST: Final = 1 << 20
"""Bytes; a layout is a few hundred."""

Layout = dict[str, object]


def load(path: Path) -> tuple[Layout, str]:
    """Return the saved layout and what is wrong with it; a bad file is set aside, never deleted."""
    try:
        if path.stat().st_size > LARGEST:
            return {}, _set_aside(path, "it is larger than a layout can be")
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as e:
        return {}, _set_aside(path, f"it is unreadable ({type(e).__name__})")
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return {}, _set_aside(path, "it is no layout of this version")
    return found, ""


def save(path: Path, layout: Layout) -> None:
    """Write the layout, whole or not at all."""
    write_whole(path, json.dumps({**layout, "schema": SCHEMA}, indent=1).encode())


def forget(path: Path) -> None:
    """Set the saved layout aside: the next start uses the default."""
    if path.exists():
        _set_aside(path, "")


def _set_aside(path: Path, why: str) -> str:
    number = 1
    while (aside := path.with_name(f"{path.name}.bad-{number}")).exists():
        number += 1
    path.rename(aside)
    return f"The layout was set aside as {aside.name}: {why}" if why else ""
