"""Orders that may come next are told beforehand as they would be sent; that changes and lets through nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.commands import Arm, Cancel, Disarm
from engine.core.effects import Likely
from engine.kernel import laying
from tests.engine.kernel.test_usual import One, again


def _rested(session: One) -> list[Likely]:
    """Return all that is foreseen once everything is laid out."""
    while session.kernel.prepare():
        pass
    found: list[Likely] = []
    while (one := session.kernel.foresee()) is not None:
        found.append(one)
    return found


def _habit(mode: str = "paper") -> One:
    """Return a session in which an order was sent and taken back."""
    session = One(idle=False, mode=mode)
    again(session)
    session.run(0.5)
    for order in list(session.state.register.open()):
        session.ask(Cancel(order=order.id))
    session.run(3)
    return session


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_likeliest_come_first_each_once_with_the_next_client_id(mode: str) -> None:
    session = _habit(mode)
    last = list(session.state.register)[-1]
    found = _rested(session)
    assert 1 < len(found) <= laying.LIKELY
    book = session.state.listings[last.place.instrument].book
    prices = [one.place.price for one in found if one.place.price is not None]
    assert len(set(prices)) == len(found)
    away = [min(abs(price - (book.best_bid or 0)), abs(price - (book.best_ask or 0))) for price in prices]
    assert away == sorted(away)
    assert away[0] == 0
    for one in found:
        assert replace(one.place, price=None) == replace(last.place, price=None, intent="")
        assert one.at == session.state.now
    (client,) = {one.client for one in found}
    price = prices[-1]
    again(session, price=price)
    order = list(session.state.register)[-1]
    assert order.client == client
    assert order.place.price == price


def test_nothing_is_foreseen_once_anything_of_ours_has_moved() -> None:
    session = _habit()
    assert _rested(session)
    again(session)
    assert session.kernel.foresee() is None
    session.run(3)
    first, *_ = _rested(session)
    assert first.client != list(session.state.register)[-1].client


def test_nothing_is_foreseen_while_live_trading_is_not_armed() -> None:
    session = _habit("live")
    while session.kernel.prepare():
        pass
    assert session.kernel.foresee() is not None
    session.ask(Disarm())
    assert _rested(session) == []
    session.ask(Arm(typed="LIVE desk"))
    session.run(3)
    assert _rested(session)


def test_what_is_foreseen_is_not_sent() -> None:
    session = _habit()
    before = session.state.next_order, len(session.state.register)
    said = len(session.said)
    assert _rested(session)
    assert (session.state.next_order, len(session.state.register)) == before
    assert len(session.said) == said, "no step, so no effect"
