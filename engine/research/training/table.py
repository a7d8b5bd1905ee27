"""Rows a model learns from, as arrays: features of a bracket at a moment, and how far its price moved after it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np

from engine.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.strategies.horizon import Definition

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

LARGEST: Final = 20_000_000
"""Rows of a table."""


class Table(NamedTuple):
    """Rows of one data set, the brackets of one look beside each other, looks in the order of time within an event."""

    names: tuple[str, ...]
    x: Floats
    """(n, k); NaN is unknown."""
    at: Whole
    """UTC nanoseconds."""
    move: Floats
    """Of the middle price by the horizon's end, account currency."""
    ahead: Floats
    """The bracket's share of the distribution then; NaN where there is none."""
    event: Whole
    """Which event, by number."""
    group: Whole

    @property
    def digest(self) -> str:
        """Of every number."""
        whole = hashlib.blake2b(",".join(self.names).encode(), digest_size=12)
        for one in self[1:]:
            whole.update(np.ascontiguousarray(one).tobytes())
        return whole.hexdigest()

    def take(self, chosen: NDArray[np.bool_]) -> Table:
        """Return some of the rows."""
        return Table(self.names, *(one[chosen] for one in self[1:]))  # type: ignore[arg-type]

    def save(self, file: Path) -> None:
        """Write it; numbers only."""
        kept = dict(zip(self._fields[1:], self[1:], strict=True))
        np.savez(file, names=np.array(self.names), **kept)  # type: ignore[arg-type]


def load(file: Path) -> Table:
    """Read a table that was saved.

    Raises
    ------
    InputError
        If it is none, or its arrays do not go together.
    """
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as found:
            table = Table(tuple(str(one) for one in found["names"]), *(found[name] for name in Table._fields[1:]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as e:
        raise InputError(f"{file}: is no table of features ({e})") from None
    n = len(table.at)
    whole = all(len(one) == n for one in table[1:]) and n <= LARGEST
    if not whole or table.x.shape != (n, len(table.names)):
        raise InputError(f"{file}: its arrays do not go together")
    return table


def join(tables: Iterable[Table]) -> Table:
    """Return tables of the same features as one, events numbered anew.

    Raises
    ------
    InputError
        If there are none.
    """
    parts, start = [], 0
    for one in tables:
        parts.append(one._replace(event=one.event + start))
        start += int(one.event.max()) + 1 if len(one.event) else 0
    if not parts:
        raise InputError("nothing was recorded that could be learnt from")
    joined = [np.concatenate([part[i] for part in parts]) for i in range(1, len(Table._fields))]
    return Table(parts[0].names, *joined)


def moves(table: Table, definition: Definition) -> NDArray[np.bool_]:
    """Return which rows moved far enough to be a label."""
    return np.asarray(np.abs(table.move) >= definition.least_move - 1e-9)


def groups(table: Table) -> list[int]:
    """Return the groups of a table in their order."""
    return sorted({int(one) for one in table.group})
