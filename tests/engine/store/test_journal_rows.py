"""Entries of the journal go through a ledger on disk and come back the same, the newest at most."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import KALSHI, InstrumentId
from engine.core.snapshot import JournalRow
from engine.core.units import Leg, Money, Nanos, Qty, Side
from engine.kernel import journal
from engine.store import database, history, migrations
from engine.store.writer import Writer

BARE = JournalRow(
    order="o-1", at=Nanos(5), who="ladder", instrument=InstrumentId(KALSHI, "KXHIGHCHI-26JUL03-B84.5"), side=Side.SELL,
    leg=Leg.NO, reason="sell NO",
)  # fmt: skip
WHOLE = JournalRow(
    order="o-2", at=Nanos(6), who="bracket_momentum", instrument=BARE.instrument, side=Side.BUY, leg=Leg.YES,
    price=0.42, qty=Qty(Decimal("12.5")), fair=0.468, market=0.425, edge=3.4, book_age=400, report_age=9, reason="buy",
    average=0.41, filled=Qty(Decimal(10)),
    fee=Money(Decimal("0.17")), later=0.44, close=0.5, paid=1.0, settled_at=Nanos(9),
    note="one\ntwo", tags=("a", "b-c"),
)  # fmt: skip


def test_entries_come_back_as_they_were_written_and_later_ones_replace_earlier(tmp_path) -> None:
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    writer = Writer(path, None, on_kept=lambda *_: None, on_trouble=lambda *_: None)
    writer.start()
    noted = msgspec.structs.replace(BARE, note="later", tags=("x",))
    for some in ((BARE,), (WHOLE, BARE), (noted,)):
        writer.keep(tuple(journal.row(one) for one in some), "")
    assert writer.stop()
    with database.reader(path) as connection:
        assert history.journal(connection) == (noted, WHOLE)
        assert history.journal(connection, 1) == (WHOLE,)
