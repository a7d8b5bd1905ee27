"""Deribit's subscriptions on the sandbox: one session a socket, books by changes, news of accounts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import Side
from engine.sandbox.floor_order import LevelChanged, Listing, StatusSet, Traded
from engine.sandbox.servers import deribit_words as words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import AccountId
    from engine.sandbox.bourse import Bourse
    from engine.sandbox.floor_order import Notice
    from engine.sandbox.servers.deribit_desk import Client
    from engine.sandbox.servers.doors import Outlet

Json = dict[str, Any]

INTERVALS: Final = ("raw", "100ms")
PUBLIC: Final = ("platform_state", "instrument.state.", "deribit_price_index.")
PRIVATE: Final = ("user.", "block_rfq.")
ANY: Final = "any"


@dataclass(slots=True, eq=False)
class Session:
    """One connection."""

    outlet: Outlet
    client: Client | None = None
    channels: dict[str, None] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    """Placed on this connection."""
    dies: bool = False
    """Whether they end with it."""
    heartbeat: int = 0
    unanswered: int = 0

    def put(self, message: Json, kind: str) -> None:
        """Send a message."""
        self.outlet.put(msgspec.json.encode(message).decode(), kind)

    def tell(self, channel: str, data: Any) -> None:  # noqa: ANN401 - whatever a channel carries
        """Send news of a channel; faults find it by the channel's first word."""
        frame = {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}
        self.put(frame, channel.partition(".")[0])


@dataclass(slots=True)
class _Book:
    """What subscribers of one book at one interval have been told."""

    last: int
    known: dict[tuple[Side, int], int]
    changed: dict[tuple[Side, int], int] = field(default_factory=dict)


