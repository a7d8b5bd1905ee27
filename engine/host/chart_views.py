"""What the host's charts keep, as views: bars to arrays, and on them what the state says of orders, fills and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.units import HOUR, Nanos
from engine.kernel.project import charting
from engine.maths.bars import INTERVALS, Bar, fair_joins, joins
from engine.views.chart import ChartView, HeatView, Hole, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.zone import Zone
    from engine.host.charts import Kept
    from engine.kernel.project.charting import Found
    from engine.kernel.state import State

BUBBLES: Final = 2_000
"""Trades drawn on a book over time."""
NAN: Final = float("nan")


def chart(
    state: State, one: Found, kept: Kept, spot: Kept | None, interval: str, zone: Zone, zones: tuple[Zone, ...]
) -> ChartView:
    """Return the view of a chart."""
    span = INTERVALS[interval]
    bars = kept.bars.of(span, zone)
    at = np.fromiter((bar.at for bar in bars), np.int64, len(bars))
    prices = np.array([(b.open, b.high, b.low, b.close, b.volume, b.signed) for b in bars], np.float64).reshape(-1, 6)
    trades = np.fromiter((bar.trades for bar in bars), np.int64, len(bars))
    prices[trades == 0, :4] = NAN
    dock, why = charting.mood(state, one)
    seen, unit = kept.glance, "c" if one.binary else ""
    dealt = next((bar.close for bar in reversed(bars) if bar.trades), None)
    return ChartView(
        instrument=one.id,
        title=charting.title(state, one),
        state=dock,
        why=why,
        interval=interval,
        zone=zone,
        zones=zones,
        now=state.now,
        binary=one.binary,
        at=at,
        ends=at + span if span <= HOUR else np.array([zone.after(bar.at, span) for bar in bars], np.int64),
        open=prices[:, 0],
        high=prices[:, 1],
        low=prices[:, 2],
        close=prices[:, 3],
        trades=trades,
        volume=prices[:, 4],
        signed=prices[:, 5],
        mid=_line("mid", unit, bars, lambda bar: bar.mid, joins),
        fair=_line("fair", unit, bars, lambda bar: bar.fair, fair_joins),
        under=_under(kept, spot, span, zone),
        under_levels=() if kept.under is None else kept.under.levels,
        holes=_holes(kept, state.now),
        orders=charting.orders(state, one),
        fills=charting.fills(state, one),
        moments=charting.moments(state, one),
        bid=None if seen is None else seen.bid,
        ask=None if seen is None else seen.ask,
        last=dealt,
        since=_since(kept, bars),
    )


def heat(state: State, one: Found, kept: Kept, every: int, zone: Zone, zones: tuple[Zone, ...]) -> HeatView | None:
    """Return the view of a book over time; None of what has no book of cents."""
    if kept.columns is None:
        return None
    cut = kept.columns.cut()
    dock, why = charting.mood(state, one)
    begins = int(cut.at[0]) if len(cut.at) else state.now
    prints, _, _ = charting.prints(state, one, None)
    shown = [each for each in prints[-BUBBLES:] if each.at >= begins - every]
    side = [0 if each.bought is None else 1 if each.bought else -1 for each in shown]
    return HeatView(
        instrument=one.id,
        title=charting.title(state, one),
        state=dock,
        why=why,
        zone=zone,
        zones=zones,
        now=state.now,
        every=every,
        at=cut.at,
        bids=cut.bids,
        asks=cut.asks,
        best_bid=cut.best_bid,
        best_ask=cut.best_ask,
        trades_at=np.array([each.at for each in shown], np.int64),
        trades_price=np.array([each.price for each in shown], np.float32),
        trades_qty=np.array([each.qty for each in shown], np.float32),
        trades_side=np.array(side, np.int8),
        orders=charting.orders(state, one),
        fills=charting.fills(state, one),
        since="recorded since it was first looked at",
    )


def _line(
    name: str,
    unit: str,
    bars: Sequence[Bar],
    value: Callable[[Bar], float | None],
    leads: Callable[[Bar, Bar], bool],
) -> Line:
    """Return what bars last saw, at their last look; what is unknown parts the line."""
    at, values, joined = [], [], []
    before: Bar | None = None
    for bar in bars:
        if not bar.first:
            continue
        found = value(bar)
        if found is not None:
            at.append(bar.at)
            values.append(found)
            joined.append(before is not None and leads(before, bar))
        before = bar if found is not None else None
    return Line(
        name=name,
        unit=unit,
        at=np.array(at, np.int64),
        value=np.array(values, np.float64),
        joined=np.array(joined, bool),
    )


def _under(kept: Kept, spot: Kept | None, span: int, zone: Zone) -> Line | None:
    """Return what decides an instrument as a line."""
    found = kept.under
    if found is None:
        return None
    if found.instrument is None:
        at = np.array([when for when, _ in found.points], np.int64)
        near = [n > 0 and at[n] - at[n - 1] <= found.holds for n in range(len(at))]
        values = np.array([value for _, value in found.points], np.float64)
        return Line(name=found.name, unit=found.unit, at=at, value=values, joined=np.array(near, bool))
    if spot is None:
        return None
    bars = [bar for bar in spot.bars.of(span, zone) if bar.trades or bar.mid is not None]
    values = np.array([bar.mid if bar.mid is not None else bar.close for bar in bars], np.float64)
    at = np.array([bar.at for bar in bars], np.int64)
    near = [n > 0 and (joins(bars[n - 1], bar) or _follows(bars[n - 1], bar, span)) for n, bar in enumerate(bars)]
    return Line(name=found.name, unit=found.unit, at=at, value=values, joined=np.array(near, bool))


def _follows(before: Bar, after: Bar, span: int) -> bool:
    """Whether both stretches had trades and one comes right after the other."""
    return bool(before.trades) and bool(after.trades) and after.at - before.at <= span


def _holes(kept: Kept, now: Nanos) -> tuple[Hole, ...]:
    found = [*kept.older, *kept.holes]
    if kept.bad_from is not None and now > kept.bad_from:
        found.append(Hole(Nanos(kept.bad_from), now, kept.why))
    return tuple(found)


def _since(kept: Kept, bars: Sequence[Bar]) -> str:
    """Return how far back it goes, in words."""
    if not kept.past:
        return "reading back what is on disk"
    return f"back to {kept.past}" if kept.past.startswith("the last") else kept.past if bars else "nothing traded yet"
