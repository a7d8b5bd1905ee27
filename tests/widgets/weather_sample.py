"""Views of the weather, the settlements and the result, with figures like those of a summer afternoon in Chicago."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import h3
import msgspec

from engine.core.ids import EMBEDDED, Cell, InstrumentId, MarketId, StationId
from engine.core.units import HOUR, MINUTE, SECOND, Money, Nanos, Qty
from engine.views.account import PnlPoint, PnlView
from engine.views.station import ExtremeLine, GroupLine, InputLine, OutcomeLine
from engine.views.weather import (
    CellLine,
    CellsView,
    FanPoint,
    RecordLine,
    SettlementLine,
    SettlementsView,
    StationPin,
    StationView,
    TracePoint,
)

NOW = Nanos(1_783_107_127 * SECOND)
"""2026-07-03 19:32:07 UTC."""
DAY_FROM = Nanos(NOW // (24 * HOUR) * 24 * HOUR + 6 * HOUR)
MIDWAY = (41.78611, -87.75222)
CELL = Cell(h3.latlng_to_cell(*MIDWAY, 6))
MARKET = MarketId("ATMX-872664521ffffff-TEMP_MAX-88F-20260703")
PINS = (
    ("KMDW", 41.78611, -87.75222, "84°", True),
    ("KORD", 41.995, -87.9336, "85°", False),
    ("KDPA", 41.8964, -88.2511, "86°", False),
    ("KLOT", 41.6067, -88.0848, "86°", False),
    ("KARR", 41.7719, -88.4756, "—", False),
)


GROUPS = tuple(
    GroupLine(
        hours=hours, starts=Nanos(DAY_FROM + int(start * HOUR)), at=Nanos(DAY_FROM + int(end * HOUR)), tells=tells
    )
    for hours, start, end, tells in (
        (6, 11.884, 17.884, "exact high of its hours: the day's is 84 or more"),
        (6, 17.884, 23.884, "exact high of its hours"),
        (24, 0, 23.884, "names the official high"),
    )
)


def outcome(index: int, label: str, low: float | None, high: float | None, model: float, **more: Any) -> OutcomeLine:
    given: dict[str, Any] = {
        "standing": "open",
        "why": "",
        "model_low": model - 0.04,
        "model_high": model + 0.05,
    } | more
    return OutcomeLine(
        instrument=InstrumentId(EMBEDDED, f"{MARKET}/{index}"), label=label, low=low, high=high, model=model, **given
    )


def extreme(**changes: Any) -> ExtremeLine:
    """Return a running high of 84, or 85 as far as sampled."""
    given = ExtremeLine(
        sign=1, bound=84, bound_at=Nanos(DAY_FROM + int(12.9 * HOUR)), by="84 °F by T group, METAR 12:53 LST, IEM",
        so_far=(84, 85), capped=False, named=(), official=None, official_source="",
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


LAW: dict[str, Any] = {
    "pmf": ((84, 0.2), (85, 0.25), (86, 0.4), (87, 0.02), (88, 0.13)),
    "extreme": extreme(),
    "outcomes": (
        outcome(0, "≤ 83", None, 83, 0.0, standing="dead", why="running high 84 °F"),
        outcome(1, "84-85", 84, 85, 0.45, standing="holds"),
        outcome(2, "86-87", 86, 87, 0.42),
        outcome(3, "88-89", 88, 89, 0.13),
        outcome(4, "90-91", 90, 91, 0.0),
        outcome(5, "≥ 92", 92, None, 0.0),
    ),
}
"""What the reports and the model say of the sample's brackets."""


def line(cell: str, **changes: Any) -> CellLine:
    lat, lon = h3.cell_to_latlng(cell)
    warm = 1 / (1 + math.exp(-6 * ((-87.72 - lon) + 1.4 * (41.75 - lat) - 0.25)))
    p = min(0.98, max(0.01, warm * (0.85 + 0.15 * math.sin(97 * lat + 41 * lon))))
    return msgspec.structs.replace(
        CellLine(
            cell=Cell(cell),
            probability=p,
            edge=5.5 * math.sin(60 * lat + 33 * lon),
            p50=82.0 + 8 * p,
            spread=3.2 + 2 * p,
            observed=None,
            exposure=None,
            stations=0,
            market=None,
            mine=False,
        ),
        **changes,
    )


