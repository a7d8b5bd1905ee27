"""One station's day in parts, and the way from a source to a price."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.core.ids import InstrumentId, MarketId, StationId
from engine.core.units import Nanos


class ExtremeLine(msgspec.Struct, frozen=True, kw_only=True):
    """The high, or the low, of a climate day as far as reported; whole degrees F."""

    sign: int
    """1 for the high, -1 for the low."""
    bound: int | None
    """The official high is at least, the official low at most this."""
    bound_at: Nanos | None
    by: str
    """Which part of which report set it; empty before one did."""
    so_far: tuple[int, ...]
    """Possible official values of the day until now, ascending."""
    capped: bool
    """Six-hour groups cover all of the day so far: nothing beyond `so_far` was."""
    named: tuple[str, ...]
    """What the 24-hour group and the climate report say, in words."""
    official: int | None
    official_source: str
    """``CLI`` or ``24 h group``; empty while open."""


class GroupLine(msgspec.Struct, frozen=True, kw_only=True):
    """A group of a routine report that is still to come."""

    hours: int
    """6 or 24."""
    starts: Nanos
    at: Nanos
    tells: str
    """What it can still say."""


class RainHour(msgspec.Struct, frozen=True, kw_only=True):
    """What one routine report gave of its hour."""

    at: Nanos
    inches: float | None
    """None where the gauge was out: a gap, not zero."""
    trace: bool


class OutcomeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome of the linked market against the reports and the model."""

    instrument: InstrumentId
    label: str
    low: float | None
    high: float | None
    """Both inside, in the contract's unit; of a YES/NO contract the values for which YES pays."""
    standing: str
    """``open``, ``holds``, ``dead`` or ``locked``; empty where reports do not decide."""
    why: str
    """In words, where dead or locked."""
    model: float | None
    model_low: float | None
    model_high: float | None


class InputLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something the day's numbers are made from."""

    name: str
    provider: str
    state: str
    at: Nanos | None
    """When it was measured, or the run was made known; None before the first."""
    detail: str
    """The report verbatim, or what is known of the run."""


class EvidenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One report that speaks of a market's window."""

    at: Nanos
    station: StationId
    kind: str
    """``METAR``, ``SPECI``, ``5 min``, ``1 min`` or ``CLI``."""
    provider: str
    value: str
    """Such as ``84 °F`` or ``71 or 72 °F``; a dash where it says nothing of what is asked."""
    says: str
    """Which groups it is from."""
    counts: bool
    """It is part of what decides: a six-hour group across midnight and a special's rain are not."""
    corrected: bool
    raw: str
    number: float | None = None
    """What a chart draws, in the contract's unit: a temperature or a gust, of rain what fell in the report's hour."""
    since: Nanos | None = None
    """The first of several frequent readings in a row that say the same; None of one."""
    times: int = 1


class StationLine(msgspec.Struct, frozen=True, kw_only=True):
    """A station that decides a market."""

    id: StationId
    name: str
    lat: float | None
    lon: float | None
    km: str
    """Distance from the cell it speaks for; empty for one that a venue's rules name."""
    weight: str


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """How one market settles, by whom, on what evidence, and what the evidence and the model say so far."""

    market: MarketId
    title: str
    venue: str
    status: str
    now: Nanos
    opens: Nanos | None
    closes: Nanos | None
    """Of the measured window; None where the rules do not name a day."""
    trading_ends: Nanos | None
    utc_offset_hours: int
    unit: str
    question: str
    """The rule in our words; a dash where it could not be read."""
    measured: str
    """How the value is measured."""
    rules: tuple[tuple[str, str], ...]
    """(outcome, the venue's own text), one where all are alike."""
    source: str
    """Who decides, as the venue names it."""
    source_note: str
    tier: str
    stations: tuple[StationLine, ...]
    fee: str
    extreme: ExtremeLine | None
    over: bool
    outcomes: tuple[OutcomeLine, ...]
    pmf: tuple[tuple[int, float], ...]
    """Chance of each official whole degree; empty without an opinion."""
    quantiles: tuple[float, float, float] | None
    """p10, p50, p90 of the forecast behind it, in the contract's unit."""
    run: str
    run_at: Nanos | None
    groups: tuple[GroupLine, ...]
    inputs: tuple[InputLine, ...]
    evidence: tuple[EvidenceLine, ...]
    """Newest first, at most `EVIDENCE_ROOM`."""
    evidence_count: int
    rain_hours: tuple[RainHour, ...] = ()


class StationRowLine(msgspec.Struct, frozen=True, kw_only=True):
    """One station in a list to pick from."""

    id: StationId
    name: str
    last: str
    last_at: Nanos | None
    markets: int
    """Open markets that it decides."""


class StationsView(msgspec.Struct, frozen=True, kw_only=True):
    """Every station known: those that decide something first, then those heard of."""

    now: Nanos
    rows: tuple[StationRowLine, ...]


EVIDENCE_ROOM: Final = 120
