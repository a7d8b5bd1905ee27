"""``atmx settle``: resolve one contract from observations in files.

Files may be IEM tables, METAR text, climate reports (CLI), one-minute tables, MADIS rows or a station file of one's
own, told apart by their content; the last three count where the contract names them among its sources.
"""

from __future__ import annotations

import argparse
import json
import sys
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import UnsetType

from app.commands import inputs
from engine.core.units import HOUR, Nanos
from engine.core.when import utc_day
from engine.oracle.contract import read, rule_text
from engine.oracle.resolve import resolve
from engine.sources import cli, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from engine.core.contract import Contract, StationValue, Verdict
    from engine.core.ids import StationId
    from engine.core.reading import Reading

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("settle", help="resolve a contract from observations", description=__doc__)
    parser.add_argument("--contract", required=True, type=Path, metavar="FILE", help="its terms as JSON")
    parser.add_argument(
        "--observations", required=True, type=Path, nargs="+", action="extend", metavar="FILE", help="in any order"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, resolve, print; 0 for every outcome, DISPUTED too."""
    contract = read(inputs.text(args.contract), str(args.contract))
    verdict = resolve(contract, evidence(contract, args.observations))
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(_document(contract, verdict)) + "\n")
    else:
        sys.stdout.write(_text(contract, verdict))
    return 0


def evidence(contract: Contract, paths: Sequence[Path]) -> dict[StationId, list[Reading]]:
    """Return the readings of a contract's stations in files, the same in whatever order the files are named.

    What of two reports of a time holds, depends on which came first: within a file that is the file's to say, of
    climate reports the later issue counts, and anything else is put in an order by its source and its content.

    Raises
    ------
    InputError
        If a file cannot be read, or nothing in it can.
    """
    told: list[tuple[str, Nanos, Reading]] = []
    for text, path in sorted(((inputs.text(path), str(path)) for path in paths), key=itemgetter(0)):
        told += [(reading.source, issued, reading) for issued, reading in _readings(contract, text, path)]
    held: dict[StationId, list[Reading]] = {station.id: [] for station in contract.stations}
    for *_, reading in sorted(told, key=itemgetter(0, 1)):
        if reading.station in held:
            held[reading.station].append(reading)
    return held


def _readings(contract: Contract, text: str, file: str) -> Iterable[tuple[Nanos, Reading]]:
    """Yield readings, those of climate reports with when they were issued."""
    if cli.looks_like(text):
        return _climate(contract, text, file)
    middle = Nanos((contract.opens + contract.closes) // 2)
    return ((Nanos(0), reading) for reading in files.observations(text, file, middle, inputs.known()))


def _climate(contract: Contract, text: str, file: str) -> list[tuple[Nanos, Reading]]:
    day = utc_day(Nanos(contract.opens + 12 * HOUR))  # noon of the local day, wherever on Earth it begins
    found = [
        (report.issued_at or Nanos(0), cli.reading(report, station.id, contract.closes))
        for station in contract.stations
        for report in files.climate(text, file, station.id, day, inputs.known())
    ]
    return [(issued, reading) for issued, reading in found if reading is not None]


def _document(contract: Contract, verdict: Verdict) -> dict[str, object]:
    return {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "value": None if verdict.value is None else str(verdict.value),
        "unit": contract.unit.value,
        "threshold": None if contract.threshold is None else str(contract.threshold),
        "stations": [_station(value) for value in verdict.stations],
        "detail": verdict.detail,
    }


def _station(value: StationValue) -> dict[str, object]:
    sources = {} if isinstance(value.sources, UnsetType) else {"sources": msgspec.to_builtins(value.sources)}
    return {
        "id": value.id,
        "km": str(value.km),
        "value": None if value.value is None else str(value.value),
        "reports": value.reports,
        "expected": value.expected,
        "used": value.used,
        "note": value.note,
        **sources,
    }


def _text(contract: Contract, verdict: Verdict) -> str:
    reason = f" ({verdict.reason})" if verdict.reason else ""
    lines = [f"{verdict.outcome}{reason}  {verdict.detail}", rule_text(contract)]
    for value in verdict.stations:
        shown = _shown(value.value, contract)
        counts = f"{value.reports} of {value.expected} routine reports"
        lines.append(f"{value.id}  {value.km} km  {shown}  {counts}{'' if value.used else ', not used'}  {value.note}")
        told = () if isinstance(value.sources, UnsetType) else value.sources
        lines += [f"  {one.name.value}  {_shown(one.value, contract)}  {one.note}" for one in told]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _shown(value: Decimal | None, contract: Contract) -> str:
    return "—" if value is None else f"{value} {contract.unit.value}"
