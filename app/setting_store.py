"""The settings while the terminal runs: told apart by source, changed in the file, heard by whoever applies them.

The file is edited in place, so that a trader's own comments and order stay. What came out is read again before it
replaces the file: it must differ in the one key and in nothing else.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

from app import settings
from app.setting_list import SETTINGS
from app.settings import Said, Source
from engine.core.errors import ConfigError, InputError
from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.setting import Value
    from app.settings import Settings

_HEADER: Final = re.compile(r"\s*\[(?P<name>[^\[\]]+)\]\s*(#.*)?")
MOST_LINES: Final = 500
"""Of one value."""


class Store:
    """Settings of one profile.

    Parameters
    ----------
    path : Path
        The settings file; made by the first change.
    environ, typed : mapping of str to str, optional
        As `settings.load` takes them.

    Raises
    ------
    ConfigError
        If something has a bad value.
    """

    def __init__(
        self, path: Path, environ: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
    ) -> None:
        self.path = path
        self._environ, self._typed = environ, typed
        self.now: Settings = settings.load(path, environ, typed)
        """What holds."""
        self.began: Settings = self.now
        """What held when the program started: what is not felt at once still does."""
        self._heard: dict[str, list[Callable[[Value], None]]] = {}

    def __getitem__(self, key: str) -> Said:
        """Return a value and its source."""
        return self.now[key]

    def when(self, key: str, act: Callable[[Value], None], *, at_once: bool = True) -> None:
        """Call `act` with the value of a setting, now and after each change of it."""
        self._heard.setdefault(key, []).append(act)
        if at_once:
            act(self.now[key].value)

    def waits(self, key: str) -> bool:
        """Whether a change of this session is felt at the next start only."""
        return not SETTINGS[key].now and self.now[key].value != self.began[key].value

    def set(self, key: str, text: str) -> None:
        """Write a value into the file and tell who listens.

        Raises
        ------
        InputError
            If it is no value of this setting, if something above the file says another, or the file cannot take it.
        """
        one = SETTINGS[key]
        try:
            value = one.read(one.typed(text)) if not one.kept else one.typed(text)
        except ValueError as e:
            raise InputError(f"{one.title} {e}") from None
        self._change(key, one.toml(value))

    def reset(self, key: str) -> None:
        """Take a value out of the file: the default holds again.

        Raises
        ------
        InputError
            If something above the file says it, or the file cannot be written.
        """
        self._change(key, None)

    def _change(self, key: str, literal: str | None) -> None:
        source = self.now[key].source
        if source in {Source.ENVIRONMENT, Source.COMMAND_LINE}:
            who = f"{SETTINGS[key].env} in the environment" if source is Source.ENVIRONMENT else "the command line"
            raise InputError(f"{SETTINGS[key].title} is said by {who}, which wins over the file")
        try:
            before = settings.text_of(self.path)
            after = edited(before, key, literal)
            found = settings.parsed(self.path, after)
            _same_but(settings.parsed(self.path, before), found, key)
            dict(settings.read(self.path, found))  # another value may have been spoiled by hand meanwhile
            if after != before:
                write_whole(self.path, after.encode())
            known = settings.load(self.path, self._environ, self._typed)
        except (ConfigError, OSError) as e:
            why = e.strerror or "no room" if isinstance(e, OSError) else str(e)
            raise InputError(f"{self.path.name} was not changed: {why}") from None
        was, self.now = self.now, known
        for name, acts in self._heard.items():
            if was[name].value != known[name].value:
                for act in acts:
                    act(known[name].value)


def _same_but(before: dict[str, object], after: dict[str, object], key: str) -> None:
    if {k: v for k, v in before.items() if k != key} != {k: v for k, v in after.items() if k != key}:
        msg = f"{key} stands where it cannot be edited alone; edit the file by hand"
        raise ConfigError(msg)


def edited(text: str, key: str, literal: str | None) -> str:
    """Return a settings file with one value replaced, added, or taken out where `literal` is None.

    Only ``name = value`` under ``[table]`` is found; what else TOML allows stays as it is, and the caller sees that
    the value did not change.
    """
    table, _, name = key.rpartition(".")
    lines = text.splitlines()
    start, end = _table(lines, table)
    at = next((n for n in range(max(0, start), end) if re.match(rf"\s*{re.escape(name)}\s*=", lines[n])), None)
    if at is not None:
        rest = _extent(lines, at, end)
        comment = _comment(lines[at]) if rest == at + 1 else ""
        lines[at:rest] = [] if literal is None else [f"{name} = {literal}{comment}"]
    elif literal is not None:
        if start < 0:
            lines += ([""] if lines else []) + [f"[{table}]"]
            start = end = len(lines)
        while end > start and not lines[end - 1].strip():
            end -= 1
        lines.insert(end, f"{name} = {literal}")
    return "\n".join(lines) + "\n" if lines else ""


def _table(lines: list[str], table: str) -> tuple[int, int]:
    """Return the lines of a table, without its header; -1 and 0 where there is none."""
    start = -1
    for n, line in enumerate(lines):
        found = _HEADER.fullmatch(line)
        if found and start >= 0:
            return start, n
        if found and ".".join(part.strip().strip("\"'") for part in found["name"].split(".")) == table:
            start = n + 1
    return (start, len(lines)) if start >= 0 else (-1, 0)


def _extent(lines: list[str], at: int, end: int) -> int:
    """Return the line behind a value, which may go over several."""
    for rest in range(at + 1, min(end, at + MOST_LINES) + 1):
        try:
            tomllib.loads("\n".join(lines[at:rest]))
        except tomllib.TOMLDecodeError:
            continue
        return rest
    return at + 1


def _comment(line: str) -> str:
    """Return the comment behind a value of one line."""
    for place in (n for n, sign in enumerate(line) if sign == "#"):
        try:
            tomllib.loads(line[:place])
        except tomllib.TOMLDecodeError:
            continue
        spaces = len(line[:place]) - len(line[:place].rstrip())
        return " " * max(1, spaces) + line[place:]
    return ""
