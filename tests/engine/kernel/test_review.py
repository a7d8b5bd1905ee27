"""What a hostile reader tried on the kernel: hedges sold in halves, numbers that are none, names that are none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Flatten, Halt, Place, ReduceOnly, SetLimit
from engine.core.events import StoreChanged
from engine.core.ids import EMBEDDED, YOU, InstrumentId, VenueId
from engine.core.order import Status
from engine.core.units import DAY, MINUTE, Leg, Nanos, Qty, Side
from engine.store import ledger
from engine.views import topics
from engine.views.status import SpineView
from engine.views.weather import SettlementLine
from tests.engine.kernel.desk import DAY_OPENS, Desk, high, hours


def hedged() -> Desk:
    """A hundred pairs of YES and NO, which lose nothing whatever comes."""
    desk = Desk()
    desk.list()
    desk.place(qty=100)
    desk.place(Side.BUY, Leg.NO, qty=100)
    assert desk.state.losses.get("RAIN", 0) < Decimal("0.01")  # type: ignore[call-overload]
    return desk


@pytest.mark.parametrize(("gate", "command"), [("KILL", Halt(why="lunch")), ("REDUCE_ONLY", ReduceOnly(on=True))])
def test_p15_one_leg_of_a_pair_is_not_sold_while_only_reducing_is_allowed(
    gate: str, command: Halt | ReduceOnly
) -> None:
    """It makes a position smaller and what can be lost larger."""
    desk = hedged()
    desk.ask(command)
    for leg in Leg:
        sale = desk.place(Side.SELL, leg, qty=100)
        assert (sale.status, sale.why.split()[0]) == (Status.REFUSED, gate)


def test_p14_a_sale_out_of_a_hedge_meets_the_loss_limits() -> None:
    desk = hedged()
    desk.ask(SetLimit(gate="AT_RISK", value=Decimal(20)))
    sale = desk.place(Side.SELL, qty=100)
    assert sale.why.startswith("AT_RISK")
    assert desk.place(Side.SELL, qty=10).status is Status.FILLED  # within the limit


def test_p14_one_bracket_of_a_whole_set_meets_the_loss_limits() -> None:
    desk = Desk()
    desk.list(high())
    for outcome in range(4):
        assert desk.place(market="HIGH", outcome=outcome, qty=100).status is Status.FILLED
    desk.ask(SetLimit(gate="EVENT_EXPOSURE", value=Decimal(20)))
    assert desk.place(Side.SELL, market="HIGH", qty=100).why.startswith("EVENT_EXPOSURE")


def test_p15_flatten_ends_a_hedge_while_halted() -> None:
    """The sales together leave nothing that could be lost, though each alone would."""
    desk = hedged()
    desk.ask(Halt(why="lunch"))
    desk.ask(Flatten())
    assert not any(held.position.qty for held in desk.state.exchange.holdings("you"))  # type: ignore[arg-type]
    assert not desk.state.losses


def test_a_plain_sale_passes_a_halt() -> None:
    desk = Desk()
    desk.list()
    desk.place(qty=100)
    desk.ask(Halt(why="lunch"))
    assert desk.place(Side.SELL, qty=40).status is Status.FILLED


def test_p4_nobody_trades_while_the_disk_takes_nothing() -> None:
    """A full disk for a night would else hold every trade of the crowd in memory."""
    desk = Desk()
    desk.list()
    desk.do(StoreChanged(at=desk.at, ok=False, why="disk full"))
    trades, kept = desk.market().trades, len(desk.rows)
    desk.other(qty=5)
    assert (desk.market().trades, len(desk.rows), desk.state.declined) == (trades, kept, 1)
    desk.do(StoreChanged(at=desk.at, ok=True))
    desk.other(qty=5)
    assert desk.market().trades == trades + 1


@pytest.mark.parametrize("field", ["qty", "budget"])
@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "1E-999999"])
def test_p14_what_is_no_number_is_refused_and_its_row_can_be_kept(field: str, text: str) -> None:
    """A refused order is a row of the ledger; one that it cannot hold would halt trading for good."""
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.ask(desk.order(**{field: Decimal(text)}), gap=Nanos(1))
    refused = list(desk.state.register)[-1]
    assert (refused.status, refused.why.split()[0]) == (Status.REFUSED, "ORDER_FORM")
    for keep in desk.rows:
        ledger.check(keep.rows)
    assert desk.kernel.view(topics.ORDERS).rows[0].qty is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "instrument",
    [
        InstrumentId(EMBEDDED, "nowhere"),
        InstrumentId(EMBEDDED, "RAIN/7"),
        InstrumentId(EMBEDDED, f"RAIN/{'9' * 5_000}"),
        InstrumentId(VenueId("kalshi"), "KXHIGH-26"),
    ],
)
def test_p25_an_order_for_what_is_not_listed_leaves_the_blotter_readable(instrument: InstrumentId) -> None:
    desk = Desk()
    desk.list()
    desk.ask(Place(instrument=instrument, side=Side.BUY, qty=Qty(Decimal(1)), intent="odd"))
    assert desk.kernel.view(topics.ORDERS).rows[0].market == instrument.symbol[:80]  # type: ignore[attr-defined]


def test_the_days_fees_are_those_of_the_day() -> None:
    """The strip showed every fee since the ledger began as the day's."""
    desk = Desk()
    desk.list(high(opens=DAY_OPENS, closes=Nanos(DAY_OPENS + 3 * DAY)), fee_rate=Decimal("0.02"))
    first = desk.place(market="HIGH", qty=10).fee
    assert first > 0
    assert spine(desk).day_fees == first
    desk.run(Nanos(DAY_OPENS + DAY + 5 * MINUTE))
    assert spine(desk).day_fees == 0
    second = desk.place(market="HIGH", qty=20).fee
    assert spine(desk).day_fees == second
    assert desk.state.book.fees == first + second


def test_p1_a_settlement_is_not_shown_before_it_is_on_disk() -> None:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.observe(hours(20, 0, 0))
    before = spine(desk)
    desk.holding = True
    desk.settle()
    line = queue(desk)
    assert (line.outcome, line.steps, line.payout, line.reason) == ("WAITING", 0, None, "")
    assert (spine(desk).cash, spine(desk).equity) == (before.cash, before.equity)
    desk.free()
    line = queue(desk)
    assert (line.outcome, line.steps, line.payout) == ("YES", 3, Decimal(10))
    assert spine(desk).cash == before.cash + 10


def test_p1_money_on_screen_is_what_the_disk_has() -> None:
    """With a dead disk, equity stood 62 below the truth: the cost was gone and the shares were not there."""
    desk = Desk()
    desk.list(fee_rate=Decimal("0.02"))
    desk.holding = True
    desk.place(qty=100)
    assert (spine(desk).cash, spine(desk).equity) == (Decimal(1_000), Decimal(1_000))
    desk.free()
    held = desk.place(Side.SELL, qty=40)
    assert spine(desk).cash == desk.state.exchange.cash[YOU]
    assert held.status is Status.FILLED
    desk.holding = True
    cash = spine(desk).cash
    desk.place(Side.SELL, qty=40)
    assert spine(desk).cash == cash < desk.state.exchange.cash[YOU]


def spine(desk: Desk) -> SpineView:
    return desk.kernel.view(topics.SPINE)  # type: ignore[return-value]


def queue(desk: Desk) -> SettlementLine:
    return desk.kernel.view(topics.SETTLEMENTS).queue[0]  # type: ignore[attr-defined, no-any-return]
