"""What is kept of strategies, through a real ledger: rows as the kernel writes them, and what a session starts with."""

from __future__ import annotations

from decimal import Decimal

from engine.core.commands import StrategyState
from engine.core.ids import DERIBIT, KALSHI, InstrumentId
from engine.core.snapshot import FillRow, ParameterRow, StrategyHeldRow, StrategyRow
from engine.core.units import DAY, NO_MONEY, Leg, Money, Qty, Side
from engine.kernel import venue_rows
from engine.kernel.strategies import keeping
from engine.portfolio.netting import Booking, Traded, book
from engine.portfolio.position import Position
from engine.store import history, load, migrations
from engine.store.writer import Writer
from tests.engine.kernel.strategies.desk import NAME, ONE, Running, books
from tests.faults.work import SESSION


def kept(path, *keeps) -> load.Snapshot:
    migrations.apply(path)
    trouble = []
    writer = Writer(path, None, on_kept=lambda *_: None, on_trouble=lambda *told: trouble.append(told))
    writer.start()
    for rows in keeps:
        writer.keep(rows, "")
    assert writer.stop()
    assert trouble == []
    return load.load(path, SESSION)


def test_a_ledger_gives_back_what_the_kernel_kept(tmp_path):
    session = Running()
    session.told("limit", "3950")
    session.switch("shadow")
    session.switch("paper")
    session.quote(books(3_800, 3_900))
    session.run(1)
    order = session.orders()[0]
    session.trade(order, 5, Decimal("0.05"))
    session.run(1)
    keeps = [
        tuple(keeping.Row(table, values) for values in rows.values())
        for table, rows in session.ledger.strategies.items()
    ]
    keeps.append((keeping.Row("orders", session.ledger.orders[order.id]),))
    found = kept(tmp_path / "ledger-paper.db", *keeps)
    assert found.strategies == (StrategyRow(name=NAME, state="paper", halted="", halted_at=None),)
    assert found.parameters == (ParameterRow(strategy=NAME, name="limit", value="3950"),)
    (day,) = found.strategy_days
    assert (day.strategy, day.day, day.realised, day.fees, day.fills, day.orders) == (
        NAME, session.at // DAY, 0, Decimal("0.05"), 1, 1
    )  # fmt: skip
    held = StrategyHeldRow(strategy=NAME, instrument=ONE, leg=Leg.YES, qty=Decimal(5), cost=Decimal("1.95"))
    assert found.strategy_held == (held,)
    assert [one.strategy for one in found.orders] == [NAME]


def test_what_an_inverse_future_was_quoted_at_is_given_back_also_where_an_older_version_did_not_keep_it(tmp_path):
    session = Running()
    session.told("limit", "3950")
    session.switch("paper")
    session.quote(books(3_800, 3_900))
    session.run(1)
    (order,) = session.ledger.orders.values()
    perpetual, face = InstrumentId(DERIBIT, "BTC-PERPETUAL"), Qty(Decimal(6_000))
    held = {(perpetual, Leg.YES): Position()}
    traded = Traded(Side.BUY, Leg.YES, face, Money(Decimal(6_000)), Decimal(60_000))
    book(held, perpetual, traded, NO_MONEY, nets=Booking.INVERSE)
    position = held[perpetual, Leg.YES]
    assert position.quoted == Decimal("0.1")
    session.seat.real.put((perpetual, Leg.YES), position)
    row = keeping.held(session.seat, perpetual, Leg.YES)
    fill = FillRow(
        trade_id="t", order=order["id"], at=session.at, instrument=perpetual, side=Side.BUY, leg=Leg.YES,
        price=Decimal(60_000), qty=face, cost=Money(Decimal(6_000)), fee=NO_MONEY, realised=NO_MONEY,
    )  # fmt: skip
    sent = keeping.Row("orders", {**order, "venue": DERIBIT, "symbol": perpetual.symbol})
    for number, quoted in enumerate((row.values["quoted"], None)):
        values = keeping.Row("strategy_held", {**row.values, "quoted": quoted})
        found = kept(
            tmp_path / f"{number}.db", (values, sent, venue_rows.fill(fill, nets=Booking.INVERSE, maker=False))
        )
        (given,) = found.strategy_held
        assert (given.qty, given.quoted) == (6_000, Decimal("0.1"))


def test_a_flat_position_is_not_given_back_and_a_halt_is(tmp_path):
    session = Running()
    session.seat.halted, session.seat.halted_at = "31 fills within 60 s", session.at
    session.seat.state = StrategyState.PAPER
    flat = keeping.held(session.seat, InstrumentId(KALSHI, "X"), Leg.NO)
    found = kept(tmp_path / "ledger-paper.db", (keeping.row(session.seat), flat))
    assert found.strategy_held == ()
    assert found.strategies[0].halted == "31 fills within 60 s"
    assert found.strategies[0].halted_at == session.at


def test_a_lines_orders_are_given_back_however_many_another_sent_since(tmp_path):
    session = Running()
    session.told("limit", "3950")
    session.switch("paper")
    session.quote(books(3_800, 3_900))
    session.run(1)
    (order,) = session.ledger.orders.values()

    def sent(number: int, strategy: str | None, status: str = "canceled") -> keeping.Row:
        terms = {"id": f"o-{number:06d}", "intent": f"i-{number}", "client": f"c-{number}", "status": status}
        return keeping.Row("orders", {**order, **terms, "strategy": strategy})

    rows = [sent(1, "latency_arb", "filled"), sent(2, None), sent(3, "latency_arb", "working")]
    rows += [sent(10 + n, "market_maker") for n in range(history.ORDERS_OF + 50)]
    found = kept(tmp_path / "ledger.db", rows)
    by = [one.strategy for one in found.orders]
    assert by.count("latency_arb") == 2, "its window still runs, and its shares are held: the other side is not bought"
    assert by.count("market_maker") == history.ORDERS_OF
    assert by.count("") == 0, "of those sent by hand the last are told, as of all together"
    assert [one.id for one in found.orders] == sorted(one.id for one in found.orders)
