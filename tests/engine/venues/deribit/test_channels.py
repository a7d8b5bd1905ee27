"""What a market socket carries: books whole or stale, subscriptions that are not given, trades once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.core.errors import WireError
from engine.core.events import BooksStale, Marked, StatusChanged, Trade
from engine.core.units import SECOND, Nanos
from engine.venues.deribit import wire, wire_instruments
from engine.venues.deribit.channels import BATCH, NEWS, Channels
from tests.engine.venues.deribit.chains import future, news, option, refusal, reply, row

PERP, CALL = "BTC-PERPETUAL", "BTC-27NOV26-90000-C"


class Listed:
    """As much of a directory as channels look at."""

    def __init__(self, *names: str) -> None:
        rows = {PERP: row(future()), CALL: row(option())}
        self.scales = {name: wire_instruments.scale(rows[name]) for name in names}
        self.instruments = {name: wire_instruments.instrument(rows[name]) for name in names}
        self.staled = 0

    def stale(self) -> None:
        self.staled += 1


class Socket:
    """Plays a venue's side against channels."""

    def __init__(self, *names: str, raw: bool = False, listed: Listed | None = None) -> None:
        self.at = Nanos(SECOND)
        self.channels = Channels(listed or Listed(PERP, CALL))  # type: ignore[arg-type]
        self.channels.want(frozenset(names or (PERP,)), self.at)
        self.channels.opened(self.at, raw=raw)

    def asked(self) -> list[tuple[str, list[str], int]]:
        """Return what was asked since the last time: method, channels, number."""
        taken, self.channels.calls.outbox[:] = list(self.channels.calls.outbox), []
        found = [json.loads(text) for _, text in taken]
        return [(one["method"], one["params"].get("channels", []), one["id"]) for one in found]

    def give(self, *missing: str) -> list[Any]:
        """Answer all that was asked, without what is missing; return what follows."""
        told: list[Any] = []
        for _, channels, number in self.asked():
            frame = wire.read(reply([one for one in channels if one not in missing], number))
            assert isinstance(frame, wire.Reply)
            told += self.channels.answered(frame, self.at)
        return told

    def tell(self, channel: str, data: Any) -> list[Any]:
        frame = wire.read(news(channel, data))
        assert isinstance(frame, wire.News)
        return list(self.channels.news(frame, self.at))

    def book(self, kind: str, number: int, before: int | None = None, name: str = PERP, **levels: Any) -> list[Any]:
        data = {"type": kind, "instrument_name": name, "timestamp": 5, "change_id": number,
                "bids": [["new", 100, 10]], "asks": []} | levels  # fmt: skip
        if before is not None:
            data["prev_change_id"] = before
        return self.tell(f"book.{name}.100ms", data)


def kinds(events: list[Any]) -> list[str]:
    return [type(one).__name__ for one in events]


def test_everything_wanted_is_asked_for_at_once_and_the_first_socket_hears_the_venue() -> None:
    socket = Socket(PERP, CALL)
    (_, channels, _), (_, more, _) = socket.asked()
    assert channels == [
        f"book.{CALL}.100ms", f"ticker.{CALL}.100ms", f"trades.{CALL}.100ms", f"book.{PERP}.100ms",
        f"ticker.{PERP}.100ms", f"trades.{PERP}.100ms",
    ]  # fmt: skip
    assert tuple(more) == NEWS


def test_many_channels_are_asked_for_in_several_requests() -> None:
    socket = Socket(*(f"X-{n}" for n in range(120)))
    sizes = [len(channels) for _, channels, _ in socket.asked()]
    assert sum(sizes) == 360 + len(NEWS)
    assert max(sizes) == BATCH


