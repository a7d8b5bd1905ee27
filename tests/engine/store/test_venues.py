"""What the kernel keeps of venues comes back from the store as the next session's beginning."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Amend, Cancel, Tif
from engine.core.effects import Keep
from engine.core.ids import KALSHI
from engine.core.units import HOUR, Leg, Nanos, Qty, Side, Ticks
from engine.store import database, ledger, load, migrations
from tests.engine.kernel.venue import Session, filled, opened


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "ledger-paper.db"
    migrations.apply(made)
    return made


@pytest.fixture
def session(path, monkeypatch) -> Session:
    """A session whose rows go to a file as well."""
    connection = database.connect(path, full=False)
    ledger.prepare(connection)
    made = Session(opened(), ready=False)
    take = made.ledger.take

    def both(keep: Keep) -> None:
        ledger.check(keep.rows)
        ledger.write(connection, keep.rows)
        take(keep)

    monkeypatch.setattr(made.ledger, "take", both)
    made.ready()
    yield made
    connection.close()


def test_orders_fills_positions_cash_and_listings_come_back(session, path) -> None:
    first = session.place(qty=10, price=4_800)
    session.trade(first, 4, "0.05")
    session.trade(session.place(Side.BUY, 3, 4_800, leg=Leg.NO, index=1), 3, "0.02")
    session.place(Side.BUY, 5, 4_700, tif=Tif.GTD, until=Nanos(session.at + HOUR), post_only=True)
    gone = session.place(Side.BUY, 5, 4_600)
    session.ask(Cancel(order=gone.id))
    session.ask(Amend(order=first.id, price=Ticks(4_700), qty=Qty(Decimal(12))))
    session.run(1)
    known = load.load(path, opened())
    mine = session.ledger.snapshot(opened())
    for name in ("orders", "venue_fills", "held", "listings", "venue_cash", "next_order", "limits"):
        assert getattr(known, name) == getattr(mine, name), name
    assert known.venue_cash == ((KALSHI, session.exchange.cash),)
    assert not [row for row in known.cash if "@" in row.account]
    assert {(h.leg, h.qty) for h in known.held if h.qty} == {(Leg.YES, 4), (Leg.NO, 3)}


def test_a_fee_that_is_not_known_in_dollars_is_still_unknown_however_old_its_fill(session, path, monkeypatch) -> None:
    order = session.place(qty=10, price=4_800)
    fill = session.trade(order, 4, told=False)
    session.tell(msgspec.structs.replace(filled(fill, order.id), fee_in="0.0001 BNB"))
    session.trade(order, 6)
    session.run(1)
    monkeypatch.setattr("engine.store.history.VENUE_FILLS", 0)
    known = load.load(path, opened())
    assert known.unpriced == (order.place.instrument,)
    assert "fee not in dollars: 0.0001 BNB" in {row.tag for row in known.fills}


def test_a_session_goes_on_from_the_file_as_from_memory(session, path) -> None:
    order = session.place(qty=10, price=4_800)
    session.trade(order, 4, "0.05")
    session.run(1)
    session.base = load.load(path, opened())
    session.crash()
    session.run(3)
    again = session.state.register.get(order.id)
    assert (again.client, again.venue_order, again.filled, again.fee) == (order.client, "v-1", 4, Decimal("0.05"))
    assert session.differs() == ""
    session.trade(again, 6)
    assert again.ended
    assert session.differs() == ""


def test_fills_of_open_orders_are_known_however_old_they_are(session, path, monkeypatch) -> None:
    monkeypatch.setattr("engine.store.history.VENUE_FILLS", 1)
    old = session.place(qty=10, price=4_800)
    session.trade(old, 4)
    for index in (1, 2):
        session.trade(session.place(qty=5, price=4_800, index=index), 5)
    session.run(1)
    known = load.load(path, opened())
    assert [f.order for f in known.venue_fills] == [old.id, "o-000003"]
    assert len([h for h in known.held if h.qty]) == 3
