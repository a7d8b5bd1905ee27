"""Alert rules and what they told, as files of the profile: our own JSON, replaced whole, set aside when unreadable.

No key and no address of a channel is in them: those lie where the keys of venues do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import msgspec

from engine.alarms import hours as quiet_hours
from engine.store.checkpoint import write_whole
from engine.views.alarms import CHANNELS, MOST_RULES, FiredLine, Hours, Rule, refusal

if TYPE_CHECKING:
    from pathlib import Path

RULES: Final = "alerts.json"
HISTORY: Final = "alerts-history.json"
SCHEMA: Final = 1
LARGEST: Final = 1 << 20
MOST_HISTORY: Final = 300

T = TypeVar("T", bound=msgspec.Struct)


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is remembered of the trader's alerts."""

    schema: int = 0
    rules: Annotated[list[Rule], msgspec.Meta(max_length=MOST_RULES)] = []
    hours: Hours = Hours()
    off: Annotated[list[str], msgspec.Meta(max_length=16)] = []
    """Channels that are switched off."""


class Told(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was told, oldest first."""

    schema: int = 0
    lines: Annotated[list[FiredLine], msgspec.Meta(max_length=MOST_HISTORY)] = []


def load(path: Path) -> tuple[Kept, str]:
    """Return the rules of a file, and what is wrong with it; one that cannot be used is set aside, never deleted."""
    found, wrong = _read(path, Kept)
    if found is None:
        return Kept(schema=SCHEMA), wrong
    whys = [refusal(rule) for rule in found.rules] + [quiet_hours.refusal(found.hours)]
    if len({rule.id for rule in found.rules}) < len(found.rules):
        whys.append("two rules have one id")
    if any(name not in CHANNELS for name in found.off):
        whys.append("no such channel")
    why = next((one for one in whys if one), "")
    return (Kept(schema=SCHEMA), _set_aside(path, why)) if why else (found, "")


def load_history(path: Path) -> list[FiredLine]:
    """Return what was told, oldest first; nothing where that cannot be read."""
    found, _ = _read(path, Told)
    return [] if found is None else found.lines


def save(path: Path, kept: Kept) -> None:
    """Write the rules, whole or not at all.

    Raises
    ------
    OSError
        If the disk does not take them.
    """
    kept.schema = SCHEMA
    write_whole(path, msgspec.json.format(msgspec.json.encode(kept), indent=1))


def save_history(path: Path, lines: list[FiredLine]) -> None:
    """Write the newest of what was told.

    Raises
    ------
    OSError
        If the disk does not take it.
    """
    write_whole(path, msgspec.json.encode(Told(schema=SCHEMA, lines=lines[-MOST_HISTORY:])))


def _read(path: Path, kind: type[T]) -> tuple[T | None, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None, ""
    except OSError as e:
        return None, f"{path.name} cannot be read ({e.strerror})"
    if len(raw) > LARGEST:
        return None, _set_aside(path, f"it is larger than {LARGEST} bytes")
    try:
        found = msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError) as e:
        return None, _set_aside(path, " ".join(str(e).split())[:160])
    schema = getattr(found, "schema", 0)
    if schema != SCHEMA:
        return None, _set_aside(path, f"its schema is {schema}, this version writes {SCHEMA}")
    return found, ""


def _set_aside(path: Path, why: str) -> str:
    number = 1
    while (aside := path.with_name(f"{path.name}.bad-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as e:
        return f"{path.name} cannot be used ({why}), nor set aside: {e.strerror}"
    return f"{path.name} was set aside as {aside.name}: {why}"
