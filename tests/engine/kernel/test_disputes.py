"""Disputes, rulings and voids: what conflicts is held, and whatever is ruled is a new record that restates money."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Resettle, Role, TakeRole
from engine.core.ids import HOUSE, YOU
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Nanos, Side
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, FRESH, OHARE, Desk, hours, report, total
from tests.engine.kernel.settling_desk import DRY, WET, disputed, payloads, queue, raining, records, rule


@pytest.fixture
def desk() -> Desk:
    """A session with a position of ten YES in the rain market."""
    return raining()


def test_stations_that_conflict_are_disputed_at_once_and_money_stays() -> None:
    desk = disputed(Desk())
    assert [p["reason"] for p in payloads(desk)] == ["conflict"]
    assert desk.at == CLOSES + 10 * MINUTE
    assert desk.state.book.markets() == ["PAIR"]
    assert queue(desk, "PAIR").held == desk.market("PAIR").stakes[YOU][0].cost
    assert queue(desk, "PAIR").payout is None
    assert total(desk) == 31_000


def test_a_ruling_is_a_new_record_that_replaces_the_dispute() -> None:
    desk = disputed(Desk())
    rule(desk, 1, "the gauge at ORD was broken", "PAIR")
    assert (desk.market("PAIR").status, desk.market("PAIR").winner) == ("settled", 1)
    first, second = payloads(desk)
    assert (first["outcome"], first["ruled_by"], first["supersedes"]) == ("DISPUTED", None, None)
    assert (second["outcome"], second["ruled_by"], second["reason"]) == ("NO", "you", "ruling")
    assert (second["supersedes"], second["detail"]) == (0, "Ruled by you: the gauge at ORD was broken")
    assert total(desk) == 31_000


def test_a_dispute_is_settled_again_on_the_readings_known_now() -> None:
    desk = disputed(Desk())
    corrected = report(Nanos(CLOSES - 2 * HOUR + 53 * MINUTE), OHARE, precip_hundredths_in=20, corrected=True)
    desk.observe([corrected])
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert desk.market("PAIR").winner == 0
    assert payloads(desk)[1]["supersedes"] == 0
    assert payloads(desk)[1]["ruled_by"] is None
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert "only disputed markets" in desk.said[-1].text


def test_settling_a_dispute_again_without_news_writes_nothing_and_says_so() -> None:
    desk = disputed(Desk())
    for _ in range(3):
        desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
        assert desk.said[-1].text.startswith("CHI rain > 2.5 mm: nothing changed since record 0. Stations differ by")
    assert [(p["outcome"], p["supersedes"]) for p in payloads(desk)] == [("DISPUTED", None)]
    at = Nanos(CLOSES - 2 * HOUR + 53 * MINUTE)
    desk.observe([report(at, OHARE, precip_hundredths_in=70, corrected=True)])  # still a dispute, by other evidence
    for _ in range(2):
        desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert [(p["outcome"], p["supersedes"]) for p in payloads(desk)] == [("DISPUTED", None), ("DISPUTED", 0)]
    rule(desk, 0, market="PAIR")
    assert desk.market("PAIR").winner == 0
    assert payloads(desk)[2]["supersedes"] == 1


def test_a_ruling_of_a_settled_market_restates_cash_and_book(desk: Desk) -> None:
    desk.other(leg=Leg.NO, qty=30)
    desk.observe(hours(*DRY))
    before = desk.state.exchange.cash[YOU]
    desk.settle()
    for winner, paid in ((0, 10), (1, 0), (0, 10)):
        rule(desk, winner)
        assert desk.market().winner == winner
        assert desk.state.exchange.cash[YOU] == before + paid
        assert desk.state.book.realised == paid - Decimal("5.124948") == desk.state.total
        assert desk.state.settlements[-1].paid == paid
        assert total(desk) == 31_000
    assert [p["supersedes"] for p in payloads(desk)] == [None, 0, 1, 2]
    pnl = desk.kernel.view(topics.PNL)
    assert sum(made for _, made in pnl.by_market) == pnl.total == pnl.realised


def test_the_journal_follows_a_ruling_of_a_settled_market(desk: Desk) -> None:
    desk.run(desk.at + 2 * SECOND)
    desk.observe(hours(*DRY))
    desk.settle()
    for winner, won in ((0, True), (1, False), (None, None), (0, True)):
        rule(desk, winner)
        (row,) = desk.kernel.view(topics.JOURNAL).rows
        assert row.won is won
        (card, *_) = desk.kernel.view(topics.JOURNAL).cards
        made = desk.state.book.realised - desk.state.book.fees
        assert card.result == (None if won is None else pytest.approx(float(made)))


def test_a_void_gives_back_what_was_paid(desk: Desk) -> None:
    desk.place(Side.SELL, qty=4)
    realised = desk.state.book.realised
    desk.observe(hours(*DRY))
    desk.settle()
    rule(desk, None)
    assert (desk.market().status, desk.market().winner) == ("void", None)
    assert desk.state.book.realised == realised
    assert total(desk) == 31_000
    assert queue(desk).outcome == "VOID"
    rule(desk, 0)
    assert desk.market().status == "settled"


def test_a_void_that_cannot_pay_in_full_is_booked_as_it_paid() -> None:
    """Gains were taken out of the pot before the void, and the house has next to nothing to add."""
    funds = tuple(msgspec.structs.replace(r, amount=Decimal(7)) if r.account == HOUSE else r for r in FRESH.seed_cash)
    desk = Desk(msgspec.structs.replace(FRESH, seed_cash=funds))
    desk.list(b=10.0)
    desk.place(qty=20)
    desk.other(qty=40)
    desk.place(Side.SELL, qty=20)
    desk.place(leg=Leg.NO, qty=30)
    desk.other(leg=Leg.NO, qty=40)
    desk.place(Side.SELL, Leg.NO, qty=30)
    last = desk.place(qty=5)
    desk.observe(hours(*DRY))
    desk.settle()
    rule(desk, None)
    assert 0 < desk.state.settlements[-1].paid < last.cost
    assert desk.state.book.realised == desk.state.exchange.cash[YOU] - 1_000
    assert total(desk) == sum(row.amount for row in funds)


@pytest.mark.parametrize(
    ("winner", "why", "says"),
    [(0, " ", "needs its reason"), (7, "because", "has no outcome 7"), (-1, "because", "has no outcome -1")],
)
def test_a_ruling_that_makes_no_sense_is_refused(winner: int, why: str, says: str) -> None:
    desk = disputed(Desk())
    rule(desk, winner, why, "PAIR")
    assert says in desk.said[-1].text
    assert len(records(desk)) == 1


def test_an_open_market_and_an_unknown_one_cannot_be_ruled(desk: Desk) -> None:
    rule(desk, 0)
    assert "is open; only disputed or settled or void" in desk.said[-1].text
    rule(desk, 0, market="NOWHERE")
    assert "market NOWHERE is not known" in desk.said[-1].text
    desk.ask(TakeRole(role=Role.TRADER))
    desk.ask(Resettle(market="RAIN"))  # type: ignore[arg-type]
    assert "only an operator" in desk.said[-1].text
    assert not records(desk)


@pytest.mark.parametrize(
    ("rain", "says"),
    [
        (20, "A later report makes it YES"),
        (70, "Its evidence has changed since, and still"),
    ],
)
def test_a_correction_to_the_evidence_of_a_dispute_is_said_once_and_shown(rain, says) -> None:
    desk = disputed(Desk())
    assert queue(desk, "PAIR").source.count("later") == 0
    at = Nanos(CLOSES - 2 * HOUR + 53 * MINUTE)
    for _ in range(2):
        desk.observe([report(at, OHARE, precip_hundredths_in=rain, corrected=True)])
    (late,) = [one.text for one in desk.said if one.code == "LATE_REPORT"]
    assert says in late
    assert "settle it again" in late
    assert says in queue(desk, "PAIR").source
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert says not in queue(desk, "PAIR").source


def test_reports_that_leave_a_dispute_as_it_is_are_said_once_however_many_come() -> None:
    desk = disputed(Desk())
    for fell in (70, 80, 90):
        at = Nanos(CLOSES - 2 * HOUR + 53 * MINUTE)
        desk.observe([report(at, OHARE, precip_hundredths_in=fell, corrected=True)])
    assert desk.codes().count("LATE_REPORT") == 1
    assert queue(desk, "PAIR").outcomes == desk.market("PAIR").contract.outcomes


def test_a_ruling_that_takes_a_payout_back_says_how_much(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.settle()
    assert "takes back" not in desk.said[-1].text
    cash = desk.state.exchange.cash[YOU]
    rule(desk, 1)
    assert desk.state.exchange.cash[YOU] == cash - 10
    assert ": NO, takes back from you $10.00 that the record before had paid. Ruled by you" in desk.said[-1].text
    rule(desk, None)
    assert ": VOID, pays you $5.12. Ruled by you" in desk.said[-1].text
