"""Our orders on Kalshi: whatever comes twice, late or out of order is told once, and an end after its fills."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import Accepted, Canceled, Expired, Filled
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Known
from engine.core.units import SECOND, Leg, Side
from engine.venues.kalshi.ours import Ours
from engine.venues.kalshi.wire import UserOrderMsg
from engine.venues.kalshi.wire_account import Fact
from engine.venues.ours import GRACE, NAMED_WITHIN
from tests.scale import scale

T = InstrumentId(KALSHI, "T")


def approved(qty: int = 10, leg: Leg = Leg.YES) -> Approved:
    place = Place(instrument=T, side=Side.BUY, leg=leg, price=5_000, qty=Decimal(qty), tif=Tif.GTC)
    return Approved(order="o", place=place, gates=(), client="c")


def fact(trade: str, qty: str = "1.00", client: str = "c", order: str = "v") -> Fact:
    return Fact(trade, order, client, "T", Side.BUY, Decimal("0.5"), Decimal(qty), Decimal("0.02"), False, 5)


def update(status: str, filled: str = "0.00", reason: str | None = None, order: str = "v") -> UserOrderMsg:
    return UserOrderMsg(order, "T", status, "c", fill_count_fp=filled, last_update_reason=reason)


def names(events) -> list[str]:
    return [type(e).__name__ for e in events]


def test_a_fill_before_its_order_has_a_name_waits_for_it() -> None:
    ours = Ours()
    mine = ours.add(approved())
    assert ours.fill(fact("t", client=""), 1) == []
    assert names(ours.accepted(mine, "v", 2)) == ["Accepted", "Filled"]


def test_a_fill_of_an_order_that_nobody_names_is_somebody_elses_and_told_once() -> None:
    ours = Ours()
    mine = ours.add(approved())
    for trade in ("t", "u", "t"):
        assert ours.fill(fact(trade, client="", order="w"), SECOND) == []
    assert ours.strangers(SECOND + NAMED_WITHIN - 1) == []
    assert [one.trade_id for one in ours.strangers(SECOND + NAMED_WITHIN)] == ["t", "u"]
    assert ours.strangers(9 * SECOND) == []
    assert names(ours.accepted(mine, "w", 9 * SECOND)) == ["Accepted", "Filled", "Filled"], "named late, it is ours"


def test_a_fill_that_names_our_order_brings_its_venue_id() -> None:
    ours = Ours()
    mine = ours.add(approved())
    assert names(ours.fill(fact("t"), 1)) == ["Accepted", "Filled"]
    assert ours.accepted(mine, "v", 2) == []
    assert ours.find("", "v") is mine


def test_one_trade_id_is_told_once() -> None:
    ours = Ours()
    ours.add(approved())
    ours.fill(fact("t"), 1)
    assert ours.fill(fact("t", client=""), 2) == []


def test_an_end_waits_for_the_fills_the_venue_speaks_of() -> None:
    ours = Ours()
    ours.add(approved())
    assert names(ours.update(update("canceled", "2.00"), 1)) == ["Accepted"]
    assert names(ours.fill(fact("t1"), 2)) == ["Filled"]
    assert names(ours.fill(fact("t2"), 3)) == ["Filled", "Canceled"]
    assert ours.update(update("canceled", "2.00"), 4) == []


def test_fills_that_stay_away_are_missing_after_a_while() -> None:
    ours = Ours()
    mine = ours.add(approved())
    ours.update(update("resting", "2.00"), SECOND)
    assert ours.missing(SECOND + GRACE - 1) == []
    assert ours.missing(SECOND + GRACE) == [mine]
    ours.fill(fact("t", "2.00"), SECOND + GRACE)
    assert ours.missing(9 * SECOND) == []


def test_the_reason_decides_between_expired_and_canceled() -> None:
    for reason, kind in (("ExpiryCancel", Expired), ("CloseCancel", Expired), ("SelfTradeCancel", Canceled),
                         ("AReasonOfTomorrow", Canceled), (None, Canceled)):  # fmt: skip
        ours = Ours()
        ours.add(approved())
        assert isinstance(ours.update(update("canceled", reason=reason), 1)[-1], kind)


def test_the_end_of_what_an_order_was_moved_from_is_no_end_of_it() -> None:
    ours = Ours()
    mine = ours.add(approved())
    ours.accepted(mine, "v", 1)
    mine.moving = True
    assert ours.update(update("canceled"), 2) == []
    assert names(ours.moved(mine, "v2", Decimal(12), 3)) == ["Accepted"]
    assert names(ours.update(update("canceled", order="v2"), 4)) == ["Canceled"]


def test_an_end_while_it_was_being_moved_is_told_when_the_move_is_answered() -> None:
    ours = Ours()
    mine = ours.add(approved())
    ours.accepted(mine, "v", 1)
    mine.moving = True
    ours.update(update("canceled"), 2)
    assert names(ours.moved(mine, "v", None, 3)) == ["Canceled"]


def test_what_was_cancelled_to_be_replaced_ends_nothing_though_the_move_was_not_answered() -> None:
    ours = Ours()
    mine = ours.add(approved())
    ours.accepted(mine, "v", 1)
    mine.moving = True
    ours.update(update("canceled", reason="Amend"), 2)
    assert names(ours.moved(mine, "v", None, 3)) == []
    assert names(ours.update(update("resting", order="v2"), 4)) == ["Accepted"]


def test_a_status_of_tomorrow_says_nothing() -> None:
    ours = Ours()
    ours.add(approved())
    assert names(ours.update(update("pondering"), 1)) == ["Accepted"]


def test_an_order_of_an_earlier_session_goes_on_where_it_was() -> None:
    ours = Ours()
    known = Known(client="c", order="o", instrument=T, side=Side.BUY, leg=Leg.NO, price=5_000, qty=Decimal(10),
                  filled=Decimal(4), sent_at=0, venue_order="v")  # fmt: skip
    mine = ours.learn(known)
    assert ours.learn(known) is mine
    assert names(ours.update(update("canceled", "4.00"), 1)) == ["Canceled"]


def test_fills_of_an_earlier_session_that_are_shown_again_stand_for_none_that_came_since() -> None:
    ours = Ours()
    mine = ours.learn(Known(client="c", order="o", instrument=T, side=Side.BUY, leg=Leg.YES, price=5_000,
                            qty=Decimal(10), filled=Decimal(4), sent_at=0, venue_order="v"))  # fmt: skip
    for trade in ("t1", "t2"):
        ours.pictured(fact(trade, "2.00"), mine, 1)
    assert names(ours.update(update("canceled", "7.00"), 2)) == []
    assert names(ours.fill(fact("t3", "3.00"), 3)) == ["Filled", "Canceled"]


def test_fills_of_a_picture_count_as_told() -> None:
    ours = Ours()
    mine = ours.add(approved())
    ours.accepted(mine, "v", 1)
    ours.update(update("canceled", "1.00"), 2)
    ours.pictured(fact("t", client=""), mine, 2)
    assert names(ours.ending(mine)) == ["Canceled"]
    assert ours.fill(fact("t"), 3) == []


NEWS = st.sampled_from(["fill", "fill_rest", "resting", "end", "reply"])


@settings(max_examples=scale(2_000), deadline=None)
@given(st.integers(0, 5), st.lists(NEWS, max_size=20), st.randoms(use_true_random=False), st.booleans())
def test_any_interleaving_tells_each_fill_once_and_the_end_last(fills, news, rng, ends) -> None:
    """Everything the venue says arrives at least once, in any order and any number of times."""
    total = f"{fills}.00"
    messages = [("fill", n) for n in range(fills)] + [("reply", 0)] + ([("end", 0)] if ends else [])
    messages += [(kind, rng.randrange(max(fills, 1))) for kind in news]
    rng.shuffle(messages)
    ours = Ours()
    mine, told = ours.add(approved(max(fills, 1) + 1)), []
    for kind, n in messages:
        if kind == "reply":
            told += ours.accepted(mine, "v", 1)
        elif kind == "resting":
            told += ours.update(update("resting", f"{n}.00"), 1)
        elif kind == "end" and ends:
            told += ours.update(update("canceled", total), 1)
        elif kind in {"fill", "fill_rest"} and n < fills:
            told += ours.fill(fact(f"t{n}", client="c" if kind == "fill" else ""), 1)
    filled = [e.trade_id for e in told if isinstance(e, Filled)]
    assert sorted(filled) == [f"t{n}" for n in range(fills)]
    assert len([e for e in told if isinstance(e, Accepted)]) == 1
    assert isinstance(told[0], Accepted)
    assert [isinstance(e, Canceled) for e in told].count(True) == int(ends)
    assert not ends or isinstance(told[-1], Canceled)