def test_a_change_that_follows_is_told_and_one_that_does_not_makes_the_book_stale() -> None:
    socket = Socket()
    socket.give()
    assert kinds(socket.book("change", 8, 7)) == [], "before its book it says nothing"
    assert kinds(socket.book("snapshot", 10)) == ["BookSnapshot"]
    assert kinds(socket.book("change", 400, 10)) == ["BookDelta"], "numbers need not follow one another"
    (stale,) = socket.book("change", 500, 401)
    assert isinstance(stale, BooksStale)
    assert [one.symbol for one in stale.instruments] == [PERP]
    assert (socket.channels.gaps, socket.channels.resyncs, socket.channels.live) == (1, 1, 0)
    assert [(method, channels) for method, channels, _ in socket.asked()] == [
        ("public/unsubscribe", [f"book.{PERP}.100ms"]), ("public/subscribe", [f"book.{PERP}.100ms"]),
    ]  # fmt: skip
    assert socket.book("change", 600, 500) == []
    assert kinds(socket.book("snapshot", 700)) == ["BookSnapshot"]
    assert kinds(socket.book("change", 701, 700)) == ["BookDelta"]


def test_a_repeated_or_swapped_change_never_passes() -> None:
    socket = Socket()
    socket.book("snapshot", 10)
    assert kinds(socket.book("change", 20, 10)) == ["BookDelta"]
    assert kinds(socket.book("change", 20, 10)) == ["BooksStale"]


def test_a_change_that_cannot_be_read_makes_the_book_stale() -> None:
    socket = Socket()
    socket.book("snapshot", 10)
    assert kinds(socket.book("change", 20, 10, bids=[["new", 100.123456, 10]])) == ["BooksStale"]
    with pytest.raises(WireError):
        socket.book("snapshot", 30, bids=[["new", 1e30, 10]])


def test_who_is_logged_in_asks_for_books_as_they_happen_and_does_with_less() -> None:
    socket = Socket(raw=True)
    told = socket.give(f"book.{PERP}.raw")
    assert told == [], "it is asked for gathered before anything is said"
    ((method, channels, _),) = socket.asked()
    assert (method, channels) == ("public/subscribe", [f"book.{PERP}.100ms"])


def test_a_book_that_is_not_given_is_stale_and_no_reason_to_hang_up() -> None:
    socket = Socket(PERP, CALL)
    (stale,) = socket.give(f"book.{CALL}.100ms", f"ticker.{CALL}.100ms")
    assert "does not give" in stale.why
    assert socket.channels.errors == 1
    socket.book("snapshot", 10)
    assert socket.channels.overdue(Nanos(socket.at + 60 * SECOND)) == ""


def test_a_subscription_that_is_refused_is_one_that_is_not_given() -> None:
    socket = Socket()
    for _, _, number in socket.asked():
        frame = wire.read(refusal(11052, "subscriptions_not_supported", number))
        assert isinstance(frame, wire.Refusal)
        told = socket.channels.answered(frame, socket.at)
        assert kinds(told) in ([], ["BooksStale"])


def test_what_does_not_come_in_time_ends_the_connection() -> None:
    socket = Socket()
    later = Nanos(socket.at + 6 * SECOND)
    assert "no book" in socket.channels.overdue(later)
    socket.book("snapshot", 10)
    assert "no answer to public/subscribe" in socket.channels.overdue(later)
    socket.give()
    assert socket.channels.overdue(later) == ""


def test_a_closed_connection_and_an_overflow_leave_no_book_trusted() -> None:
    socket = Socket(PERP, CALL)
    socket.book("snapshot", 10)
    socket.asked()
    (stale,) = socket.channels.overflowed(socket.at)
    assert [one.symbol for one in stale.instruments] == [PERP]
    assert len(socket.asked()) == 2
    (stale,) = socket.channels.closed(socket.at, "cut")
    assert [one.symbol for one in stale.instruments] == sorted([CALL, PERP])
    assert socket.asked() == []


def test_what_is_wanted_can_change_while_connected() -> None:
    socket = Socket(PERP)
    socket.asked()
    socket.channels.want(frozenset({CALL}), socket.at)
    (left, gone, _), (asked, new, _) = socket.asked()
    assert (left, len(gone), asked, len(new)) == ("public/unsubscribe", 3, "public/subscribe", 3)
    assert socket.book("snapshot", 10) == [], "it is not wanted any more"