class Streams:
    """All sessions, and what is told to them."""

    def __init__(self, bourse: Bourse) -> None:
        """Listen to the pit."""
        self.sessions: list[Session] = []
        self.denied: set[str] = set()
        """Channels that are not given to anybody."""
        self._bourse = bourse
        self._books: dict[tuple[InstrumentId, str], _Book] = {}
        self._prints: dict[InstrumentId, list[Json]] = {}
        self._seqs: dict[InstrumentId, int] = {}
        self._account: dict[tuple[AccountId, str], tuple[list[Json], list[Json]]] = {}
        self._moved: set[InstrumentId] = set()
        self._rng = random.Random(7)
        self._change = 169_600_000_000
        bourse.pit.listeners.append(self._hear)

    def subscribe(self, session: Session, channels: Sequence[object], *, private: bool) -> list[str]:
        """Give what can be given, and return which that is; a book comes whole at once."""
        given: list[str] = []
        for one in channels:
            if not isinstance(one, str) or not self._may(session, one, private=private):
                continue
            given.append(one)
            if one in session.channels:
                continue  # no new book for a second subscription
            session.channels[one] = None
            self._first(session, one)
        return given

    def leave(self, session: Session, channels: Sequence[object]) -> list[str]:
        """End subscriptions; return which there were."""
        gone = [one for one in channels if isinstance(one, str) and one in session.channels]
        for one in gone:
            del session.channels[one]
        return gone

    def tell(self, channel: str, data: Any, account: AccountId | None = None) -> None:  # noqa: ANN401
        """Tell whoever listens to a channel; of a private one only the account's own sessions."""
        for session in self.sessions:
            if channel in session.channels and (account is None or self._is(session, account)):
                session.tell(channel, data)

    def account(self, name: AccountId, symbol: str, order: Json | None, trade: Json | None) -> None:
        """Take in what happened to an account; it is told with the next flush, what happened together together."""
        orders, trades = self._account.setdefault((name, symbol), ([], []))
        if order is not None:
            orders[:] = [one for one in orders if one["order_id"] != order["order_id"]]
            orders.append(order)
        if trade is not None:
            trades.append(trade)

    def flush(self, interval: str) -> None:
        """Tell the changes of books since the last time; with ``raw`` trades and accounts, too."""
        if interval == "raw":
            self._flush_account()
            self._flush_prints()
        for (name, each), book in self._books.items():
            if each == interval and book.changed:
                self._flush_book(name, each, book)

    def tickers(self) -> None:
        """Tell tickers of what has moved."""
        moved, self._moved = self._moved, set()
        for name in sorted(moved):
            channel = f"ticker.{name.symbol}.100ms"
            if any(channel in session.channels for session in self.sessions) and name in self._bourse.pit.books:
                self.tell(channel, self.ticker(name))

    def ticker(self, name: InstrumentId) -> Json:
        """Return an instrument's ticker."""
        pit = self._bourse.pit
        return words.ticker(pit.instruments[name], pit.books[name], self._bourse.market.marked(name, pit.at))

    def change(self, name: InstrumentId) -> int:
        """Return the number of the latest change of a book."""
        return max((book.last for (one, _), book in self._books.items() if one == name), default=self._change)

    # ---- who gets what

    def _may(self, session: Session, channel: str, *, private: bool) -> bool:
        if channel in self.denied:
            return False
        if channel.startswith(PRIVATE):
            return private and session.client is not None
        if channel.startswith(PUBLIC):
            return True
        kind, _, rest = channel.partition(".")
        symbol, _, interval = rest.rpartition(".")
        if interval == "raw" and session.client is None:
            return False
        known = InstrumentId(DERIBIT, symbol) in self._bourse.pit.books
        return kind in {"book", "ticker", "trades"} and interval in INTERVALS and known

    def _is(self, session: Session, account: AccountId) -> bool:
        return session.client is not None and session.client.account == account

    def _first(self, session: Session, channel: str) -> None:
        kind, _, rest = channel.partition(".")
        symbol, _, interval = rest.rpartition(".")
        name = InstrumentId(DERIBIT, symbol)
        if kind == "ticker":
            session.tell(channel, self.ticker(name))
        elif kind == "book":
            book = self._books.get((name, interval))
            if book is None:
                book = self._books[name, interval] = _Book(self._next(), self._levels(name))
            elif book.changed:
                self._flush_book(name, interval, book, but=session)
            session.tell(channel, self._whole(name, book))

    def _levels(self, name: InstrumentId) -> dict[tuple[Side, int], int]:
        book = self._bourse.pit.books[name]
        halves = ((Side.BUY, book.bids), (Side.SELL, book.asks))
        return {(side, price): lots for side, half in halves for price, lots in half.levels()}

    def _whole(self, name: InstrumentId, book: _Book) -> Json:
        rows: dict[Side, list[list[Any]]] = {Side.BUY: [], Side.SELL: []}
        one = self._bourse.pit.instruments[name]
        for (side, price), lots in book.known.items():
            rows[side].append(["new", words.number(price * one.unit), words.number(lots * one.lot)])
        return self._message(name, "snapshot", book.last, rows)

    def _message(self, name: InstrumentId, kind: str, change: int, rows: dict[Side, list[list[Any]]]) -> Json:
        return {
            "type": kind, "instrument_name": name.symbol, "timestamp": words.ms(self._bourse.pit.at),
            "change_id": change, "bids": rows[Side.BUY], "asks": rows[Side.SELL],
        }  # fmt: skip

    def _next(self) -> int:
        """Return the next change's number: they grow, and not by one."""
        self._change += self._rng.randrange(1, 400)
        return self._change

    # ---- telling

    def _flush_book(self, name: InstrumentId, interval: str, book: _Book, but: Session | None = None) -> None:
        one = self._bourse.pit.instruments[name]
        rows: dict[Side, list[list[Any]]] = {Side.BUY: [], Side.SELL: []}
        for (side, price), lots in book.changed.items():
            was = book.known.get((side, price), 0)
            if lots == was:
                continue
            action = "delete" if not lots else "change" if was else "new"
            rows[side].append([action, words.number(price * one.unit), words.number(lots * one.lot)])
            if lots:
                book.known[side, price] = lots
            else:
                book.known.pop((side, price), None)
        book.changed.clear()
        if not rows[Side.BUY] and not rows[Side.SELL]:
            return
        before, book.last = book.last, self._next()
        message = self._message(name, "change", book.last, rows) | {"prev_change_id": before}
        channel = f"book.{name.symbol}.{interval}"
        for session in self.sessions:
            if channel in session.channels and session is not but:
                session.tell(channel, message)

    def _flush_prints(self) -> None:
        told, self._prints = self._prints, {}
        for name, prints in told.items():
            for interval in INTERVALS:
                self.tell(f"trades.{name.symbol}.{interval}", prints)

    def _flush_account(self) -> None:
        told, self._account = self._account, {}
        for (account, symbol), (orders, trades) in told.items():
            kind = "option" if symbol.count("-") == 3 else "future"
            message = {"instrument_name": symbol, "orders": orders, "trades": trades, "positions": []}
            self.tell(f"user.changes.{kind}.any.raw", message, account)
            for order in orders:
                self.tell(f"user.orders.{kind}.any.raw", order, account)
            if trades:
                self.tell(f"user.trades.{kind}.any.raw", trades, account)

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, LevelChanged):
            self._moved.add(notice.instrument)
            for interval in INTERVALS:
                book = self._books.get((notice.instrument, interval))
                if book is not None:
                    book.changed[notice.side, notice.price] = notice.lots
        elif isinstance(notice, Traded):
            seq = self._seqs[notice.instrument] = self._seqs.get(notice.instrument, 0) + 1
            one = self._bourse.pit.instruments[notice.instrument]
            row = words.print_(one, notice, seq, self._bourse.pit.index(one))
            self._prints.setdefault(notice.instrument, []).append(row)
        elif isinstance(notice, StatusSet):
            self._state(notice.instrument, words.STATES[notice.status])
        elif isinstance(notice, Listing):
            self._state(notice.instrument.id, "created")

    def _state(self, name: InstrumentId, state: str) -> None:
        self._moved.add(name)
        kind = "option" if name.symbol.count("-") == 3 else "future"
        data = {"instrument_name": name.symbol, "state": state, "timestamp": words.ms(self._bourse.pit.at)}
        for each in (kind, ANY):
            self.tell(f"instrument.state.{each}.any", data)