def cells_view(**changes: Any) -> CellsView:
    """Return the cells around Midway, those over the lake without a value."""
    disk = h3.grid_disk(h3.latlng_to_cell(41.85, -88.0, 6), 14)
    land = sorted(
        cell for cell in disk if h3.cell_to_latlng(cell)[1] < -87.62 + 0.25 * (41.9 - h3.cell_to_latlng(cell)[0])
    )
    mine = {"market": MARKET, "mine": True, "stations": 1, "exposure": Money(Decimal("26.32")), "observed": 83.8}
    return msgspec.structs.replace(
        CellsView(
            market=MARKET,
            title="high ≥ 88 °F · Fri 3 Jul 2026",
            resolution=6,
            unit="°F",
            run="HRRR 18Z",
            run_at=Nanos(NOW - 92 * MINUTE),
            cells=tuple(line(cell, **mine) if cell == CELL else line(cell) for cell in land),
            stations=tuple(
                StationPin(id=StationId(i), lat=lat, lon=lon, text=text, settles=settles)
                for i, lat, lon, text, settles in PINS
            ),
            selected=CELL,
            evidence=(
                ("KMDW METAR 13:53", "28.9 °C = 84", True),
                ("5-min obs 14:30", "83.8 °F", True),
                ("KORD METAR 13:51", "85 °F", True),
                ("CLI MDW final", "04 Jul ~06:46Z", False),
            ),
            facts=(
                ("p(≥ 88 °F) model", "26.0 %"),
                ("p(≥ 88 °F) market", "26.9 %"),
                ("Forecast p50", "86.5 °F"),
                ("p10 – p90", "84.4 – 88.5"),
                ("Settlement station", "KMDW"),
                ("Stations in ring 2", "3"),
                ("My exposure", "−$26.32"),
            ),
            center=(41.83, -88.0),
        ),
        **changes,
    )


def station_view(**changes: Any) -> StationView:
    """Return Midway's day at 14:32 CDT: running high 84."""
    hours = [(6, 71.1), (7, 72.0), (8, 74.1), (9, 76.1), (10, 78.1), (11, 80.1), (11.9, 82.0), (12.9, 84.0)]
    trace = [TracePoint(at=Nanos(DAY_FROM + int(h * HOUR)), value=v, exact=True) for h, v in hours]
    trace.append(TracePoint(at=Nanos(NOW - 2 * MINUTE), value=83.8, exact=False))
    fan = [
        FanPoint(at=Nanos(DAY_FROM + h * HOUR), p10=m - w, p50=m, p90=m + w)
        for h, m, w in (
            (14, 85.2, 0.8), (15, 86.4, 1.4), (16, 86.2, 1.9), (17, 85.1, 2.2), (18, 83.0, 2.4),
            (19, 80.6, 2.6), (20, 78.4, 2.8), (21, 76.6, 2.9), (22, 75.0, 3.0), (23, 73.5, 3.1),
        )
    ]  # fmt: skip
    return msgspec.structs.replace(
        StationView(
            id=StationId("KMDW"),
            name="Chicago Midway",
            unit="°F",
            now=NOW,
            day_from=DAY_FROM,
            day_to=Nanos(DAY_FROM + 24 * HOUR),
            utc_offset_hours=-6,
            state="live",
            why="",
            running=84,
            running_at=Nanos(DAY_FROM + int(12.9 * HOUR)),
            candidates=(),
            official=None,
            official_source="",
            last=83.8,
            last_at=Nanos(NOW - 2 * MINUTE),
            rate=1.1,
            rain=None,
            gust=18,
            trace=tuple(trace),
            fan=tuple(fan),
            levels=(
                ("≤ 83", None, 83.0),
                ("84-85", 84.0, 85.0),
                ("86-87", 86.0, 87.0),
                ("88-89", 88.0, 89.0),
                ("90-91", 90.0, 91.0),
                ("≥ 92", 92.0, None),
            ),
            threshold=None,
            facts=(
                ("Hazard of a new high", "89.1 %"),
                ("High p10 · p50 · p90", "84.4 · 86.5 · 88.5"),
                ("Expected time of the high", "15:10"),
                ("Climate day ends", "10:27 left"),
                ("Next METAR", "14:53 in 20:53"),
            ),
            feeds=(("METAR KMDW", "live", "39 m"), ("5-min obs", "live", "2 m"), ("HRRR 18Z", "ageing", "92 m")),
            inputs=(
                InputLine(
                    name="METAR KMDW", provider="IEM", state="live", at=NOW, detail="METAR KMDW 031953Z 28/22 T02890222"
                ),
            ),
        ),
        **changes,
    )


