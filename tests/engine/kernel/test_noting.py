"""Notes on settlements: journalled, kept, restored, and never a part of what is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.core import codec
from engine.core.commands import NoteMarket
from engine.core.events import Asked
from engine.core.ids import MarketId
from engine.core.units import MINUTE, Nanos
from engine.kernel import noting
from engine.store import database, ledger, load, migrations
from engine.views import topics
from tests.engine.kernel.desk import EMPTY, Desk, hours

if TYPE_CHECKING:
    from pathlib import Path

RAIN = MarketId("RAIN")


def line(desk: Desk):
    view = desk.kernel.view(topics.SETTLEMENTS)
    return next(one for one in view.queue if one.market == RAIN)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def desk() -> Desk:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.observe(hours(20, 0, 0))
    desk.settle()
    return desk


def test_a_note_stands_beside_its_market_and_no_record_changes(desk: Desk) -> None:
    assert (line(desk).note, line(desk).noted_at) == ("", None)
    sealed = [keep for keep in desk.rows if any(row.table == "settlements" for row in keep.rows)]
    head = desk.state.chain_next, desk.state.chain_head
    desk.ask(NoteMarket(market=RAIN, note="  The gauge was blocked.\nAsked the office. "))
    assert line(desk).note == "The gauge was blocked.\nAsked the office."
    assert line(desk).noted_at == desk.state.now
    assert (desk.state.chain_next, desk.state.chain_head) == head
    assert [keep for keep in desk.rows if any(row.table == "settlements" for row in keep.rows)] == sealed
    desk.ask(NoteMarket(market=RAIN, note=" "))
    assert line(desk).note == ""
    assert desk.state.market_notes == {}


@pytest.mark.parametrize(
    ("market", "note", "said"),
    [
        ("RAIN", "x" * (noting.LONGEST + 1), "a note is at most 2000 printable characters"),
        ("RAIN", "bell \x07", "a note is at most 2000 printable characters"),
        ("M" * 100, "x", f"there is no market {'M' * 40!r}"),
    ],
)
def test_what_cannot_be_a_note_is_named_and_keeps_nothing(desk: Desk, market: str, note: str, said: str) -> None:
    before, kept = dict(desk.state.market_notes), len(desk.rows)
    desk.ask(NoteMarket(market=MarketId(market), note=note))
    assert said in desk.kernel.view(topics.NOTICES).rows[-1].text  # type: ignore[attr-defined]
    assert desk.state.market_notes == before
    assert len(desk.rows) == kept


def test_a_note_is_a_line_of_the_journal() -> None:
    event = Asked(at=Nanos(1), command=NoteMarket(market=RAIN, note="ask again"), pressed_at=Nanos(0))
    assert codec.decode(codec.encode(event)) == event


def test_the_next_session_has_the_notes_of_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=False)
    ledger.prepare(connection)
    first = Desk()
    first.list()
    first.ask(NoteMarket(market=RAIN, note="first"))
    first.ask(NoteMarket(market=RAIN, note="held back until the office answers"))
    for keep in first.rows:
        ledger.write(connection, keep.rows)
    connection.close()
    again = Desk(load.load(path, EMPTY), at=Nanos(first.at + MINUTE))
    assert line(again).note == "held back until the office answers"
    assert line(again).noted_at == line(first).noted_at