def test_a_book_that_came_before_its_steps_were_known_is_asked_for_when_they_are() -> None:
    listed = Listed()
    socket = Socket(PERP, listed=listed)
    assert socket.book("snapshot", 10) == []
    socket.asked()
    listed.scales = Listed(PERP).scales
    socket.channels.learned(socket.at)
    assert [method for method, _, _ in socket.asked()] == ["public/unsubscribe", "public/subscribe"]
    assert kinds(socket.book("snapshot", 20)) == ["BookSnapshot"]


def test_trades_are_told_once_and_holes_are_counted() -> None:
    def one(seq: int) -> dict[str, Any]:
        return {"trade_seq": seq, "trade_id": str(seq), "timestamp": 3, "price": 100, "amount": 10,
                "direction": "buy", "instrument_name": PERP}  # fmt: skip

    socket = Socket()
    told = socket.tell(f"trades.{PERP}.100ms", [one(1), one(2)]) + socket.tell(f"trades.{PERP}.100ms", [one(2), one(4)])
    assert [each.trade_id for each in told if isinstance(each, Trade)] == ["1", "2", "4"]
    assert socket.channels.gaps == 1


def test_states_come_by_news_and_by_tickers_and_are_told_when_they_change() -> None:
    socket = Socket()
    ticker = {"instrument_name": PERP, "timestamp": 6, "state": "open", "mark_price": 5}
    assert kinds(socket.tell(f"ticker.{PERP}.100ms", ticker)) == ["Marked"]
    told = socket.tell(f"ticker.{PERP}.100ms", ticker | {"state": "settlement"})
    assert kinds(told) == ["StatusChanged", "Marked"]
    assert told[0].status == "paused"
    state = {"instrument_name": PERP, "state": "open", "timestamp": 7}
    (changed,) = socket.tell("instrument.state.future.any", state)
    assert isinstance(changed, StatusChanged)
    assert changed.status == "open"
    assert socket.tell("instrument.state.future.any", state) == []
    assert socket.channels.directory.staled == 2  # type: ignore[attr-defined]
    assert socket.tell("instrument.state.option.any", state | {"instrument_name": "of nobody"}) == []


def test_other_channels_say_nothing() -> None:
    assert Socket().tell("quote.X", {}) == []
    assert isinstance(Socket().tell(f"ticker.{PERP}.100ms", {"instrument_name": PERP, "timestamp": 1})[0], Marked)


def test_a_change_that_follows_is_read_in_one_go_and_means_the_same() -> None:
    levels = {"bids": [["change", 100, 30], ["delete", 99.5, 0]], "asks": [["new", 101, 10]]}
    data = {"type": "change", "instrument_name": PERP, "timestamp": 5, "change_id": 20, "prev_change_id": 10, **levels}
    raw = news(f"book.{PERP}.100ms", data)
    quick, plain = Socket(), Socket()
    for socket in (quick, plain):
        assert socket.channels.booked(raw, socket.at) is None, "before its book it is left to the other way"
        socket.book("snapshot", 10)
    assert quick.channels.booked(raw, quick.at) == plain.tell(f"book.{PERP}.100ms", data)
    assert quick.channels.booked(raw, quick.at) is None, "told twice it does not follow"
    after = {**data, "change_id": 30, "prev_change_id": 20}
    for odd in (
        {"bids": [["new", 100.123456, 10]]}, {"bids": [["new", 1e300, 10]]}, {"type": "snapshot"}, {"bids": None},
        {"instrument_name": "of nobody"}, {"asks": [["new", 100, 0.5]]},
    ):  # fmt: skip
        assert quick.channels.booked(news(f"book.{PERP}.100ms", after | odd), quick.at) is None
    assert quick.channels.booked(news(f"ticker.{PERP}.100ms", after), quick.at) is None
    assert quick.channels.booked(b"\xff", quick.at) is None
    found = quick.channels.booked(news(f"book.{PERP}.100ms", after), quick.at)
    assert found is not None
    assert kinds(list(found)) == ["BookDelta"] * 3
