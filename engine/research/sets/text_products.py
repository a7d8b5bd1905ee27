"""Texts of the Weather Service as samples: climate reports, monthly tables, daily messages, reports, model bulletins.

They are samples and no series: what the product's own parsers make of each is told, and nothing becomes an event, since
of most nobody says when they were known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.errors import BadReport, InputError
from engine.core.when import instant
from engine.research.sets.recording import Assumed, DataSet, Part, nothing
from engine.sources import cf6, cli, dsm
from engine.weather import bulletin

if TYPE_CHECKING:
    pass

LARGEST: Final = 1_000_000
MOST: Final = 1_000
"""Files of a kind."""
NEAR: Final = instant("2014-07-01T00:00:00Z")
"""Of messages that state no year: where most of the dated samples lie."""
KINDS: Final = ("CLI", "CF6", "DSM", "METAR", "MOS")


class Told(NamedTuple):
    """What a parser makes of a file."""

    kind: str
    name: str
    lines: int
    found: int | None
    """Reports, days or messages; None where no parser of the program reads such texts."""
    refused: str
    """Why nothing can be read of it; empty where it can."""


def read(folder: Path) -> tuple[Told, ...]:
    """Return what the parsers make of every file, by kind and name.

    Raises
    ------
    InputError
        If a file is too large, or cannot be read from disk.
    """
    return tuple(_told(kind, file) for kind in KINDS for file in _files(folder / kind))


def parts(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield a part a kind of text; rows are lines."""
    for kind in KINDS:
        if not wanted or kind in wanted:
            rows = sum(_lines(_bytes(file)) for file in _files(folder / kind))
            yield Part(name=kind, rows=rows, results={}, events=nothing, notes=("single samples: no events",))


def _files(folder: Path) -> Sequence[Path]:
    found = sorted(folder.glob("*.txt"))
    if not 0 < len(found) <= MOST:
        raise InputError(f"{folder}: holds {len(found)} texts where 1 to {MOST} were expected")
    return found


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"{file}: larger than {LARGEST} bytes")
        return file.read_bytes()
    except OSError as e:
        raise InputError(f"{file}: cannot be read ({e.strerror})") from e


def _lines(raw: bytes) -> int:
    return raw.count(b"\n")


def _told(kind: str, file: Path) -> Told:
    raw, parser = _bytes(file), PARSERS.get(kind)
    try:
        found = None if parser is None else parser(raw)
        refused = "" if found is None or found else "nothing in it can be read"
    except BadReport as e:
        found, refused = 0, str(e)[:120]
    return Told(kind, file.name, _lines(raw), found, refused)


def _reports(raw: bytes) -> int:
    return len(bulletin.read(raw.decode("latin-1"), NEAR).readings)


PARSERS: Final[Mapping[str, Callable[[bytes], int]]] = {
    "CLI": lambda raw: len(cli.parse(raw)),
    "CF6": lambda raw: len(cf6.parse(raw)),
    "DSM": lambda raw: len(dsm.parse(raw, NEAR).days),
    "METAR": _reports,
}
TEXTS: Final = DataSet(
    name="nws-text-products", title="Texts of the Weather Service, sound and broken ones",
    source="github akrherz/pyIEM, MIT; the texts are public domain", parts=parts, narrow=True,
)  # fmt: skip
