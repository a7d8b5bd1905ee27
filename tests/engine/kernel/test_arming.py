from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Arm, Disarm, Halt, Release
from engine.core.effects import Submit
from engine.core.events import Asked, Kept, LinkReport, StoreChanged
from engine.core.ids import KALSHI
from engine.core.order import Status
from engine.core.units import HOUR, SECOND, Nanos, Side
from engine.views import topics
from tests.engine.kernel.venue import Session, opened

WORDS = "LIVE desk"


@pytest.fixture
def live() -> Session:
    return Session(opened("live"))


def armed(session: Session) -> bool:
    return session.state.session.armed_until is not None


def test_nothing_leaves_a_live_session_that_is_not_armed(live) -> None:
    assert live.place().why == "ARMED — live trading is not armed"
    live.ask(Arm(typed=WORDS))
    assert live.place().status is Status.WORKING


@pytest.mark.parametrize("typed", ["", "live desk", "LIVE", "LIVE paper", "LIVE desk please"])
def test_other_words_arm_nothing(live, typed) -> None:
    live.ask(Arm(typed=typed))
    assert not armed(live)
    assert live.said[-1].text == "not armed: type LIVE desk"


def test_paper_has_nothing_to_arm() -> None:
    session = Session()
    session.ask(Arm(typed=WORDS))
    assert not armed(session)
    assert session.place().status is Status.WORKING


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.ask(Halt(why="x")),
        lambda s: s.do(StoreChanged(at=s.at, ok=False, why="full")),
        lambda s: s.drop("account"),
        lambda s: s.drop("market"),
        lambda s: setattr(s.state.session, "chain_ok", False),
        lambda s: setattr(s.state.desks[KALSHI], "reconciled", False),
    ],
)
def test_it_is_armed_only_while_everything_that_guards_it_stands(live, spoil) -> None:
    spoil(live)
    live.do(Asked(at=live.at, command=Arm(typed=WORDS), pressed_at=Nanos(10**12)))
    assert not armed(live)
    assert live.said[-1].text.startswith("not armed: ")


def test_disarming_takes_every_order_back(live) -> None:
    live.ask(Arm(typed=WORDS))
    order = live.place()
    live.ask(Disarm(why="lunch"))
    live.run(1)
    assert order.status is Status.CANCELED
    assert not armed(live)
    assert live.place().why.startswith("ARMED — ")


def test_what_is_always_on_screen_says_until_when_it_is_armed(live) -> None:
    assert live.kernel.view(topics.SPINE).armed_until is None
    live.ask(Arm(typed=WORDS))
    assert live.kernel.view(topics.SPINE).armed_until == live.at + 8 * HOUR
    live.ask(Disarm(why="lunch"))
    assert live.kernel.view(topics.SPINE).armed_until is None


def test_a_halt_lets_positions_shrink_and_ends_it_when_it_is_released(live) -> None:
    live.ask(Arm(typed=WORDS))
    live.trade(live.place(), 10)
    live.ask(Halt(why="kill switch"))
    assert live.place(Side.SELL, price=5_000).status is Status.WORKING
    assert live.place().why.startswith("KILL — ")
    live.ask(Release(typed="someone else"))
    assert armed(live)
    live.ask(Release(typed="desk"))
    assert not armed(live)
    assert live.said[-1].text == "live trading is disarmed: halted by you"
    assert live.place().why == "ARMED — live trading is not armed"


def test_it_ends_after_eight_hours(live) -> None:
    live.ask(Arm(typed=WORDS))
    order = live.place()
    live.run(8 * 3_600 + 1)
    assert not armed(live)
    assert order.status is Status.CANCELED


def test_it_ends_when_the_machine_slept(live) -> None:
    live.ask(Arm(typed=WORDS))
    live.run(2)
    live.at = Nanos(live.at + 600 * SECOND)
    live.run(1)
    assert not armed(live)
    assert "slept" in live.said[-1].text or any("slept" in note.text for note in live.said)


def test_nothing_leaves_between_waking_and_the_beat_that_notices_it(live) -> None:
    live.ask(Arm(typed=WORDS))
    live.run(2)
    live.at = Nanos(live.at + 600 * SECOND)
    live.quote()  # what the sockets had held back comes first
    live.beat()
    live.do(Asked(at=live.at, command=live.order(), pressed_at=Nanos(10**13)))
    assert list(live.state.register)[-1].why.startswith("ARMED — ")
    live.run(1)
    assert not live.sent(Submit)
    assert not armed(live)


def test_an_order_that_waited_for_the_disk_over_a_sleep_does_not_leave(live) -> None:
    live.ask(Arm(typed=WORDS))
    live.run(2)
    live.beat()
    live.do(Asked(at=live.at, command=live.order(), pressed_at=Nanos(10**13)))
    live.at = Nanos(live.at + 600 * SECOND)
    live.quote()
    live.beat()
    live.do(Kept(at=live.at, what="sent:o-000001"))
    assert live.state.register.get("o-000001").why == "unsent — live trading was disarmed before it was sent"
    assert not live.sent(Submit)


def test_it_is_never_restored(live) -> None:
    live.ask(Arm(typed=WORDS))
    live.run(1)
    live.crash()
    live.run(3)
    assert not armed(live)
    assert live.place().why.startswith("ARMED — ")


def test_an_order_that_waits_for_the_disk_does_not_leave_once_disarmed(live) -> None:
    live.ask(Arm(typed=WORDS))
    live.run(3)
    live.beat()
    live.do(Asked(at=live.at, command=live.order(), pressed_at=Nanos(10**12)))
    live.do(Asked(at=live.at, command=Disarm(), pressed_at=Nanos(10**12)))
    live.run(1)
    assert not live.sent(Submit)
    assert live.state.register.get("o-000001").status is Status.CANCELED


def test_a_clock_that_is_wrong_closes_live_trading_and_not_paper(live) -> None:
    live.ask(Arm(typed=WORDS))
    for session, gate in ((live, "CLOCK — "), (Session(), "")):
        session.run(3)
        session.do(LinkReport(at=session.at, venue=KALSHI, frames=10**12, skew_ms=2_501.0))
        session.do(Asked(at=session.at, command=session.order(), pressed_at=Nanos(10**13)))
        session.run(0.3)
        order = list(session.state.register)[-1]
        assert order.why.startswith(gate)
        assert (order.status is Status.REFUSED) is bool(gate)


def test_live_limits_follow_from_what_the_venues_say_they_hold(live) -> None:
    assert live.state.limits["ORDER_VALUE"] == Decimal(1_000)
    assert live.ledger.meta["limit:ORDER_VALUE"] == "1000.00"