def rain_view(**changes: Any) -> StationView:
    """Return a station of a rain contract, 2.5 mm, in inches."""
    rain = [(14, 0.0), (15, 0.02), (16, 0.02), (17, 0.06), (18, 0.13), (18.5, 0.13)]
    given = station_view(
        unit="in",
        running=None,
        running_at=None,
        last=None,
        last_at=Nanos(NOW - 39 * MINUTE),
        rate=None,
        rain=Decimal("0.13"),
        levels=(),
        threshold=0.0984,
        fan=(),
        trace=tuple(TracePoint(at=Nanos(DAY_FROM + int((h - 6) * HOUR)), value=v, exact=True) for h, v in rain),
        facts=(("Threshold", "2.5 mm = 0.098 in"), ("Window", "08:00 – 16:00")),
    )
    return msgspec.structs.replace(given, **changes)


def settlement(n: int, outcome: str, **changes: Any) -> SettlementLine:
    names = ("KMDW high", "KNYC high", "87a8…cell rain > 25 mm", "KPHL high", "KMIA high", "KDEN high", "KAUS high")
    return msgspec.structs.replace(
        SettlementLine(
            market=MarketId(f"M{n}"),
            name=names[n % len(names)],
            rule="CHI 86-87 °F",
            closes=Nanos(NOW + n * HOUR),
            observed="87 °F",
            outcome=outcome,
            reason="",
            source="CLI MDW 06:44Z",
            steps=0,
            payout=None,
            held=None,
            stations=(),
            record=None,
            instrument=InstrumentId(EMBEDDED, f"M{n}/0"),
            position=Qty(Decimal(24)),
        ),
        **changes,
    )


def settlements_view(**changes: Any) -> SettlementsView:
    """Return a queue with every outcome there is, and twelve records."""
    evidence = (
        ("KDPA", "3.1", "8", "28.4", "ok"),
        ("KARR", "11.8", "8", "34.6", "SPECI repeats P: ignored"),
        ("KORD", "24.0", "8", "21.3", "ok"),
    )
    queue = (
        settlement(0, "86-87", steps=3, payout=Money(Decimal("14.76")), record=1203),
        settlement(1, "NO", steps=2, payout=Money(Decimal("-4.70")), record=1202, observed="81 °F"),
        settlement(2, "DISPUTED", observed="28.1 mm", reason="spread 24 % > 20 %", source="3 stations",
                   held=Money(Decimal("12.40")), stations=evidence, record=1204, rule="LMSR b 120"),
        settlement(3, "YES", steps=3, payout=Money(Decimal("4.20")), record=1201, observed="88 °F"),
        settlement(4, "PROVISIONAL", observed="91 °F", source="24 h group"),
        settlement(5, "WAITING", observed="—", source="CLI DEN ~07:31Z"),
        settlement(6, "OPEN", observed="", source="", reason="closes in 16:55:20"),
        settlement(7, "VOID", observed="—", reason="no_stations", record=1200),
    )  # fmt: skip
    records = tuple(
        RecordLine(
            seq=1204 - n,
            at=Nanos(NOW - n * 17 * MINUTE),
            name=("87a8…cell rain > 25 mm", "KMDW 2026-07-03 high 87", "KNYC 2026-07-03 high 81")[n % 3],
            outcome=("DISPUTED", "YES", "NO")[n % 3],
            hash=f"{(n * 7919 + 12345):08x}" * 8,
            prev=f"{((n + 1) * 7919 + 12345):08x}" * 8,
            supersedes=1200 if n == 0 else None,
        )
        for n in range(12)
    )
    return msgspec.structs.replace(
        SettlementsView(
            queue=queue,
            records=records,
            chain="verified",
            chain_text="1 204 of 1 204 links recomputed 07:04:38Z, 0.11 s",
            count=1204,
            operator=False,
        ),
        **changes,
    )


def pnl_view(**changes: Any) -> PnlView:
    """Return a day that dips, recovers and ends at +3.18."""
    points = []
    for n in range(120):
        realised = 0.7 * (n // 30)
        unrealised = 2.6 * math.sin(n / 19) - (1.9 if n < 40 else 0)
        fees = 0.004 * n
        points.append(
            PnlPoint(
                at=Nanos(NOW - (120 - n) * 2 * MINUTE),
                total=realised + unrealised - fees,
                realised=realised,
                unrealised=unrealised,
                fees=fees,
            )
        )
    return msgspec.structs.replace(
        PnlView(
            points=tuple(points),
            by_market=(("CHI 86-87 °F", Money(Decimal("1.80"))), ("NYC 82-83 °F", Money(Decimal("-0.33")))),
            total=Money(Decimal("3.18")),
            realised=Money(Decimal("1.64")),
            unrealised=Money(Decimal("1.98")),
            fees=Money(Decimal("0.44")),
        ),
        **changes,
    )
