from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import decision
from engine.core.decision import Decisions
from engine.core.effects import Row
from engine.core.errors import StoreDamaged

VALUES = {
    "id": "o-1", "at": 5, "venue": "kalshi", "symbol": "M", "side": "buy", "leg": "yes", "price": 4_300, "qty": "10",
    "budget": None, "tif": "IOC", "origin": "ladder", "strategy": None, "status": "sent", "why": "", "edge": 1.5,
}  # fmt: skip


def row(**changed) -> Row:
    return Row("orders", VALUES | changed)


def test_an_order_is_decided_on_once_and_again_when_it_moves() -> None:
    known = Decisions()
    assert len(known.of([row(), Row("meta", {"key": "a", "value": "b"})])) == 1
    assert known.of([row(status="working"), row(status="filled", filled="10")]) == []
    assert [one.price for one in known.of([row(price=4_400)])] == [4_400]
    assert [one.order for one in known.of([row(id="o-2")])] == ["o-2"]


def test_only_the_newest_orders_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "ROOM", 2)
    known = Decisions()
    told = known.of([row(id="o-1"), row(id="o-2"), row(id="o-1", price=4_400), row(id="o-3"), row(id="o-1")])
    assert [one.order for one in told] == ["o-1", "o-2", "o-1", "o-3", "o-1"]
    assert known.of([row(id="o-3"), row(id="o-1")]) == []
    assert [one.order for one in known.of([row(id="o-2")])] == ["o-2"], "it was forgotten, and is told again"


def test_a_refusal_says_why_and_a_strategy_is_named() -> None:
    (one,) = Decisions().of([row(status="refused", why="RATE — too many", strategy="momentum")])
    assert (one.refused, one.who) == ("RATE — too many", "momentum")
    (other,) = Decisions().of([row(status="canceled", why="no price")])
    assert (other.refused, other.who) == ("", "ladder")


def test_differences_are_named() -> None:
    (one,), (other,) = Decisions().of([row()]), Decisions().of([row(qty="6", at=9)])
    assert one.differs(one) == ()
    assert set(one.differs(other)) == {"quantity", "time"}


def test_what_is_written_is_read_back() -> None:
    (one,) = Decisions().of([row()])
    assert decision.decode(decision.encode(one)) == one


@given(st.binary())
def test_no_bytes_raise_anything_else(raw) -> None:
    with suppress(StoreDamaged):
        decision.decode(raw)


def test_no_decision_is_damage() -> None:
    with pytest.raises(StoreDamaged, match="unreadable decision"):
        decision.decode(b"\x91\x01")
