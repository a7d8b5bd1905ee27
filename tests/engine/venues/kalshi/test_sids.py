"""One Kalshi socket's subscriptions: what a gap makes stale, what is asked for then, and what mends it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field

import pytest

from engine.core.events import BookDelta, BookSnapshot, BooksStale, GridChanged, StatusChanged
from engine.core.instrument import Band
from engine.core.units import SECOND, Side
from engine.venues.kalshi.sids import QUIET, Sids
from tests.scale import scale

T1, T2 = "KX-1", "KX-2"


def snapshot(seq: int, ticker: str = T1, sid: int = 1, **sides) -> str:
    msg = {"market_ticker": ticker, **sides}
    return json.dumps({"type": "orderbook_snapshot", "sid": sid, "seq": seq, "msg": msg})


def delta(seq: int, ticker: str = T1, price: str = "0.50", by: str = "1.00", side: str = "yes", sid: int = 1) -> str:
    msg = {"market_ticker": ticker, "price_dollars": price, "delta_fp": by, "side": side}
    return json.dumps({"type": "orderbook_delta", "sid": sid, "seq": seq, "msg": msg})


def subscribed(sid: int, channel: str) -> str:
    return json.dumps({"type": "subscribed", "id": 1, "msg": {"channel": channel, "sid": sid}})


def lifecycle(seq: int, **msg) -> str:
    return json.dumps({"type": "market_lifecycle_v2", "sid": 3, "seq": seq, "msg": msg})


def whole() -> Sids:
    """Two markets subscribed and their books here; numbers 1 and 2 are spent."""
    sids = Sids(wanted=frozenset({T1, T2}))
    sids.opened(0)
    for sid, channel in ((1, "orderbook_delta"), (2, "trade"), (3, "market_lifecycle_v2")):
        sids.frame(subscribed(sid, channel), 0)
    sids.frame(snapshot(1, T1), 0)
    sids.frame(snapshot(2, T2), 0)
    sids.outbox.clear()
    return sids


def sent(sids: Sids) -> list[dict]:
    commands = [json.loads(text) for text in sids.outbox]
    sids.outbox.clear()
    return [{"cmd": c["cmd"], **c["params"]} for c in commands]


def test_one_subscription_a_channel_carries_all_markets_and_says_which_prices_it_means() -> None:
    sids = Sids(wanted=frozenset({T1, T2}))
    sids.opened(0)
    assert sent(sids) == [
        {"cmd": "subscribe", "channels": ["market_lifecycle_v2"]},
        {"cmd": "subscribe", "channels": ["orderbook_delta"], "market_tickers": [T1, T2], "use_yes_price": False},
        {"cmd": "subscribe", "channels": ["trade"], "market_tickers": [T1, T2]},
    ]


def test_acknowledgements_consume_numbers() -> None:
    sids = whole()
    ok = {"type": "ok", "id": 9, "sid": 1, "seq": 3, "msg": {"market_tickers": [T1, T2]}}
    assert sids.frame(json.dumps(ok), 1) == []
    assert len(sids.frame(delta(4), 1)) == 1
    gone = {"type": "unsubscribed", "id": 10, "sid": 1, "seq": 5}
    assert sids.frame(json.dumps(gone), 1) == []
    assert sids.gaps == 0


def test_a_gap_makes_every_book_of_the_subscription_stale_and_asks_for_them_whole() -> None:
    sids = whole()
    (stale,) = sids.frame(delta(4), 5)
    assert isinstance(stale, BooksStale)
    assert [i.symbol for i in stale.instruments] == [T1, T2]
    assert sent(sids) == [
        {"cmd": "update_subscription", "sid": 1, "action": "get_snapshot", "market_tickers": [T1, T2]}
    ]
    assert (sids.gaps, sids.resyncs) == (1, 1)


def test_nothing_is_applied_to_a_stale_book_until_its_own_snapshot_came() -> None:
    sids = whole()
    sids.frame(delta(4), 5)
    assert sids.frame(delta(5, T2), 5) == []
    assert [type(e) for e in sids.frame(snapshot(6, T2), 5)] == [BookSnapshot]
    assert [type(e) for e in sids.frame(delta(7, T2), 5)] == [BookDelta]
    assert sids.frame(delta(8, T1), 5) == []


def test_the_very_same_frame_twice_changes_nothing() -> None:
    sids = whole()
    assert len(sids.frame(delta(3), 1)) == 1
    assert sids.frame(delta(3), 1) == []
    assert sids.gaps == 0


def test_another_frame_of_a_spent_number_is_a_gap() -> None:
    sids = whole()
    sids.frame(delta(3), 1)
    assert isinstance(sids.frame(delta(3, by="5"), 1)[0], BooksStale)


def test_a_gap_is_told_even_where_the_frame_after_it_cannot_be_read() -> None:
    sids = whole()
    events = sids.frame(delta(4, price="9"), 1)
    assert isinstance(events[0], BooksStale)
    assert len(events[0].instruments) == 2


def test_an_unreadable_delta_makes_its_own_book_stale_and_no_other() -> None:
    sids = whole()
    (stale,) = sids.frame(delta(3, price="0.123456"), 1)
    assert [i.symbol for i in stale.instruments] == [T1]
    assert sent(sids)[0]["market_tickers"] == [T1]
    assert len(sids.frame(delta(4, T2), 1)) == 1
    assert (sids.gaps, sids.errors) == (0, 1)


def test_a_missing_first_number_is_a_gap_too() -> None:
    sids = Sids(wanted=frozenset({T1}))
    sids.opened(0)
    sids.frame(subscribed(1, "orderbook_delta"), 0)
    sids.frame(snapshot(2), 0)
    assert sids.gaps == 1


def test_a_snapshot_may_come_at_any_time_and_replaces_the_book() -> None:
    (event,) = whole().frame(snapshot(3, yes_dollars_fp=[["0.40", "3.00"], ["0.41", "2.00"]]), 1)
    assert event.bids == ((4_100, 200), (4_000, 300))
    assert event.asks == ()


def test_no_bids_are_folded_to_asks_of_yes() -> None:
    (event,) = whole().frame(snapshot(3, no_dollars_fp=[["0.55", "7.00"], ["0.58", "1.00"]]), 1)
    assert event.asks == ((4_200, 100), (4_500, 700))
    (moved,) = whole().frame(delta(3, price="0.58", side="no"), 1)
    assert (moved.side, moved.price) == (Side.SELL, 4_200)


def test_no_levels_that_come_as_prices_of_yes_are_taken_as_they_are() -> None:
    sids = whole()
    sids.use_yes_price = True
    (event,) = sids.frame(snapshot(3, no_dollars_fp=[["0.42", "1.00"]]), 1)
    assert event.asks == ((4_200, 100),)
    (moved,) = sids.frame(delta(4, price="0.42", side="no"), 1)
    assert moved.price == 4_200


def test_books_that_stay_away_are_asked_for_again_and_then_the_socket_is_given_up() -> None:
    sids = whole()
    sids.frame(delta(4), 0)
    asked = []
    for second in range(1, 20):
        why = sids.tick(second * SECOND)
        asked += sent(sids)
        if why:
            break
    assert why == "whole books were asked for three times and none came"
    assert len(asked) == 4


def test_one_book_that_never_comes_while_others_do_is_left_alone() -> None:
    sids = whole()
    sids.again([T1], 0)
    seq = 2
    for second in range(1, 40):
        seq += 1
        sids.frame(delta(seq, T2), second * SECOND)
        assert sids.tick(second * SECOND) == ""
    assert T1 not in sids.awaited
    assert T1 not in sids.whole


def test_quiet_books_are_probed_for_one_of_them() -> None:
    sids = whole()
    assert sids.tick(QUIET - 1) == ""
    assert sent(sids) == []
    assert sids.tick(QUIET) == ""
    (probe,) = sent(sids)
    assert probe["action"] == "get_snapshot"
    assert len(probe["market_tickers"]) == 1
    assert len(sids.frame(delta(3, T1), QUIET)) == 1, "a book that is only looked at is not stale"


def test_markets_are_added_and_taken_off_on_the_same_subscription() -> None:
    sids = whole()
    sids.want(frozenset({T2, "KX-3"}), 1)
    assert sent(sids) == [
        {"cmd": "update_subscription", "sid": sid, "action": action, "market_tickers": markets}
        for sid in (1, 2)
        for action, markets in (("add_markets", ["KX-3"]), ("delete_markets", [T1]))
    ]
    assert sids.frame(delta(3, T1), 1) == []


def test_letting_all_go_unsubscribes_and_coming_back_subscribes_anew() -> None:
    sids = whole()
    sids.want(frozenset(), 1)
    assert [c["cmd"] for c in sent(sids)] == ["unsubscribe", "unsubscribe"]
    sids.want(frozenset({T1}), 2)
    assert [c["cmd"] for c in sent(sids)] == ["subscribe", "subscribe"]


def test_a_wish_taken_back_before_the_venue_answered_is_put_right_then() -> None:
    sids = Sids(wanted=frozenset({T1, T2}), lifecycle=False)
    sids.opened(0)
    sids.want(frozenset({T2}), 0)
    sids.outbox.clear()
    sids.frame(subscribed(1, "orderbook_delta"), 1)
    assert sent(sids) == [{"cmd": "update_subscription", "sid": 1, "action": "delete_markets", "market_tickers": [T1]}]


@pytest.mark.parametrize("code", [10, 25])
def test_a_subscription_the_venue_ends_is_made_again_and_its_books_are_stale(code) -> None:
    sids = whole()
    (stale,) = sids.frame(json.dumps({"type": "error", "sid": 1, "msg": {"code": code, "msg": "x"}}), 1)
    assert len(stale.instruments) == 2
    assert sent(sids)[0]["channels"] == ["orderbook_delta"]


def test_a_command_on_a_subscription_that_has_ended_meanwhile_ends_no_other() -> None:
    sids = whole()
    sids.want(frozenset({T1, T2, "KX-3"}), 1)
    number = json.loads(sids.outbox[0])["id"]
    sids.frame(json.dumps({"type": "error", "sid": 1, "msg": {"code": 25, "msg": "too slow"}}), 1)
    sids.outbox.clear()  # subscribed anew, and the venue comes to what was on its way before
    assert sids.frame(json.dumps({"type": "error", "id": number, "msg": {"code": 7, "msg": "unknown sid"}}), 1) == []
    assert sent(sids) == []
    sids.frame(subscribed(4, "orderbook_delta"), 1)
    assert [type(e) for e in sids.frame(snapshot(1, "KX-3", sid=4), 1)] == [BookSnapshot]
    assert len(sids.frame(lifecycle(1, event_type="deactivated", market_ticker=T1, is_deactivated=True), 1)) == 1
    assert sids.gaps == 1


def test_markets_past_the_venues_limit_are_given_back() -> None:
    sids = whole()
    sids.want(frozenset({T1, T2, "KX-3"}), 1)
    number = json.loads(sids.outbox[0])["id"]
    sids.frame(json.dumps({"type": "error", "id": number, "msg": {"code": 26, "msg": "too many"}}), 1)
    assert sids.refused == {"KX-3"}
    assert sids.limit == 2


def test_one_market_the_venue_does_not_know_costs_no_other_its_book() -> None:
    sids = Sids(wanted=frozenset({T1, T2, "KX-NONE"}), lifecycle=False)
    sids.opened(0)
    seq = 0
    while commands := sids.outbox[:]:
        sids.outbox.clear()
        for command in map(json.loads, commands):
            params = command["params"]
            if "KX-NONE" in params["market_tickers"]:
                sids.frame(json.dumps({"type": "error", "id": command["id"], "msg": {"code": 11, "msg": "x"}}), 1)
            elif params.get("channels") == ["orderbook_delta"]:
                sids.frame(subscribed(1, "orderbook_delta"), 1)
                for ticker in params["market_tickers"]:
                    seq += 1
                    sids.frame(snapshot(seq, ticker), 1)
            elif params.get("sid") == 1:
                seq += 1
                sids.frame(json.dumps({"type": "ok", "id": command["id"], "sid": 1, "seq": seq, "msg": {}}), 1)
                for ticker in params["market_tickers"]:
                    seq += 1
                    sids.frame(snapshot(seq, ticker), 1)
    assert sids.whole.keys() == {T1, T2}
    assert sids.unknown == {"KX-NONE"}
    assert sids.awaited == {}
    assert sids.gaps == 0


def test_a_connection_that_ended_while_it_was_asked_on_leaves_nothing_to_the_next() -> None:
    """Its end is not told: it never stood."""
    sids = Sids(wanted=frozenset({T1, T2}))
    sids.opened(0)
    asked = sent(sids)
    sids.opened(1)
    assert sent(sids) == asked
    assert len(asked) == 3


def test_a_reconnect_begins_everything_anew() -> None:
    sids = whole()
    (stale,) = sids.closed(5, "cut")
    assert len(stale.instruments) == 2
    sids.opened(6)
    assert [c["cmd"] for c in sent(sids)] == ["subscribe"] * 3
    sids.frame(subscribed(8, "orderbook_delta"), 6)
    assert len(sids.frame(snapshot(1, T1, sid=8), 6)) == 1
    assert sids.gaps == 0


def test_news_of_a_market_changes_its_status_and_its_close() -> None:
    sids = whole()
    (paused,) = sids.frame(lifecycle(1, event_type="deactivated", market_ticker=T1, is_deactivated=True), 5)
    assert isinstance(paused, StatusChanged)
    assert paused.status == "paused"
    (moved,) = sids.frame(lifecycle(2, event_type="close_date_updated", market_ticker=T1, close_ts=100), 5)
    assert (moved.status, moved.closes) == ("paused", 100 * SECOND)
    (done,) = sids.frame(lifecycle(3, event_type="determined", market_ticker=T1, result="no"), 5)
    assert (done.status, done.result) == ("determined", "no")
    (over,) = sids.frame(lifecycle(4, event_type="settled", market_ticker=T1, settled_ts=1), 5)
    assert (over.status, over.result) == ("settled", "no")
    assert sids.frame(lifecycle(5, event_type="determined", market_ticker="NOT-OURS", result="no"), 5) == []


def test_new_price_ranges_are_a_new_grid() -> None:
    ranges = [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]
    news = lifecycle(1, event_type="price_level_structure_updated", market_ticker=T1, price_ranges=ranges)
    (event,) = whole().frame(news, 5)
    assert isinstance(event, GridChanged)
    assert event.grid == (Band(10, 9_990, 10),)


def test_a_status_is_told_with_the_price_ranges_that_stand_beside_it() -> None:
    sids = whole()
    ranges = [{"start": "0.0", "end": "1.0", "step": "0.01"}]
    msg = {"event_type": "determined", "market_ticker": T1, "result": "yes", "price_ranges": ranges}
    grid, status = sids.frame(lifecycle(1, **msg), 0)
    assert isinstance(grid, GridChanged)
    assert isinstance(status, StatusChanged)
    assert (status.status, status.result) == ("determined", "yes")


def test_a_gap_in_the_news_asks_for_the_statuses_again_but_leaves_the_books() -> None:
    sids = whole()
    sids.lost_news = False
    sids.frame(lifecycle(7, event_type="created", market_ticker="X"), 5)
    assert sids.lost_news
    assert sids.whole.keys() == {T1, T2}


# ---- a venue that counts as Kalshi does, and a way to it that does not keep what it is given


@dataclass
class Venue:
    """Books of two markets behind one subscription."""

    rng: random.Random
    seq: int = 0
    books: dict[str, dict[tuple[str, str], int]] = field(default_factory=lambda: {T1: {}, T2: {}})

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def change(self) -> str:
        ticker, side = self.rng.choice([T1, T2]), self.rng.choice(["yes", "no"])
        price = f"0.{self.rng.randint(1, 49):02d}"
        have = self.books[ticker].get((side, price), 0)
        by = self.rng.choice([100, 250, -have]) or 50
        self.books[ticker][side, price] = have + by
        if not have + by:
            del self.books[ticker][side, price]
        return delta(self.next(), ticker, price, f"{by / 100:.2f}", side)

    def whole(self, ticker: str) -> str:
        sides = {
            f"{side}_dollars_fp": [[p, f"{n / 100:.2f}"] for (s, p), n in self.books[ticker].items() if s == side]
            for side in ("yes", "no")
        }
        return snapshot(self.next(), ticker, **{name: rows for name, rows in sides.items() if rows})

    def answer(self, commands: list[dict]) -> list[str]:
        asked = {t for c in commands if c.get("action") == "get_snapshot" for t in c["market_tickers"]}
        acks = [json.dumps({"type": "ok", "id": 1, "sid": 1, "seq": self.next(), "msg": {}})] if asked else []
        return acks + [self.whole(ticker) for ticker in sorted(asked)]


@pytest.mark.parametrize("seed", range(scale(1_000)))
def test_whatever_gets_lost_twice_or_out_of_order_a_book_is_right_or_stale(seed) -> None:
    rng = random.Random(seed)
    venue, sids, books, fresh = Venue(rng), whole(), {T1: {}, T2: {}}, {T1, T2}
    sids._rows[1].seq, way = 0, []
    for step in range(80):
        way += venue.answer(sent(sids)) if rng.random() < 0.5 else []
        way.append(venue.change())
        way = [frame for frame in way for _ in range(rng.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 2]))]
        if len(way) > 1 and rng.random() < 0.05:
            way[0], way[1] = way[1], way[0]
        for frame in way if step < 79 else [*way, *settle(venue, sids)]:
            for event in sids.frame(frame, step * SECOND):
                follow(event, books, fresh)
        way = []
        sids.tick(step * SECOND)
        for ticker in fresh & ({T1, T2} if not way else set()):
            lagging = venue.seq != sids._rows[1].seq
            assert lagging or books[ticker] == asks_and_bids(venue.books[ticker]), f"seed {seed}, step {step}"


def settle(venue: Venue, sids: Sids) -> list[str]:
    return venue.answer(sent(sids))


def follow(event, books, fresh) -> None:
    if isinstance(event, BooksStale):
        fresh -= {i.symbol for i in event.instruments}
    elif isinstance(event, BookSnapshot):
        fresh.add(event.instrument.symbol)
        books[event.instrument.symbol] = {("b", p): n for p, n in event.bids} | {("a", p): n for p, n in event.asks}
    elif isinstance(event, BookDelta):
        book, key = books[event.instrument.symbol], ("b" if event.side is Side.BUY else "a", event.price)
        book[key] = book.get(key, 0) + event.lots
        if book[key] <= 0:
            del book[key]


def asks_and_bids(book) -> dict:
    return {
        ("b", int(p[2:]) * 100) if s == "yes" else ("a", 10_000 - int(p[2:]) * 100): n for (s, p), n in book.items()
    }
