"""Fills whose fee cannot be told in dollars: a dash where it would stand, and results after fees are provisional."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.events import Pictured
from engine.core.ids import KALSHI
from engine.views import topics
from tests.engine.kernel.venue import Session, filled


def traded(session: Session, *, told: bool = True) -> object:
    order = session.place()
    fill = session.trade(order, 4, told=False)
    fill = msgspec.structs.replace(fill, order=order.id, fee_in="0.0001 BNB")
    if told:
        session.tell(msgspec.structs.replace(filled(fill, order.id), fee_in=fill.fee_in))
    else:
        session.tell(Pictured(at=session.at, venue=KALSHI, asked_at=session.at, fills=(fill,), orders=(), cash=None))
    session.run(1)
    return order


def look(session: Session) -> list[object]:
    (fill,), (position,) = (session.kernel.view(one).rows for one in (topics.FILLS, topics.POSITIONS))
    order = session.kernel.view(topics.ORDERS).rows[0]
    sums = [session.kernel.view(one).provisional for one in (topics.POSITIONS, topics.PNL)]
    return [fill.fee, fill.tag, position.fees, position.net, order.fee, *sums]


UNKNOWN = [None, "fee not in dollars: 0.0001 BNB", None, None, None, True, True]


@pytest.mark.parametrize("told", [True, False])
def test_a_fee_in_another_coin_is_unknown_and_results_are_provisional_after_a_restart_too(told) -> None:
    session = Session()
    traded(session, told=told)
    assert look(session) == UNKNOWN
    assert session.state.book.fees == 0
    session.crash()
    assert look(session) == UNKNOWN


def test_a_fee_in_dollars_is_known() -> None:
    session = Session()
    session.trade(session.place(), 4, Decimal("0.05"))
    fee, tag, fees, net, order, *sums = look(session)
    assert (fee, tag, fees, order, sums) == (Decimal("0.05"), "", Decimal("0.05"), Decimal("0.05"), [False, False])
    assert net is not None
