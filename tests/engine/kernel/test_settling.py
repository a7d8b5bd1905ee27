"""A market closes, is settled and pays: in one transaction, and never before it is on disk."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.core.commands import Resettle
from engine.core.effects import Level
from engine.core.events import ChainChecked
from engine.core.ids import YOU
from engine.core.units import HOUR, MINUTE, Leg, Nanos, Side
from engine.kernel.settling import BACK_OFF
from engine.oracle import chain
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, OHARE, SIM, Desk, climate, high, hours, rain, total, two_stations
from tests.engine.kernel.settling_desk import DRY, WET, disputed, payloads, queue, raining, records, rule
from tests.scale import scale


@pytest.fixture
def desk() -> Desk:
    """A session with a position of ten YES in the rain market."""
    return raining()


def test_close_settle_payout_book(desk: Desk) -> None:
    cash = desk.state.exchange.cash[YOU]
    desk.observe(hours(*WET))
    desk.settle()
    assert (desk.market().status, desk.market().winner, desk.market().pot) == ("settled", 0, 0)
    assert desk.state.exchange.cash[YOU] == cash + 10
    book = desk.state.book
    assert not list(book.held())
    assert book.realised == Decimal(10) - Decimal("5.124948") == desk.state.total
    assert desk.state.losses == {}
    assert total(desk) == 31_000
    assert desk.said[-1].text.startswith("CHI rain > 2.5 mm: YES, pays you $10.00. 5.08 mm at KMDW")
    line = queue(desk)
    assert (line.outcome, line.payout, line.steps, line.record, line.observed) == ("YES", 10, 3, 0, "5.08 mm")


def test_the_losing_side_gets_nothing_and_the_house_the_rest(desk: Desk) -> None:
    desk.other(leg=Leg.NO, qty=30)
    desk.observe(hours(*DRY))
    desk.settle()
    assert desk.market().winner == 1
    assert desk.state.book.realised == -Decimal("5.124948")
    assert desk.state.exchange.cash[SIM] > 5_000
    assert total(desk) == 31_000
    assert desk.state.settlements[0].paid == 0


def test_a_settlement_waits_for_the_grace_after_the_close(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.run(Nanos(CLOSES + 10 * MINUTE - 1))
    assert desk.market().status == "closed"
    desk.run(Nanos(CLOSES + 10 * MINUTE))
    assert desk.market().status == "settled"


def test_record_market_and_money_are_one_transaction(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.settle()
    keep = next(k for k in desk.rows if k.then.startswith("settled:"))
    assert keep.then == "settled:RAIN:0"
    tables = [row.table for row in keep.rows]
    assert tables[:2] == ["settlements", "markets"]
    assert set(tables[2:]) == {"cash"}
    assert (keep.rows[1].values["status"], keep.rows[1].values["record"]) == ("settled", 0)


def test_nothing_is_said_of_a_settlement_before_it_is_on_disk(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.run(Nanos(CLOSES + MINUTE))
    desk.holding = True
    desk.settle()
    assert "SETTLED" not in desk.codes()
    assert desk.state.book.realised == 0
    assert desk.kernel.view(topics.SETTLEMENTS).records == ()
    desk.free()
    assert desk.codes()[-1] == "SETTLED"
    assert desk.state.book.realised > 0


def test_missing_reports_are_waited_for_longer_each_time_and_then_disputed(desk: Desk) -> None:
    desk.run(Nanos(CLOSES + 10 * MINUTE))
    for wait in BACK_OFF:
        assert (desk.market().status, queue(desk).outcome) == ("closed", "WAITING")
        assert queue(desk).source == "Nothing was reported by KMDW."
        desk.run(Nanos(desk.at + wait - 1))
        assert desk.market().status == "closed"
        desk.run(Nanos(desk.at + 1))
    assert desk.market().status == "disputed"
    assert [p["reason"] for p in payloads(desk)] == ["outage"]
    assert sorted(BACK_OFF) == list(BACK_OFF)
    line = queue(desk)
    assert (line.outcome, line.reason, line.held, line.outcomes) == (
        "DISPUTED", "outage", Decimal("5.124948"), ("YES", "NO"),
    )  # fmt: skip
    assert (desk.said[-1].level, total(desk)) == (Level.WARN, 31_000)


def test_a_late_report_settles_at_the_next_attempt(desk: Desk) -> None:
    late = hours(*WET)
    desk.observe(late[:2])
    desk.settle()
    assert desk.market().status == "closed"
    assert "2 of 3" in queue(desk).source
    desk.observe(late[2:])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market().winner == 0


def test_nothing_is_settled_or_ruled_on_a_log_that_does_not_verify(desk: Desk) -> None:
    """The writer refuses the record for good, which halts every desk; the money would have moved in memory alone."""
    desk.observe(hours(*WET))
    disputed(desk)
    desk.list(rain("LATE", closes=Nanos(CLOSES + HOUR)))
    before = len(records(desk))
    desk.do(ChainChecked(at=desk.at, ok=False, records=3, proved=2, text="record 1 was changed"))
    rule(desk, 0, market="PAIR")
    assert "does not verify" in desk.said[-1].text
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    desk.observe(hours(0, 20, 0, 0))
    desk.run(Nanos(CLOSES + 2 * HOUR))
    assert (desk.market("LATE").status, len(records(desk))) == ("closed", before)
    assert "does not verify" in queue(desk, "LATE").source
    desk.do(ChainChecked(at=desk.at, ok=True, records=3, proved=3))
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("LATE").status == "settled"


def test_records_verify_and_their_evidence_decides_again() -> None:
    desk = Desk()
    for name, mm in (("A", "2.5"), ("B", "7.5")):
        desk.list(rain(name, threshold=Decimal(mm)))
        desk.place(market=name, qty=5)
    disputed(desk)
    rule(desk, 0, market="PAIR")
    desk.settle("A")
    rule(desk, 1, market="A")
    rows = records(desk)
    seen = chain.verify(rows)
    assert (seen.ok, seen.records, seen.head) == (True, len(rows), desk.state.chain_head)
    assert [row.hash for row in desk.state.settlements] == [row[2] for row in rows]
    for stated in payloads(desk):
        again = chain.reverify(stated)
        if stated["ruled_by"] is None:
            assert (again.outcome, again.winner, again.reason) == (
                stated["outcome"], stated["winner"], stated["reason"],
            )  # fmt: skip
        assert str(again.value) == stated["observed_value"]


def test_payouts_of_a_record_are_the_cash_that_moved(desk: Desk) -> None:
    desk.other(leg=Leg.NO, qty=30)
    desk.observe(hours(*DRY))
    desk.settle()
    keep = next(k for k in desk.rows if k.then.startswith("settled:"))
    lines = [row.values for row in keep.rows if row.values.get("kind") == "payout"]
    moved = {line["account"]: Decimal(str(line["amount"])) for line in lines}
    said = {p["account"]: Decimal(p["amount"]) for p in payloads(desk)[0]["payouts"]}  # type: ignore[attr-defined]
    assert {who: amount for who, amount in said.items() if amount} == {
        who: amount for who, amount in moved.items() if who != "pot:RAIN"
    }


@pytest.mark.parametrize("seed", range(scale(200)))
def test_money_is_conserved_and_the_book_agrees_with_the_cash_whatever_is_ruled(seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk()
    for contract in (rain(), two_stations(), high(edges=(80, 84))):
        desk.list(contract, b=chance.choice((20.0, 100.0)), fee_rate=Decimal(chance.choice(("0", "0.03"))))
    for _ in range(20):
        market = chance.choice(("RAIN", "PAIR", "HIGH"))
        outcome = chance.randrange(3) if market == "HIGH" else 0
        terms = {"leg": chance.choice((Leg.YES, Leg.NO)), "market": market, "outcome": outcome}
        if chance.random() < 0.5:
            desk.other(**terms, qty=chance.randint(1, 60))
        else:
            desk.ask(desk.order(chance.choice((Side.BUY, Side.SELL)), **terms, qty=chance.randint(1, 15)))
    wet = [chance.choice((0, 5, 9, 10, 40)) for _ in range(3)]
    desk.observe([*hours(*wet), *hours(*wet[::-1], station=OHARE), climate(chance.randint(78, 90))])
    for name in ("RAIN", "PAIR", "HIGH"):
        desk.settle(name)
        assert total(desk) == 31_000
    for _ in range(6):
        desk.holding = chance.random() < 0.3
        market = chance.choice(("RAIN", "PAIR", "HIGH"))
        rule(desk, chance.choice((None, 0, 1)), market=market)
        desk.free()
        assert total(desk) == 31_000
        book, held = desk.state.book, Decimal(0)
        for _, _, position in book.held():
            held += position.cost
        assert desk.state.exchange.cash[YOU] + held == 1_000 + book.realised - book.fees
        pnl = desk.kernel.view(topics.PNL)
        assert abs(sum(made for _, made in pnl.by_market) - pnl.total) < Decimal("0.00001")
    assert chain.verify(records(desk)).ok
