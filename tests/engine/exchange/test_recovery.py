from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.errors import StoreDamaged
from engine.core.ids import YOU
from engine.core.snapshot import CashRow, HoldingRow, MarketRow, RestingRow, Snapshot
from engine.core.units import Leg
from engine.exchange.exchange import Exchange
from engine.exchange.market import of_lots
from tests.engine.exchange.listed import NOW, SIM, buy, high, open_rain, order, sell


def saved(exchange: Exchange) -> Snapshot:
    """What a ledger that saw every operation would hand to the next session."""
    markets = exchange.markets.values()
    return Snapshot(
        profile="p",
        mode="paper",
        account_name="a",
        cash=tuple(CashRow(account=a, amount=m) for a, m in exchange.cash.items()),
        markets=tuple(
            MarketRow(
                contract=m.contract,
                b=m.b_open,
                prior=m.prior,
                fee_rate=m.fee_rate,
                created_at=m.created_at,
                status=m.status,
                sold=m.sold,
                pot=m.pot,
                winner=m.winner,
                record=m.record,
                trades=m.trades,
                last_ticks=m.last,
                volume=m.volume,
                payouts=tuple(CashRow(account=a, amount=v) for a, v in m.paid.items()),
                fees_back=tuple(CashRow(account=a, amount=v) for a, v in m.fees_back.items()),
                phase=m.phase,
                kind=m.kind,
                b_now=None if m.b == m.b_open else m.b,
                offset=() if m.b == m.b_open else m.offset,
                organic=tuple((at, of_lots(lots)) for at, lots in m.organic),
            )
            for m in markets
        ),
        resting=tuple(
            RestingRow(
                order=one.order,
                place=one.place,
                at=one.at,
                account=one.account,
                market=one.market,
                outcome=one.outcome,
                leg=one.leg,
                side=one.side,
                price=one.price,
                qty=one.qty,
                reserved=one.reserved,
                until=one.until,
            )
            for one in sorted(exchange.hybrid, key=lambda one: one.place)
        ),
        holdings=tuple(
            HoldingRow(
                account=account,
                market=m.id,
                outcome=i // 2,
                leg=Leg.NO if i % 2 else Leg.YES,
                qty=p.qty,
                cost=p.cost,
                realised=p.realised,
                fees=p.fees,
            )
            for m in markets
            for account, stake in (m.sealed or m.stakes).items()
            for i, p in enumerate(stake)
        ),
    )


def restarted(exchange: Exchange) -> Exchange:
    found = Exchange()
    found.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(saved(exchange)), type=Snapshot))
    return found


def same(one: Exchange, other: Exchange) -> bool:
    return (
        one.cash == other.cash
        and one.total() == other.total()
        and one.subsidies() == other.subsidies()
        and all(list(one.holdings(a)) == list(other.holdings(a)) for a in (YOU, SIM))
        and all(one.exposures(a) == other.exposures(a) and one.escrow(a) == other.escrow(a) for a in (YOU, SIM))
        and all(
            m.prices == other.markets[i].prices and m.volume == other.markets[i].volume for i, m in one.markets.items()
        )
    )


def busy() -> Exchange:
    exchange = open_rain(fee_rate=Decimal("0.01"))
    exchange.create(high(), 80.0, (0.1, 0.2, 0.3, 0.4), Decimal(0), NOW)
    buy(exchange, qty="12.345678")
    buy(exchange, Leg.NO, qty=7, by=SIM)
    sell(exchange, qty="2.1")
    for i in range(4):
        buy(exchange, Leg.NO if i % 2 else Leg.YES, market="HIGH", outcome=i, qty=i + 1)
    return exchange


def test_a_restart_changes_nothing() -> None:
    exchange = busy()
    found = restarted(exchange)
    assert same(exchange, found)
    assert found.quote(order(qty=10)) == exchange.quote(order(qty=10))


@pytest.mark.parametrize("winner", [0, 1, None])
def test_a_settlement_can_be_taken_back_after_a_restart(winner) -> None:
    exchange = busy()
    exchange.settle("RAIN", winner)
    found = restarted(exchange)
    assert same(exchange, found)
    assert found.reverse("RAIN") == exchange.reverse("RAIN")
    assert same(exchange, found)
    assert found.settle("RAIN", 1) == exchange.settle("RAIN", 1)


def damaged(**change: object) -> Snapshot:
    snapshot = saved(busy())
    first, *rest = snapshot.markets
    return msgspec.structs.replace(snapshot, markets=(msgspec.structs.replace(first, **change), *rest))


@pytest.mark.parametrize(
    ("snapshot", "word"),
    [
        (damaged(sold=(Decimal(1), Decimal(1))), "other shares"),
        (damaged(sold=(Decimal("10.245678"), Decimal("7.000001"))), "other shares"),
        (damaged(pot=Decimal(1)), "does not cover"),
        (msgspec.structs.replace(saved(busy()), markets=()), "not listed"),
    ],
)
def test_a_ledger_that_disagrees_with_itself_is_damaged(snapshot, word) -> None:
    with pytest.raises(StoreDamaged, match=word):
        Exchange().restore(snapshot)


def test_a_holding_of_an_outcome_that_does_not_exist_is_damaged() -> None:
    snapshot = saved(busy())
    wrong = msgspec.structs.replace(snapshot.holdings[0], outcome=1)
    with pytest.raises(StoreDamaged, match="not listed"):
        Exchange().restore(msgspec.structs.replace(snapshot, holdings=(wrong,)))
