"""The options market maker as its dock shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.commands import StrategyState
from engine.core.units import Side
from engine.kernel.rfq import finding
from engine.kernel.strategies.context import Holding, sends
from engine.strategies import option_making, option_sight
from engine.strategies.option_making import Made, OptionMaking
from engine.strategies.taking_back import TRIES
from engine.views.option_quoter import OptionQuoterLine, OptionQuoterView

if TYPE_CHECKING:
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat


def view(state: State) -> OptionQuoterView | None:
    """Return every option that is named; None in a session without the maker."""
    strategy = next((one for one in state.strategies.all if isinstance(one, OptionMaking)), None)
    seat = state.strategies.seats.get(option_making.NAME)
    context = state.strategies.context
    if strategy is None or seat is None or context is None:
        return None
    values = strategy.values[option_making.NAME]
    rows = [
        _line(state, seat, strategy, state.listings[one.instrument.id])
        for one in strategy.named(context)
    ]  # fmt: skip
    why = f"halted: {seat.halted}" if seat.halted else "" if rows else option_making.NO_MARKET.text
    return OptionQuoterView(
        rows=tuple(rows), state=seat.state.value, sends=sends(state, seat), why=why, markets=str(values["markets"]),
        pulled=bool(values["pull"]),
        facts=(
            ("aggression", f"{values['aggression']:g}"), ("size", f"{values['size']:g}"),
            ("max", f"{values['max_position']:g}"), ("skew", f"{values['skew']:g}"),
            ("refresh", f"{values['refresh']:g} s"),
        ),
        now=state.now,
    )  # fmt: skip


def _line(state: State, seat: Seat, strategy: OptionMaking, listing: Listing) -> OptionQuoterLine:
    one = strategy.made.get(listing.instrument.id) or Made()
    instrument, own = listing.instrument, Holding(state, seat)
    unit = float(instrument.unit)
    bid = ask = None
    for order in own.working.values():
        if order.instrument == instrument.id:
            if order.side is Side.BUY:
                bid = order.price * unit
            else:
                ask = order.price * unit
    held = option_sight.held(own, instrument.id)
    mark, book, two = listing.mark, listing.book, one.two
    coins = held * float(instrument.contract_size)
    greeks = one.greeks
    desk = state.desks.get(instrument.id.venue)
    stuck = [key for key in strategy.backs.stuck if key.startswith(f"{instrument.id.venue}/{instrument.id.symbol} ")]
    word, note = _state(state, seat, one, bid is not None, ask is not None)
    if stuck and word not in {"OFF", "SHADOW"}:
        sides = " and ".join("bid" if key.endswith(Side.BUY.value) else "ask" for key in stuck)
        word, note = (
            "BLOCKED",
            f"its {sides} could not be taken back in {TRIES} tries and stands until it ends",
        )
    most = seat.value("max_position")
    return OptionQuoterLine(
        instrument=instrument.id, name=finding.name(instrument),
        venue=instrument.id.venue if desk is None else desk.facts.title, state=word, note=note,
        best_bid=None if book.best_bid is None or listing.stale else book.best_bid * unit,
        best_ask=None if book.best_ask is None or listing.stale else book.best_ask * unit,
        mid=None if two is None else two.mid,
        mark=None if mark is None or mark.price is None else float(mark.price),
        iv=None if mark is None else mark.mark_iv, half=None if two is None else two.half,
        skew=None if two is None else two.skew,
        want_bid=None if "buy" not in one.want else one.want["buy"] * unit,
        want_ask=None if "sell" not in one.want else one.want["sell"] * unit,
        bid=bid, ask=ask, held=Decimal(repr(held)), room=Decimal(str(most)),
        delta=None if greeks is None else coins * greeks[0], gamma=None if greeks is None else coins * greeks[1],
        vega=None if greeks is None else coins * greeks[2], fills=one.fills,
        marked=one.marked, edge=one.edge if one.marked else None, fees=one.fees, updated_at=one.updated,
    )  # fmt: skip


def _state(state: State, seat: Seat, one: Made, bid: bool, ask: bool) -> tuple[str, str]:
    if seat.state is StrategyState.OFF:
        return "OFF", "the options market maker is switched off"
    if seat.value("pull"):
        return "PULLED", option_making.PULLED.text
    if seat.halted:
        return "BLOCKED", seat.halted
    if not one.want:
        return "WAITING", one.note or "not looked at yet"
    if not sends(state, seat):
        return "SHADOW", "nothing is sent: these quotes would rest"
    if bid and ask:
        return "QUOTING", one.note
    if bid or ask:
        return "ONE_SIDE", one.note or seat.last_said
    return "WAITING", one.note or seat.last_said or "nothing of it rests yet"
