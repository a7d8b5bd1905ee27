"""The recorder looked at: what a writer wrote, how fast, and what lies in the folder."""

from __future__ import annotations

from engine.core.units import SECOND
from engine.host.recording import STREAMS, Recorder
from engine.store import journal
from engine.store.writer import Writer


class Hands:
    """A steady clock that is turned by hand."""

    now = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now


def writer(path) -> Writer:
    return Writer(None, path, on_kept=lambda _: None, on_trouble=lambda *_: None)


def test_rates_are_of_the_last_minute_and_unknown_before(tmp_path) -> None:
    path, hands = tmp_path / "20260703T150000Z.db", Hands()
    journal.create(path).close()
    one = writer(path)
    recorder = Recorder(one, tmp_path, path, 30, hands)
    first = recorder.view()
    assert (first.rows, first.per_second, first.age_s, first.lost) == (0, None, None, 0)
    one.tally.wrote([(n, n, "Trade", b"x", b"d") for n in range(1, 11)], 0)
    hands.now += 2 * SECOND
    view = recorder.view()
    assert (view.rows, view.per_second, view.age_s) == (10, 5.0, 0.0)
    trades = next(line for line in view.streams if line.name == "Trades")
    assert (trades.rows, trades.per_second, trades.gaps) == (10, 5.0, None)
    hands.now += 3 * SECOND
    assert recorder.view().age_s == 3.0
    for _ in range(70):
        hands.now += SECOND
        view = recorder.view()
    assert view.per_second == 0.0, "older than a minute counts no more"


def test_gaps_are_books_that_had_to_be_asked_for_anew(tmp_path) -> None:
    path = tmp_path / "20260703T150000Z.db"
    one = writer(path)
    one.tally.wrote([(1, 1, "BookDelta", b"", b""), (2, 2, "BooksStale", b"", b"")], 0)
    books = Recorder(one, tmp_path, path, 30, Hands()).view().streams[0]
    assert (books.name, books.rows, books.gaps) == ("Books", 2, 1)


def test_every_kind_of_event_is_in_one_stream() -> None:
    from typing import get_args

    from engine.core.events import Event

    kinds = [kind for _, _, members in STREAMS for kind in members]
    assert sorted(kinds) == sorted({one.__name__ for one in get_args(Event)})


def test_sessions_are_listed_newest_first_and_a_replay_records_none(tmp_path) -> None:
    for name in ("20260703T150000Z", "20260704T150000Z"):
        journal.create(tmp_path / f"{name}.db").close()
    journal.create(tmp_path / "20260703T150000Z.0002.part").close()
    now = tmp_path / "20260704T150000Z.db"
    view = Recorder(writer(now), tmp_path, now, 30, Hands()).view()
    assert [(one.name[:8], one.parts, one.current) for one in view.sessions] == [
        ("20260704", 1, True), ("20260703", 2, False),
    ]  # fmt: skip
    assert view.total == sum(one.bytes for one in view.sessions) > 0
    replay = Recorder(None, tmp_path, None, None, Hands()).view()
    assert (replay.session, replay.streams, replay.bytes, replay.kept_days) == ("", (), 0, None)
    assert not any(one.current for one in replay.sessions)
