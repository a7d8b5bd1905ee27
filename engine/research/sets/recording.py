"""What every data set becomes: parts, and the events of a part; and what had to be assumed where the set is silent."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from engine.core.errors import InputError, WireError
from engine.core.units import MINUTE, SECOND, Lots, Ticks

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.ids import InstrumentId

LARGEST: Final = 512_000_000
"""Bytes of one file, unpacked."""
PATIENCE_S: Final = 120
_decoder: Final = msgspec.json.Decoder(float_hook=Decimal)
MILLI: Final = SECOND // 1_000


class Assumed(msgspec.Struct, frozen=True, kw_only=True):
    """What the sets do not say, and is assumed; stands in every report beside its result."""

    size: Decimal = Decimal(50)
    """Contracts at a touch whose size nobody recorded."""
    half_spread: int = 100
    """Ticks between a displayed probability and the quotes on either side of it."""
    slippage: int = 0
    """Ticks by which a touch that a tape only implies is worse than the tape's last price."""
    decided: int = 10 * MINUTE
    """Nanoseconds from the close to the result, where the set does not say when it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One day, event or window of a set."""

    name: str
    rows: int
    """Of the set, as its own description counts them."""
    events: Callable[[], Iterator[Event]]
    """From the first, in the order of time; listings first, results last."""
    results: dict[InstrumentId, str]
    """``yes`` or ``no``, for scores after the run; nothing of it is in `events` before its time."""
    groups: tuple[tuple[str, str], ...] = ()
    """Such as city and underlying, for the report's tables."""
    notes: tuple[str, ...] = ()
    """What of it is assumed, or left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A folder of recorded data."""

    name: str
    title: str
    source: str
    """Who recorded it, and under which licence."""
    parts: Callable[..., Iterator[Part]]
    """Given the folder, what is assumed, and, where it is `narrow`, the names of the parts that are wanted."""
    narrow: bool = False
    """Whether parts nobody wants need not be read."""


W = TypeVar("W")
R = TypeVar("R")


def files(folder: Path, ending: str, wanted: Collection[str] = ()) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder with an ending, packed or plain, by name without it; all, or those wanted."""
    found = {file.name.removesuffix(".zst").removesuffix(ending): file for file in folder.glob(f"*{ending}")}
    found |= {file.name.removesuffix(f"{ending}.zst"): file for file in folder.glob(f"*{ending}.zst")}
    return iter(sorted(one for one in found.items() if not wanted or one[0].upper() in wanted or one[0] in wanted))


def one(folder: Path, name: str) -> Path:
    """Return a file of a folder, packed if it is there so."""
    packed = folder / f"{name}.zst"
    return packed if packed.exists() else folder / name


def unpacked(file: Path) -> bytes:
    """Return what a file holds, packed with zstd or plain.

    Raises
    ------
    InputError
        If the file or the zstd program is not there, or what it holds is too much or damaged.
    """
    if file.suffix != ".zst" and file.is_file() and file.stat().st_size <= LARGEST:
        return file.read_bytes()
    tool = shutil.which("zstd")
    if tool is None or not file.is_file():
        raise InputError(f"{file}: needs the file and the zstd program")
    done = subprocess.run([tool, "-dc", str(file)], capture_output=True, check=False, timeout=PATIENCE_S)
    if done.returncode or len(done.stdout) > LARGEST:
        raise InputError(f"{file}: cannot be unpacked, or holds more than {LARGEST} bytes")
    return done.stdout


def table(file: Path, *columns: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, packed or not.

    Raises
    ------
    InputError
        If it cannot be read, or lacks one of the columns.
    """
    rows = csv.DictReader(io.StringIO(unpacked(file).decode("utf-8", "replace")))
    missing = [name for name in columns if name not in (rows.fieldnames or ())]
    if missing:
        raise InputError(f"{file}: has no column {', '.join(missing)}")
    return iter(rows)


def objects(file: Path) -> Iterator[Any]:
    """Yield the JSON objects of a packed file, a line each.

    Raises
    ------
    InputError
        If a line is none; it is named.
    """
    for number, line in enumerate(unpacked(file).splitlines(), 1):
        try:
            yield _decoder.decode(line)
        except msgspec.DecodeError as e:
            raise InputError(f"{file}: line {number} is no JSON ({e})") from None


def made(file: Path, number: int, make: Callable[[W], R], row: W) -> R:
    """Return what `make` makes of a row.

    Raises
    ------
    InputError
        If it is no such row; names file and line.
    """
    try:
        return make(row)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, WireError) as e:
        raise InputError(f"{file}: line {number} cannot be read ({type(e).__name__}: {str(e)[:120]})") from None


def nothing() -> Iterator[Event]:
    """Return no events: of a part that is read as a table only."""
    return iter(())


def ticks(text: str | Decimal, per_unit: int = 10_000) -> Ticks:
    """Return a price in dollars as ticks.

    Raises
    ------
    InputError
        If it is no price on a whole tick.
    """
    try:
        found = Decimal(text) * per_unit
        if found != int(found):
            raise InputError(f"{text}: not on a whole tick of {Decimal(1) / per_unit}")
    except (InvalidOperation, OverflowError, ValueError):
        raise InputError(f"{text}: no price") from None
    return Ticks(int(found))


def lots(text: str | Decimal, lot: Decimal) -> Lots:
    """Return a size in lots; what is less than a lot is cut off.

    Raises
    ------
    InputError
        If it is no size.
    """
    try:
        return Lots(int(Decimal(text) / lot))
    except (InvalidOperation, OverflowError, ValueError):
        raise InputError(f"{text}: no size") from None
