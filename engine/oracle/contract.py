"""The contract file of `atmx settle`, and a contract's rule in words.

::

    {"id": "…", "metric": "precipitation", "cell": "872664521ffffff",
     "stations": [{"id": "KMDW", "km": "4.8", "weight": "1"}],
     "threshold": "25.00", "unit": "mm", "op": ">",
     "window": {"from": "2026-07-03T05:00:00Z", "to": "2026-07-04T05:00:00Z"},
     "min_stations": 1, "max_spread": "0.20", "coverage": "0.90",
     "sources": {"order": [{"name": "cli", "weight": "1"}, {"name": "asos", "weight": "1"}],
                 "use": "first", "least": 1, "apart": "1"}}

`sources` may be left out: then the metric's own rule says what is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from msgspec import UNSET, UnsetType

from engine.core.contract import (
    Bracket,
    Contract,
    EvidenceStation,
    Metric,
    SourceName,
    Sources,
    Tier,
    Unit,
    WeightedSource,
)
from engine.core.errors import InputError
from engine.core.ids import Cell, StationId
from engine.core.units import DAY, DIGITS, Nanos, is_short
from engine.core.when import instant, iso
from engine.oracle.rules import RULES, missing_source, share
from engine.weather import cells

LARGEST: Final = 1_000_000
LONGEST_WINDOW: Final = 31 * DAY
MOST_STATIONS: Final = 50

_STATION = re.compile(r"[A-Z][A-Z0-9]{3}")
_MISSING: Final = object()


def read(text: str, file: str) -> Contract:
    """Return the contract a JSON text states.

    Raises
    ------
    InputError
        If it is no such contract; names the file, the field and the value.
    """
    return _Reader(file).contract(_parsed(text, file))


def rule_text(contract: Contract) -> str:
    """Return what decides a contract, in words."""
    if not contract.stations:
        return "The contract names no station."
    rule = RULES.get(contract.metric)
    if rule is None:
        return missing_source(contract.metric) or ""
    where = ", ".join(f"{station.id} ({station.km} km)" for station in contract.stations)
    mean = "" if len(contract.stations) == 1 else "The stations' mean by weight counts. "
    return (
        f"{_decision(contract)} What counts is {rule.said(contract.opens, contract.closes)}, at {where}, "
        f"from {iso(contract.opens)} up to {iso(contract.closes)}. {mean}{_sources(contract)}{_doubts(contract)}"
    )


def _sources(contract: Contract) -> str:
    """Return which sources count, with a space behind; empty where the contract names none."""
    named = contract.sources
    if not isinstance(named, Sources):
        return ""
    mean = named.use == "mean"
    listed = ", ".join(f"{one.name.value} ({one.weight})" if mean else one.name.value for one in named.order)
    counts = "the mean by weight of all that have a value" if mean else "the first that has a value"
    return (
        f"Of the sources {listed} {counts} counts; at least {named.least} must have one, and if they differ by more "
        f"than {named.apart} {contract.unit.value} it is disputed. "
    )


def _decision(contract: Contract) -> str:
    if contract.brackets:
        return "The bracket that holds the value wins, both ends included."
    return f"YES if the value is greater than {contract.threshold} {contract.unit.value}; equal is NO."


def _doubts(contract: Contract) -> str:
    temperature = contract.metric in (Metric.TEMP_MAX, Metric.TEMP_MIN)
    apart = "by more than 2.0 K" if temperature else f"by more than {share(contract.max_spread)} of their mean"
    spread = "" if len(contract.stations) == 1 else f", or if stations differ {apart}"
    return f"Disputed if fewer than {share(contract.coverage)} of the expected routine reports came{spread}."


def _parsed(text: str, file: str) -> Mapping[str, object]:
    if len(text) > LARGEST:
        raise InputError(f"{file}: longer than {LARGEST} characters")
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as e:
        raise InputError(f"{file}: not JSON ({e})") from e
    if not isinstance(value, dict):
        raise InputError(f"{file}: a contract is a JSON object, was {_seen(value)}")
    return value


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _seen(value: object) -> str:
    text = repr(str(value) if isinstance(value, Decimal) else value)
    return text if len(text) <= 60 else f"{text[:57]}…"


class _Reader:
    """Fields of one file, each refused by name."""

    def __init__(self, file: str) -> None:
        self._file = file

    def contract(self, given: Mapping[str, object]) -> Contract:
        metric = self._metric(given)
        opens, closes = self._window(given)
        stations = self._stations(given)
        brackets = self._brackets(given, metric)
        if self._text(given, "op", ">") != ">":
            raise self._bad("op", 'must be ">"', given["op"])
        name = self._text(given, "id")
        return Contract(
            id=name,
            title=self._text(given, "title", name),
            place=self._text(given, "place", ""),
            metric=metric,
            unit=self._unit(given, metric),
            cell=self._cell(given),
            stations=stations,
            tier=_tier(stations),
            opens=opens,
            closes=closes,
            threshold=None if brackets else self._decimal(given, "threshold"),
            brackets=brackets,
            min_stations=self._whole(given, "min_stations", 1, 1, MOST_STATIONS),
            max_spread=self._decimal(given, "max_spread", Decimal("0.20"), least=Decimal(0)),
            coverage=self._decimal(given, "coverage", Decimal("0.90"), least=Decimal(0), most=Decimal(1)),
            sources=self._sources(given),
        )

    def _bad(self, field: str, must: str, value: object) -> InputError:
        seen = "missing" if value is _MISSING else f"was {_seen(value)}"
        return InputError(f"{self._file}: {field}: {must}, {seen}")

    def _text(self, given: Mapping[str, object], field: str, default: str | None = None) -> str:
        value = given.get(field, _MISSING if default is None else default)
        if not isinstance(value, str) or len(value) > 200 or (default is None and not value.strip()):
            raise self._bad(field, "must be a text of at most 200 characters", value)
        return value

    def _metric(self, given: Mapping[str, object]) -> Metric:
        value = self._text(given, "metric")
        known = {metric.value: metric for metric in Metric}
        if value not in known:
            raise self._bad("metric", f"must be one of {', '.join(metric.value for metric in RULES)}", value)
        refused = missing_source(known[value])
        if refused is not None:
            raise InputError(f"{self._file}: metric: {value} cannot be settled. {refused}")
        return known[value]

    def _unit(self, given: Mapping[str, object], metric: Metric) -> Unit:
        value = self._text(given, "unit")
        known = {unit.value: unit for unit in RULES[metric].scales}
        if value not in known:
            raise self._bad("unit", f"must be {' or '.join(known)} for {metric.value}", value)
        return known[value]

    def _cell(self, given: Mapping[str, object]) -> Cell:
        value = self._text(given, "cell")
        if not cells.is_cell(value):
            raise self._bad("cell", f"must be an H3 cell of resolution {cells.RESOLUTION}", value)
        return Cell(value)

    def _window(self, given: Mapping[str, object]) -> tuple[Nanos, Nanos]:
        value = given.get("window", _MISSING)
        if not isinstance(value, dict):
            raise self._bad("window", 'must be {"from": time, "to": time}', value)
        opens, closes = (self._time(value, end) for end in ("from", "to"))
        if not 0 < closes - opens <= LONGEST_WINDOW:
            raise self._bad("window", "must end after its start, within 31 days", value)
        return opens, closes

    def _time(self, given: Mapping[str, object], end: str) -> Nanos:
        value = given.get(end, _MISSING)
        try:
            if isinstance(value, str):
                return instant(value)
        except (ValueError, OverflowError):
            pass  # refused below, with what came
        raise self._bad(f"window.{end}", "must be an ISO 8601 time such as 2026-07-03T05:00:00Z", value)

    def _stations(self, given: Mapping[str, object]) -> tuple[EvidenceStation, ...]:
        value = given.get("stations", _MISSING)
        if not isinstance(value, list) or len(value) > MOST_STATIONS:
            raise self._bad("stations", f"must be a list of at most {MOST_STATIONS}", value)
        stations = tuple(self._station(item, f"stations[{n}]") for n, item in enumerate(value))
        ids = [station.id for station in stations]
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice is not None:
            raise self._bad("stations", "must name each station once", twice)
        return stations

    def _station(self, item: object, field: str) -> EvidenceStation:
        if not isinstance(item, dict):
            raise self._bad(field, 'must be {"id", "km", "weight"}', item)
        name = item.get("id", _MISSING)
        if not isinstance(name, str) or not _STATION.fullmatch(name):
            raise self._bad(f"{field}.id", "must be a code of four letters such as KMDW", name)
        far, weight = (self._decimal(item, key, prefix=f"{field}.", least=Decimal(0)) for key in ("km", "weight"))
        return EvidenceStation(id=StationId(name), km=far, weight=weight)

    def _sources(self, given: Mapping[str, object]) -> Sources | UnsetType:
        if "sources" not in given:
            return UNSET
        value = given["sources"]
        if not isinstance(value, dict):
            raise self._bad("sources", 'must be {"order", "use", "least", "apart"}', value)
        listed = value.get("order", _MISSING)
        if not isinstance(listed, list) or not 0 < len(listed) <= len(SourceName):
            raise self._bad("sources.order", f"must be a list of 1 to {len(SourceName)}", listed)
        order = tuple(self._source(item, f"sources.order[{n}]") for n, item in enumerate(listed))
        names = [one.name.value for one in order]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise self._bad("sources.order", "must name each source once", twice)
        use = value.get("use", "first")
        if use not in ("first", "mean"):
            raise self._bad("sources.use", "must be first or mean", use)
        least = value.get("least", 1)
        if not isinstance(least, int) or isinstance(least, bool) or not 1 <= least <= len(order):
            raise self._bad("sources.least", f"must be a whole number from 1 to {len(order)}", least)
        apart = self._decimal(value, "apart", Decimal(1), prefix="sources.", least=Decimal(0))
        return Sources(order=order, use=str(use), least=least, apart=apart)

    def _source(self, item: object, field: str) -> WeightedSource:
        if not isinstance(item, dict):
            raise self._bad(field, 'must be {"name", "weight"}', item)
        known = {name.value: name for name in SourceName}
        name = item.get("name", _MISSING)
        if not isinstance(name, str) or name not in known:
            raise self._bad(f"{field}.name", f"must be one of {', '.join(known)}", name)
        weight = self._decimal(item, "weight", Decimal(1), prefix=f"{field}.", least=Decimal(0))
        return WeightedSource(name=known[name], weight=weight)

    def _brackets(self, given: Mapping[str, object], metric: Metric) -> tuple[Bracket, ...]:
        value = given.get("brackets", [])
        if not isinstance(value, list) or len(value) > MOST_STATIONS or len(value) == 1:
            raise self._bad("brackets", "must be a list of two or more", value)
        if value and (metric not in (Metric.TEMP_MAX, Metric.TEMP_MIN) or given.get("unit") != "F"):
            raise self._bad("brackets", "are for temp_max and temp_min in F", metric.value)
        return tuple(self._bracket(item, f"brackets[{n}]") for n, item in enumerate(value))

    def _bracket(self, item: object, field: str) -> Bracket:
        if not isinstance(item, dict):
            raise self._bad(field, 'must be {"label", "low", "high"}', item)
        low, high = (self._end(item, key, field) for key in ("low", "high"))
        if low is not None and high is not None and low > high:
            raise self._bad(field, "must not end below its start", item)
        return Bracket(label=self._text(item, "label"), low=low, high=high)

    def _end(self, item: Mapping[str, object], key: str, field: str) -> int | None:
        value = item.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self._bad(f"{field}.{key}", "must be a whole number or null", value)
        return value

    def _whole(self, given: Mapping[str, object], field: str, default: int, least: int, most: int) -> int:
        value = given.get(field, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._bad(field, f"must be a whole number from {least} to {most}", value)
        return value

    def _decimal(
        self,
        given: Mapping[str, object],
        field: str,
        default: Decimal | None = None,
        *,
        prefix: str = "",
        least: Decimal = Decimal(-100_000),
        most: Decimal = Decimal(100_000),
    ) -> Decimal:
        value = given.get(field, _MISSING if default is None else default)
        try:
            number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not least <= number <= most:
            raise self._bad(f"{prefix}{field}", f"must be a number from {least} to {most}", value)
        if not is_short(number):
            raise self._bad(f"{prefix}{field}", f"must have at most {DIGITS} decimals", value)
        return number


def _tier(stations: Sequence[EvidenceStation]) -> Tier:
    nearest = min((station.km for station in stations), default=Decimal(0))
    if nearest <= 5:
        return Tier.A
    return Tier.B if nearest <= 15 else Tier.C
