from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.events import (
    GridChanged,
    Listed,
    StatusChanged,
)
from engine.core.ids import KALSHI, FamilyId, InstrumentId
from engine.core.instrument import Band, Family
from engine.core.units import Ticks
from tests.engine.kernel.venue import FAMILY, SYMBOLS, Session, instrument

ONE = InstrumentId(KALSHI, SYMBOLS[0])


@pytest.fixture
def session() -> Session:
    return Session()


def test_a_grid_that_changes_is_the_one_orders_meet(session) -> None:
    session.do(GridChanged(at=session.at, instrument=ONE, grid=(Band(Ticks(1_000), Ticks(9_000), Ticks(1_000)),)))
    assert session.place(price=4_800).why.startswith("PRICE_GRID — ")
    assert not session.place(price=4_000).why.startswith("PRICE_GRID — ")


def test_what_was_settled_is_not_listed_open_again(session) -> None:
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="settled", result="no"))
    session.list()
    assert (session.state.listings[ONE].status, session.state.listings[ONE].result) == ("settled", "no")


def test_windows_that_are_over_are_forgotten_unless_something_of_ours_is_in_them(session) -> None:
    window = FamilyId("kalshi:KXBTC-1")
    one = replace(instrument(0), id=InstrumentId(KALSHI, "KXBTC-1-T1"), family=window, closes=session.at)
    session.do(Listed(at=session.at, family=Family(id=window, title="5 min", members=(one.id,)), instruments=(one,)))
    session.run(3_600)
    assert window in session.state.families
    session.run(2.1 * 3_600)
    assert window not in session.state.families
    assert one.id not in session.state.listings
    assert FAMILY in session.state.families
