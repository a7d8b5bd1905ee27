from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.commands import Place
from engine.core.effects import Row
from engine.core.errors import StoreError
from engine.core.ids import YOU, MarketId, OrderId, StrategyId, embedded
from engine.core.trade import Between, Booked, Ours, Traded
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks
from engine.store import booking, database, ledger, migrations

MICRO = Decimal("0.000001")
AMOUNT = st.integers(0, 10**12).map(lambda micros: micros * MICRO)
NOT_NUMBERS = [Decimal("NaN"), Decimal("Infinity")]


def booked(seq: int = 1, *, ours: bool = True, qty: str = "2", cost: str = "1.02", fee: str = "0", **more) -> Booked:
    side = more.pop("side", Side.BUY)
    place = Place(instrument=embedded(MarketId("RAIN"), 0), side=side, qty=Qty(Decimal(qty)), intent=f"i-{seq}")
    traded = Traded(
        account=YOU,
        order=OrderId(f"o-{seq:06d}"),
        at=Nanos(7),
        market=MarketId("RAIN"),
        outcome=0,
        leg=Leg.YES,
        side=side,
        qty=Qty(Decimal(qty)),
        cost=Money(Decimal(cost)),
        fee=Money(Decimal(fee)),
        before=Ticks(5_000),
        after=Ticks(5_100),
        realised=Money(Decimal(0)),
    )
    own = Ours(place, traded.cost, more.get("why", ""), 1.5, None, "paper") if ours else None
    return Booked(seq, traded, place.intent, own)


def tables(rows: list[Row]) -> list[str]:
    return [row.table for row in rows]


def test_a_trade_of_ours_is_rows_of_four_tables_and_anothers_of_two() -> None:
    assert tables(ledger.plain([booked()])) == ["trades", "cash", "cash", "orders", "fills"]
    assert tables(ledger.plain([booked(ours=False)])) == ["trades", "cash", "cash"]
    assert tables(ledger.plain([booked(fee="0.01")])) == ["trades", *["cash"] * 4, "orders", "fills"]


def test_a_trade_spelled_out_is_what_the_ledger_would_check() -> None:
    ledger.check(ledger.plain([booked(), booked(2, fee="0.01", side=Side.SELL), booked(3, ours=False)]))


@given(AMOUNT, AMOUNT, st.sampled_from(Side))
def test_its_cash_is_what_the_exchange_moved(cost, fee, side) -> None:
    one = booked(cost=str(cost), fee=str(fee), side=side)
    lines = [row.values for row in ledger.plain([one]) if row.table == "cash"]
    assert [(v["account"], Decimal(v["amount"]), v["kind"], v["ref"]) for v in lines] == [  # type: ignore[arg-type]
        (m.account, m.amount, m.kind, m.ref) for m in one.trade.moves
    ]
    assert sum(Decimal(v["amount"]) for v in lines) == 0  # type: ignore[arg-type]


def test_an_order_that_traded_in_part_is_kept_as_cancelled() -> None:
    values = {row.table: row.values for row in ledger.plain([booked(why="3 found no price")])}
    assert (values["orders"]["status"], values["orders"]["why"]) == ("canceled", "3 found no price")


@pytest.mark.parametrize("amount", NOT_NUMBERS)
def test_an_amount_that_is_no_number_is_refused(amount) -> None:
    one = booked(cost=str(amount))
    with pytest.raises(StoreError, match="trade 1 is not finite"):
        booking.check(one)


@pytest.mark.parametrize("count", [1, 3, 4, 40, 200])
@pytest.mark.parametrize("odd", [0, 2, 3])
def test_a_group_is_in_the_ledger_as_its_rows_would_be_one_by_one(tmp_path, count, odd) -> None:
    group = [booked(n, ours=n % 3 != 0, fee="0.01" if n % 5 == 0 else "0") for n in range(1, count + 1)]
    group = [seldom(one) if one.seq == odd else one for one in group]
    together, by_row = tmp_path / "together.db", tmp_path / "by-row.db"
    for path, rows in ((together, [group]), (by_row, [[row] for row in ledger.plain(group)])):
        migrations.apply(path)
        connection = database.connect(path, full=False)
        ledger.prepare(connection)
        for part in rows:
            ledger.write(connection, part)
        connection.close()
    assert everything(together) == everything(by_row)


def seldom(one: Booked) -> Booked:
    """The same with what few rows have: a strategy, or a trade of two people."""
    if one.ours is None:
        return Between(one.seq, one.trade, one.intent, None, 1)
    place = replace(one.ours.place, strategy=StrategyId("basis"), reduce_only=True)
    return Booked(one.seq, one.trade, one.intent, replace(one.ours, place=place))


def everything(path) -> dict[str, list[tuple[object, ...]]]:
    with database.reader(path) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall()
            for name in ("trades", "cash", "orders", "fills")
        }
