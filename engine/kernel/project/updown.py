"""The Up/Down window that is looked at, as the cockpit shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.core.ids import POLYMARKET
from engine.core.units import SECOND, Leg, Side
from engine.kernel import answering
from engine.maths.binary import annual
from engine.strategies.updown import UpDown
from engine.views.updown import FillMark, Point, UpDownView, WindowChip

if TYPE_CHECKING:
    from engine.kernel.state import State
    from engine.strategies.updown_window import Seen

TOP: Final = 10_000
CHIPS: Final = 6


def view(state: State) -> UpDownView | None:
    """Return the window that ends first of those that run, or the next to begin; None when none is listed."""
    engine = next((one for one in state.strategies.all if isinstance(one, UpDown)), None)
    seen = None if engine is None else engine.focus(state.now)
    listing = None if seen is None else state.listings.get(seen.instrument)
    if engine is None or seen is None or listing is None:
        return None
    spot, sight = seen.spot, seen.sight
    runs = seen.window.start <= state.now < seen.window.end
    looks = seen.look(state.now, float(engine.values[engine.specs[0].name]["oracle_delay_s"]))
    known = looks and spot.volatility.valid
    pace = 1.0 if POLYMARKET not in state.desks else state.desks[POLYMARKET].facts.pace
    counted = spot.regime.counted()
    bid, ask = (None if one is None else one / TOP for one in seen.touch())
    return UpDownView(
        instrument=seen.instrument,
        asset=seen.asset,
        interval=seen.window.interval,
        start=seen.window.start,
        end=seen.window.end,
        now=state.now,
        runs=runs,
        source_text=listing.instrument.source[:80],
        spot=spot.price or None,
        spot_age_s=None if spot.heard_at is None else max(0.0, (state.now - spot.heard_at) / SECOND / pace),
        rate=spot.rate(),
        vwap=spot.vwap.value,
        strike=sight.strike if seen.source else None,
        strike_source=seen.source,
        beta=seen.beta,
        pairs=len(spot.basis.pairs),
        z=sight.z if known else None,
        sigma=spot.volatility.sigma if spot.volatility.valid else None,
        sigma_year=annual(spot.volatility.sigma) if spot.volatility.valid else None,
        samples=spot.volatility.samples,
        p_up=sight.p_up if known else None,
        bid=bid,
        ask=ask,
        up_edge=None if not known or ask is None else 100 * (sight.p_up - ask),
        down_edge=None if not known or bid is None else 100 * (sight.p_down - (1.0 - bid)),
        stale=listing.stale,
        house="" if seen.house.side is None else seen.house.side.value,
        house_at=seen.house_at,
        regime=counted.regime.value,
        dominant=counted.dominant if counted.ticks else None,
        path=tuple(Point(step.at, step.spot, step.p_up, step.mid) for step in seen.path),
        fills=_fills(state, seen),
        windows=tuple(
            WindowChip(
                one.instrument, _title(one), one.window.start <= state.now < one.window.end, state.now >= one.window.end
            )
            for one in engine.order[:CHIPS]
        ),
    )


def _title(seen: Seen) -> str:
    begins = datetime.fromtimestamp(seen.window.start // SECOND, UTC)
    return f"{seen.asset.upper()} {seen.window.interval} {begins:%H:%M}"


def _fills(state: State, seen: Seen) -> tuple[FillMark, ...]:
    found = []
    for row in answering.of_instrument(state, seen.instrument):
        yes = row.leg is Leg.YES
        price = float(row.price) if yes else 1.0 - float(row.price)
        found.append(FillMark(row.at, (row.side is Side.BUY) is yes, price, float(row.qty)))
    return tuple(found)
