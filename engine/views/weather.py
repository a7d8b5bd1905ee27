"""The map, the stations and the settlements."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import Cell, InstrumentId, MarketId, StationId
from engine.core.units import Money, Nanos, Qty
from engine.views.alerts import AlertLine
from engine.views.station import ExtremeLine, GroupLine, InputLine, OutcomeLine, RainHour


class CellLine(msgspec.Struct, frozen=True, kw_only=True):
    """One hexagon. What was not measured or computed is None and is not filled."""

    cell: Cell
    probability: float | None
    """Of the event the map is seen from."""
    edge: float | None
    """Cents, model minus market; None without a market."""
    p50: float | None
    spread: float | None
    """p90 - p10."""
    observed: float | None
    exposure: Money | None
    """Our worst-case loss on markets of this cell."""
    stations: int
    market: MarketId | None
    mine: bool
    tier: str = ""
    """How well stations would settle a market here: A, B or C; empty where none could."""
    alert: int = 0
    """Rank of the gravest alert on it, as `AlertLine.rank`; 0 for none."""


class StationPin(msgspec.Struct, frozen=True, kw_only=True):
    """A station on the map."""

    id: StationId
    lat: float
    lon: float
    text: str
    """Last value, such as ``84°``; a dash when none."""
    settles: bool
    """It is evidence of the selected market."""


class CellsView(msgspec.Struct, frozen=True, kw_only=True):
    """The hex layer as seen from one market."""

    market: MarketId | None
    title: str
    """What the probability is of, such as ``high ≥ 88 °F · Fri 3 Jul 2026``."""
    resolution: int
    unit: str
    run: str
    """Forecast it is computed from."""
    run_at: Nanos | None
    cells: tuple[CellLine, ...]
    stations: tuple[StationPin, ...]
    selected: Cell | None
    evidence: tuple[tuple[str, str, bool], ...]
    """(source, value, fresh) of the selected market's stations."""
    facts: tuple[tuple[str, str], ...]
    """(name, value) for the side sheet of the selected market."""
    center: tuple[float, float]
    """Latitude, longitude to start at."""
    now: Nanos = Nanos(0)
    utc_offset_hours: int = 0
    """Local standard time of the place."""
    hours: tuple[Nanos, ...] = ()
    """Full hours that can be looked at one by one, in their order."""
    hour: Nanos | None = None
    """The one that `p50`, `spread`, `observed` and alerts are of; None: the whole window, as it stands."""
    window: str = ""
    """What the values are of without an hour, such as ``day maximum``."""
    closes: Nanos | None = None
    alerts: tuple[AlertLine, ...] = ()
    """Those that lie on any of the cells at that time, gravest first."""
    origin: str = ""
    """Where the forecast's spread comes from, and what its licence wants shown."""


class TracePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One measured value; `exact` is false for whole-degree readings."""

    at: Nanos
    value: float
    exact: bool
    said: str = ""
    """Which report said it."""


class FanPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Forecast at one hour."""

    at: Nanos
    p10: float
    p50: float
    p90: float


class StationView(msgspec.Struct, frozen=True, kw_only=True):
    """One station over its climate day."""

    id: StationId
    name: str
    unit: str
    now: Nanos
    day_from: Nanos
    day_to: Nanos
    utc_offset_hours: int
    state: str
    why: str
    running: int | None
    """Running high as a lower bound, whole degrees F."""
    running_at: Nanos | None
    candidates: tuple[int, ...]
    """Official highs still possible by the reports so far; empty while open above."""
    official: int | None
    official_source: str
    last: float | None
    last_at: Nanos | None
    rate: float | None
    """Degrees an hour over the last two hours."""
    rain: Decimal | None
    """Sum of routine P groups in the window, inches."""
    gust: int | None
    trace: tuple[TracePoint, ...]
    fan: tuple[FanPoint, ...]
    levels: tuple[tuple[str, float | None, float | None], ...]
    """Brackets of the linked market: label, low, high."""
    threshold: float | None
    facts: tuple[tuple[str, str], ...]
    feeds: tuple[tuple[str, str, str], ...]
    """(name, state, age)."""
    market: MarketId | None = None
    """The linked market."""
    market_title: str = ""
    markets: tuple[tuple[MarketId, str], ...] = ()
    """All that the station decides and that is not over, the likeliest to be meant first."""
    sign: int = 1
    """Which extreme the linked market asks: 1 the high, -1 the low; `running` and `official` are of that one."""
    extreme: ExtremeLine | None = None
    other: ExtremeLine | None = None
    """The day's other extreme."""
    often: tuple[TracePoint, ...] = ()
    """Five-minute and one-minute readings, apart from `trace`."""
    over: bool = False
    """The day has ended."""
    outcomes: tuple[OutcomeLine, ...] = ()
    pmf: tuple[tuple[int, float], ...] = ()
    """Chance of each official whole degree, by the law that prices the brackets."""
    groups: tuple[GroupLine, ...] = ()
    hazard_1h: float | None = None
    """Chance that a report of the next hour shows a new high, or low."""
    hazard_3h: float | None = None
    hazard_day: float | None = None
    """Chance that the official value lies beyond the running one."""
    flags: tuple[tuple[str, str], ...] = ()
    """(quality flag, what it means here)."""
    rain_hours: tuple[RainHour, ...] = ()
    inputs: tuple[InputLine, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    """(fact or feed, where its number is from)."""
    bell: bool = False
    """A notice is raised when the running extreme crosses an edge."""


class SettlementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One market that waits, is disputed, or has settled."""

    market: MarketId
    name: str
    rule: str
    closes: Nanos
    observed: str
    outcome: str
    """OPEN, WAITING, PROVISIONAL, DISPUTED, VOID, YES, NO or a bracket."""
    reason: str
    source: str
    steps: int
    """0 none, 1 settled, 2 sealed on disk, 3 credited."""
    payout: Money | None
    """To our account."""
    held: Money | None
    """In escrow while disputed."""
    stations: tuple[tuple[str, str, str, str, str], ...]
    """(id, km, reports, value, note)."""
    apart: tuple[float | None, ...] = ()
    """How far each of `stations` lies from the value they come to: the contract's unit, of rain a share of it."""
    spread: str = ""
    """How far they lie apart and what is allowed; empty with fewer than two."""
    record: int | None
    instrument: InstrumentId | None
    position: Qty
    outcomes: tuple[str, ...] = ()
    """What a ruling can decide for, in the contract's order; empty unless disputed, or contested by a later report."""
    note: str = ""
    """The trader's own; no part of any record."""
    noted_at: Nanos | None = None


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the settlement chain."""

    seq: int
    at: Nanos
    name: str
    outcome: str
    hash: str
    prev: str
    supersedes: int | None


class SettlementsView(msgspec.Struct, frozen=True, kw_only=True):
    """Queue, records, and the lamp."""

    queue: tuple[SettlementLine, ...]
    records: tuple[RecordLine, ...]
    """Newest first."""
    chain: str
    """verified, checking or broken."""
    chain_text: str
    count: int
    operator: bool
