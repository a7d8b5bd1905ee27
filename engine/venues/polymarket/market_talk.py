"""One socket of the market channel: what is said on it, and what its frames mean for the books it carries."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from typing_extensions import override

from engine.core.errors import WireError
from engine.core.events import BooksStale, GridChanged, Trade
from engine.core.ids import POLYMARKET
from engine.core.units import Leg
from engine.venues.dialling import Dial
from engine.venues.link import Send, Talk
from engine.venues.polymarket import market_events, numbers, wire_changes, wire_market, wire_orders
from engine.venues.polymarket.mirror import VERIFY_NS, Mirror
from engine.venues.polymarket.numbers import TIMES
from engine.venues.polymarket.wire_changes import told
from engine.venues.polymarket.wire_market import LARGEST, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.units import Lots, Nanos, Ticks
    from engine.venues.polymarket.facts import Facts, Tokens
    from engine.venues.polymarket.wire_changes import Told
    from engine.venues.polymarket.wire_market import Frame, Whose

    Ask = Callable[[Iterable[InstrumentId]], None]
    """Has whole books of these asked for."""

NOT_READ: Final = (*UNREADABLE, ArithmeticError)
"""What a frame raises that is not the usual one, or holds what is no number."""
TRADES: Final = 4_096
"""Trades remembered, by which the same one on the other token is known."""

_usual: Final = wire_changes.USUAL.decode


class MarketTalk(Talk):
    """The market channel for some markets, both tokens of each.

    Trades in NO are told on its token alone, so both are followed; books are taken from YES, whose hash can be
    reckoned, and changes from whichever token tells of them.

    Parameters
    ----------
    ask : Ask
        Called for books that are not to be trusted any more.
    """

    def __init__(self, url: str, facts: Facts, now: Callable[[], Nanos], ask: Ask, verify_ns: int = VERIFY_NS) -> None:
        self.mirrors: dict[InstrumentId, Mirror] = {}
        self.gaps = 0
        self._url = url
        self._facts = facts
        self._now = now
        self._ask = ask
        self._verify_ns = verify_ns
        self._tokens: dict[InstrumentId, Tokens] = {}
        self._trades: OrderedDict[tuple[str, Ticks, Lots], dict[Leg, int]] = OrderedDict()

    def add(self, tokens: dict[InstrumentId, Tokens]) -> str:
        """Carry more markets; return what an open socket has to be told."""
        self._tokens |= tokens
        for name, pair in tokens.items():
            self.mirrors[name] = Mirror(name, pair.yes, self._verify_ns)
        return self._say(subscribe=True, tokens=tokens.values())

    def remove(self, names: Iterable[InstrumentId]) -> str:
        """Carry some no more; return what an open socket has to be told."""
        gone = [self._tokens.pop(name) for name in list(names) if name in self._tokens]
        self.mirrors = {name: mirror for name, mirror in self.mirrors.items() if name in self._tokens}
        return self._say(subscribe=False, tokens=gone)

    @override
    def dial(self) -> Dial:
        return Dial(self._url)

    @override
    async def opened(self, send: Send) -> None:
        for mirror in self.mirrors.values():
            mirror.forget("connected anew")
        ids = [token for pair in self._tokens.values() for token in pair]
        await send(wire_orders.body({"assets_ids": ids, "type": "market", "custom_feature_enabled": True}).decode())
        self._ask(self.mirrors)

    @override
    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        if len(raw) > LARGEST:
            return self._rarer(raw, at)
        try:
            usual = _usual(raw)
            rows, when = told(usual, self._facts.whose), TIMES[usual.timestamp]
        except NOT_READ:  # of another kind, or something is wrong with it: what follows finds out
            return self._rarer(raw, at)
        return self._changed(rows, when, at)

    def _rarer(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what any other frame means."""
        try:
            found = wire_market.frames(raw)
        except WireError as e:
            return _told(self._doubted(self._named_in(raw), at), e)
        if len(found) != 1:
            return self._each(found, at)
        try:
            return self._one(found[0], at)
        except WireError as e:
            return _told(self._doubt(found[0], at), e)

    @override
    def closed(self, why: str) -> Iterable[Event]:
        for mirror in self.mirrors.values():
            mirror.forget(why)
        return self._all_stale(why)

    @override
    def overflowed(self) -> Iterable[Event]:
        why = "news of it found no room"
        for mirror in self.mirrors.values():
            mirror.distrust(why)
        self._ask(self.mirrors)
        return self._all_stale(why)

    @override
    def beat(self) -> str:
        return "PING"

    def whole(self, frame: Frame, at: Nanos) -> list[Event]:
        """Return what a book asked for over REST means; a book of a market not carried means nothing.

        Raises
        ------
        WireError
            If a number in it is none.
        """
        try:
            return self._book(frame, at)
        except (ValueError, ArithmeticError) as e:
            raise _unreadable(frame, e) from e

    def audit(self, frame: Frame, at: Nanos) -> list[Event]:
        """Return what a book asked for in passing says of our copy. Raises WireError."""
        whose = self._facts.whose.get(frame.asset_id)
        mirror = None if whose is None or whose.leg is Leg.NO else self.mirrors.get(whose.instrument)
        try:
            return [] if mirror is None else self._checked(mirror.audit(frame, at))
        except (ValueError, ArithmeticError) as e:
            raise _unreadable(frame, e) from e

    def _each(self, found: list[Frame], at: Nanos) -> Iterable[Event]:
        """Yield what each message means; one that cannot be read costs none of the others."""
        failed: WireError | None = None
        for one in found:
            try:
                events: Iterable[Event] = self._one(one, at)
            except WireError as e:
                events, failed = self._doubt(one, at), failed or e
            yield from events
        if failed is not None:
            raise failed

    def _one(self, frame: Frame, at: Nanos) -> list[Event]:
        try:
            match frame.kind:
                case wire_market.PRICE_CHANGE:
                    return self._changes(frame, at)
                case wire_market.BOOK:
                    return self._book(frame, at)
                case wire_market.LAST_TRADE:
                    return self._trade(frame, at)
                case wire_market.BEST:
                    return self._best(frame, at)
                case wire_market.TICK_SIZE:
                    return self._tick_size(frame, at)
                case _:
                    return list(market_events.events(frame, at, self._facts.whose))
        except (ValueError, ArithmeticError) as e:
            raise _unreadable(frame, e) from e

    def _changes(self, frame: Frame, at: Nanos) -> list[Event]:
        return self._changed(told(frame, self._facts.whose), TIMES[frame.timestamp], at)

    def _changed(self, rows: list[Told], when: Nanos | None, at: Nanos) -> list[Event]:
        if not rows:
            return []
        first = rows[0].instrument
        if len(rows) == 1 or all(row.instrument is first for row in rows):
            mirror = self.mirrors.get(first)
            if mirror is None:
                return []
            events = mirror.change(rows, when, at)
            return self._checked(events) if mirror.stale else events
        found: list[Event] = []
        for name in dict.fromkeys(row.instrument for row in rows):  # a message names one market; if not, each counts
            mirror = self.mirrors.get(name)
            if mirror is not None:
                mine = [row for row in rows if row.instrument == name]
                found += self._checked(mirror.change(mine, when, at))
        return found

    def _book(self, frame: Frame, at: Nanos) -> list[Event]:
        whose = self._facts.whose.get(frame.asset_id)
        mirror = None if whose is None or whose.leg is Leg.NO else self.mirrors.get(whose.instrument)
        if mirror is None or whose is None:
            return []
        return self._checked(mirror.book(self._completed(frame, whose), whose, at))

    def _completed(self, frame: Frame, whose: Whose) -> Frame:
        """Return a book with what the socket leaves out and its hash covers."""
        known = self._facts.known(whose.instrument)
        if known is None or frame.min_order_size is not None:
            return frame
        return replace(frame, min_order_size=f"{known.least.normalize():f}", neg_risk=known.fact("neg_risk") == "1")

    def _trade(self, frame: Frame, at: Nanos) -> list[Event]:
        whose = self._facts.whose.get(frame.asset_id)
        if whose is None or whose.instrument not in self.mirrors:
            return []
        if whose.leg is Leg.YES:
            self.mirrors[whose.instrument].traded(frame.price or "")
        trade = market_events.trade(frame, at, whose)
        number = self._count(trade, whose.leg)
        return [replace(trade, trade_id=f"{trade.trade_id}:{number}")] if number else []

    def _count(self, trade: Trade, leg: Leg) -> int:
        """Return which trade of its transaction, price and size this is; 0 when the other token told of it before.

        One transaction may settle several fills alike, so a set of what was seen would lose some.
        """
        key = (trade.trade_id, trade.price, trade.lots)
        seen = self._trades.setdefault(key, {Leg.YES: 0, Leg.NO: 0})
        self._trades.move_to_end(key)
        if len(self._trades) > TRADES:
            self._trades.popitem(last=False)
        seen[leg] += 1
        other = seen[Leg.NO if leg is Leg.YES else Leg.YES]
        return seen[leg] if seen[leg] > other else 0

    def _best(self, frame: Frame, at: Nanos) -> list[Event]:
        whose = self._facts.whose.get(frame.asset_id)
        mirror = None if whose is None or whose.leg is Leg.NO else self.mirrors.get(whose.instrument)
        if mirror is None:
            return []
        return self._checked(mirror.best(frame.best_bid, frame.best_ask, numbers.nanos(frame.timestamp), at))

    def _tick_size(self, frame: Frame, at: Nanos) -> list[Event]:
        """Both tokens tell of it: the second time there is nothing new."""
        made = market_events.events(frame, at, self._facts.whose)
        grid = next((event for event in made if isinstance(event, GridChanged)), None)
        if grid is None or grid.instrument not in self.mirrors:
            return []
        known = self._facts.known(grid.instrument)
        if known is not None and known.grid == grid.grid:
            return []
        self._facts.regrid(grid.instrument, grid.grid)
        self.mirrors[grid.instrument].distrust("the tick size changed")
        self._ask([grid.instrument])
        return list(made)

    def _checked(self, events: list[Event]) -> list[Event]:
        """Have books asked for that were just called stale."""
        broken = [name for event in events if isinstance(event, BooksStale) for name in event.instruments]
        if broken:
            self.gaps += len(broken)
            self._ask(broken)
        return events

    def _doubt(self, frame: Frame, at: Nanos) -> list[Event]:
        """A message on a market could not be read: its book is stale, and asked for anew."""
        named = [frame.asset_id, *(change.asset_id for change in frame.price_changes or ())]
        names = {whose.instrument for token in named if (whose := self._facts.whose.get(token)) is not None}
        return self._doubted([name for name in sorted(names) if name in self.mirrors], at)

    def _doubted(self, names: Sequence[InstrumentId], at: Nanos) -> list[Event]:
        why = "a message about it could not be read"
        fresh = tuple(name for name in names if not self.mirrors[name].stale)
        for name in names:
            self.mirrors[name].distrust(why)
        self._ask(names)
        return [BooksStale(at=at, venue=POLYMARKET, instruments=fresh, why=why)] if fresh else []

    def _named_in(self, raw: str | bytes) -> list[InstrumentId]:
        """Return the markets that a frame may be about which nobody can read: those it names, or all if it is cut."""
        text = raw.encode() if isinstance(raw, str) else raw
        if text[:1] not in (b"{", b"["):
            return []  # a word of the venue about what we said
        ids = {name: (pair.yes.encode(), pair.no.encode()) for name, pair in self._tokens.items()}
        named = [name for name, pair in ids.items() if any(token in text for token in pair)]
        return named if named or wire_market.whole(text) else list(self.mirrors)

    def _all_stale(self, why: str) -> list[Event]:
        names = tuple(self.mirrors)
        return [BooksStale(at=self._now(), venue=POLYMARKET, instruments=names, why=why)] if names else []

    def _say(self, *, subscribe: bool, tokens: Iterable[Tokens]) -> str:
        ids = [token for pair in tokens for token in pair]
        if not ids:
            return ""
        operation = "subscribe" if subscribe else "unsubscribe"
        words = {"operation": operation, "assets_ids": ids}
        return wire_orders.body(words | ({"custom_feature_enabled": True} if subscribe else {})).decode()


def _told(events: list[Event], error: WireError) -> Iterable[Event]:
    """Yield what follows from a frame that cannot be read, and raise why."""
    yield from events
    raise error


def _unreadable(frame: Frame, error: Exception) -> WireError:
    what = f"unreadable {frame.kind[:40]} ({str(error)[:120]})"
    return WireError(POLYMARKET, what, frame.asset_id or frame.market)
