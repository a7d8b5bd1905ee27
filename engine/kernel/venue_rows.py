"""What the kernel keeps of venues, as rows of the ledger; everything else is in `rows`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.effects import Row
from engine.core.ids import YOU, AccountId
from engine.core.instrument import Roster
from engine.core.snapshot import LIVE
from engine.core.units import Money
from engine.exchange.answers import CashMove
from engine.kernel import rows
from engine.kernel.rostering import roster_of

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.snapshot import FillRow
    from engine.core.units import Nanos
    from engine.kernel.state import State
    from engine.orders.register import Order

AT: Final = "@"
_json = msgspec.json.Encoder(decimal_format="string")


def order(state: State, one: Order) -> Row:
    """Return an order's row as it now stands; while an amendment has no answer, with the larger of both quantities."""
    row = rows.order(one, state.session.mode)
    if one.amending is not None:
        row.values["qty"] = rows.text(one.most)
    return row


def fill(one: FillRow, *, nets: int, maker: bool) -> Row:
    """Return the row of a fill on a venue; positions are folded from these, as `nets` (a `Booking`) has it."""
    return Row(
        "fills",
        {
            "trade_id": one.trade_id,
            "order_id": one.order,
            "at": one.at,
            "venue": one.instrument.venue,
            "symbol": one.instrument.symbol,
            "side": one.side.value,
            "leg": one.leg.value,
            "price": rows.text(one.price),
            "qty": rows.text(one.qty),
            "cost": rows.text(one.cost),
            "fee": rows.text(one.fee),
            "realised": rows.text(one.realised),
            "slippage": one.slippage,
            "tag": one.tag,
            "nets": int(nets),
            "maker": int(maker),
        },
    )


def cash(state: State, venue: VenueId, moved: Money, fee: Money, ref: str, kind: str = "trade") -> tuple[Row, ...]:
    """Return the double entry of money that came into our account on a venue (`moved` before the fee).

    Live, the venue's own account is the money; nothing is entered.
    """
    if state.session.mode == LIVE:
        return ()
    lines = [(YOU, Money(moved), kind), ("market", Money(-moved), kind)]
    if fee:
        lines += [(YOU, Money(-fee), "fee"), ("fees", fee, "fee")]
    moves = [CashMove(AccountId(f"{who}{AT}{venue}"), amount, what, ref) for who, amount, what in lines if amount]
    return rows.cash(moves, state.now)


def deposit(venue: VenueId, amount: Money, at: Nanos) -> tuple[Row, ...]:
    """Return the double entry of paper money that a session begins with."""
    ours = AccountId(f"{YOU}{AT}{venue}")
    moves = [
        CashMove(ours, amount, "deposit", ""),
        CashMove(AccountId("outside"), Money(-amount), "deposit", ""),
    ]
    return rows.cash(moves, at)


def roster(state: State, instrument: InstrumentId, *, again: bool = False) -> tuple[Row, ...]:
    """Return the row of an instrument's family, if the ledger does not have it yet."""
    listing = state.listings.get(instrument)
    if listing is None or (listing.instrument.family in state.rostered and not again):
        return ()
    found = roster_of(state, instrument)
    if found is None:
        return ()
    family, instruments = found
    state.rostered.add(family.id)
    body = _json.encode(Roster(family=family, instruments=instruments)).decode()
    return (Row("listings", {"family": family.id, "body": body}),)
