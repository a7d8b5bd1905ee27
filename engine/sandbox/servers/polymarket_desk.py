"""Polymarket's order desk on the sandbox floor: posts, cancels, heartbeats, and what each wallet is told of them.

The floor matches; the desk speaks for the venue: it checks who signed, words refusals, and names orders by their hash.
Two clocks are told apart: the day's, by which everything happens, and the wall's, by which clients sign and state when
an order shall end.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import POLYMARKET, AccountId
from engine.core.units import MICRO, SECOND, Leg, Lots, Nanos, Side
from engine.sandbox.floor_order import FloorError, Life, Listing, Notice, Order, OrderMoved, State, of_leg
from engine.sandbox.servers.polymarket_books import Wire, best, plain, price_text, size_text
from engine.sandbox.servers.polymarket_orders import (
    BAD_EXPIRY,
    CROSSES,
    FAK_KILLED,
    FOK_KILLED,
    LEAST_SPENT,
    MICROS,
    NO_FUNDS,
    NOT_READY,
    TICKS,
    Asked,
    OrderRefused,
    Post,
    check_signature,
    exchange_of,
    read,
)
from engine.sandbox.servers.polymarket_trades import Ticket, Trades

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.instrument import Instrument
    from engine.sandbox.floor import Floor
    from engine.sandbox.servers.polymarket_auth import ApiKey, Keys
    from engine.sandbox.servers.polymarket_catalogue import Catalogue, PolyMarket
    from engine.sandbox.servers.polymarket_trades import Later, Tell

    Now = Callable[[], Nanos]

DEPOSIT: Final = Decimal(10_000)
"""What a wallet finds in its account when it makes its first key."""
SILENCE_S: Final = 10.0
"""How long after a heartbeat a wallet's orders live without another."""
LEAST_LEFT: Final = 30 * SECOND
"""Beyond the minute that the venue takes off: what ends within 90 seconds is not taken."""
GONE: Final = "the order is already canceled or matched"
NEVER_RESTS: Final = frozenset({"FOK", "FAK"})
WORDS: Final = {
    "unknown": "the orderbook does not exist",
    "closed": "the market is closed: orders are not accepted",
    "paused": NOT_READY,
    "funds": NO_FUNDS,
    "holdings": NO_FUNDS,
    "account": NO_FUNDS,
    "crosses": CROSSES,
    "unfilled": FOK_KILLED,
    "unmatched": FAK_KILLED,
    "size": "invalid order size",
    "grid": "invalid price: breaks minimum tick size rule",
}
"""The venue's words for what the floor refuses."""
ENDS: Final = {
    "expiry": "CANCELED_EXPIRED_ORDER",
    "close": "CANCELED_MARKET_RESOLVED",
    "tick": "INVALID",
}
"""Status of an order that did not end by its owner's wish, by the floor's reason."""


class Desk:
    """Orders of all wallets."""

    def __init__(
        self, floor: Floor, catalogue: Catalogue, keys: Keys, now: Now, wall: Now, later: Later,
        *, speed: float = 1.0, deposit: Decimal = DEPOSIT,
    ) -> None:  # fmt: skip
        """Stand on a floor.

        Parameters
        ----------
        now, wall : callable
            The day's time, once everything due has happened, and UTC.
        later : callable
            Takes real seconds and what to do then.
        speed : float, > 0
            Of the day against the wall.
        """
        self.floor = floor
        self.catalogue = catalogue
        self.keys = keys
        self.now = now
        self.wall = wall
        self.tickets: dict[str, Ticket] = {}
        self.wallets: dict[str, AccountId] = {}
        """Account behind each wallet that has posted an order, lower case."""
        self.trades = Trades(floor, catalogue, self.tickets, later)
        self._later = later
        self._speed = speed
        self._deposit = deposit
        self._beats: dict[str, tuple[str, int]] = {}
        self._beaten = 0
        floor.listeners.append(self._hear)

    @property
    def listeners(self) -> list[Tell]:
        """Who is told what wallets are told."""
        return self.trades.listeners

    def account(self, key: ApiKey) -> AccountId:
        """Return the floor's account of a wallet, opened with a deposit when first asked for."""
        name = AccountId(key.address)
        if name not in self.floor.accounts:
            self.floor.open_account(name, self._deposit)
        self.wallets.setdefault(key.address.lower(), name)
        return name

    def clocks(self) -> tuple[Nanos, Nanos]:
        """Return the times that a signature may carry."""
        return self.wall(), self.floor.at

    # -- orders --------------------------------------------------------------------------------------------

    def post(self, key: ApiKey, post: Post) -> Wire:
        """Place an order and return the venue's answer.

        Raises
        ------
        OrderRefused
            With the venue's words; nothing has then happened.
        """
        market, asked = self._check(key, post)
        expires = self._by_the_day(asked.expires)
        ticket = self.tickets[asked.id] = Ticket(
            asked.id, key, post.order.maker, post.order.token_id, post.order_type, post.order.expiration, market,
            self.floor.at, post.post_only,
        )  # fmt: skip
        self.wallets[post.order.maker.lower()] = self.account(key)
        if market.delay_s and not post.post_only and self._meets(market, asked):
            self._later(market.delay_s, lambda: self._after_the_delay(ticket, asked, expires))
            return _answer(asked.id, "delayed")
        return _accepted(self._place(ticket, asked, expires), ticket)

    def cancel(self, key: ApiKey, names: Iterable[str]) -> Wire:
        """Cancel orders of a wallet; those it does not have, or not any more, are named with a reason."""
        canceled: list[str] = []
        refused: dict[str, str] = {}
        for name in names:
            try:
                self.floor.cancel(name, account=AccountId(key.address))
                canceled.append(name)
            except FloorError as e:
                refused[name] = "order not found" if e.code == "no_order" else GONE
        return {"canceled": canceled, "not_canceled": refused}

    def resting(self, key: ApiKey, *, market: str = "", token: str = "", name: str = "") -> list[Ticket]:
        """Return a wallet's orders on the book, oldest first, of one market, token or id where one is given."""
        account = self.floor.accounts.get(AccountId(key.address))
        found = [self.tickets[o] for o in account.orders if o in self.tickets] if account else []
        return [
            t for t in found
            if market in ("", t.market.condition) and token in ("", t.token) and name in ("", t.id)
        ]  # fmt: skip

    def order(self, ticket: Ticket) -> Wire:
        """Return an order as `/data/order` states it."""
        order = self.floor.orders[ticket.id]
        return {
            "id": ticket.id,
            "status": "LIVE" if order.state is State.RESTING else "MATCHED",
            "owner": ticket.key.key,
            "maker_address": ticket.maker,
            "market": ticket.market.condition,
            "asset_id": ticket.token,
            "side": order.side.name,
            "original_size": size_text(order.lots),
            "size_matched": size_text(order.filled),
            "price": price_text(order.own_price),
            "outcome": ticket.market.outcome(order.leg),
            "expiration": ticket.expiration,
            "order_type": ticket.kind,
            "associate_trades": list(ticket.trades),
            "created_at": ticket.placed // 1_000_000_000,
        }

    def beat(self, key: ApiKey, name: str) -> tuple[bool, str]:
        """Take a heartbeat; return whether it was the one expected, and the id that is expected next."""
        due, _ = self._beats.get(key.key, ("", 0))
        if name != due:
            return False, due
        self._beaten += 1
        number, following = self._beaten, self.floor.new_id()
        self._beats[key.key] = (following, number)
        self._later(SILENCE_S, lambda: self._miss(key, number))
        return True, following

    # -- placing -------------------------------------------------------------------------------------------

    def _place(self, ticket: Ticket, asked: Asked, expires: Nanos | None) -> Order:
        lots, worth = asked.lots, None
        if asked.spends is not None:
            lots, worth = self._bought(ticket.market, asked, asked.spends), Decimal(asked.spends) / MICROS
        try:
            order = self.floor.place(
                self.account(ticket.key), ticket.market.id, asked.side, asked.price, lots, leg=asked.leg,
                life={"FOK": Life.FOK, "FAK": Life.IOC}.get(ticket.kind, Life.GTC), post_only=ticket.post_only,
                must_match=ticket.kind == "FAK", expires=expires, order_id=asked.id, worth=worth,
            )  # fmt: skip
        except FloorError as e:
            del self.tickets[asked.id]
            if e.code in ("unfilled", "unmatched"):
                self._tell(ticket.key.address, _killed(ticket, asked, WORDS[e.code], self.floor.at))
            raise OrderRefused(WORDS.get(e.code, e.text)) from e
        self.trades.flush()
        return order

    def _bought(self, market: PolyMarket, asked: Asked, money: int) -> Lots:
        """Return the shares that a sum buys: what stands within the price, and for what is left as many at that."""
        lots, left = 0, money * TICKS
        half = self.floor.books[market.id].against(Side.BUY if asked.leg is Leg.YES else Side.SELL)
        for price, stands in half.levels():
            each = of_leg(asked.leg, price)
            if each > asked.price:
                break
            taken = min(stands, left // each)
            lots, left = lots + taken, left - taken * each
            if taken < stands:
                return Lots(lots)
        return Lots(lots + left // asked.price)

    def _after_the_delay(self, ticket: Ticket, asked: Asked, expires: Nanos | None) -> None:
        """Place what was held back; its owner hears on the user channel what became of it."""
        self.now()
        try:
            self._place(ticket, asked, expires)
        except OrderRefused as e:
            if str(e) not in (FOK_KILLED, FAK_KILLED):
                self._tell(ticket.key.address, _killed(ticket, asked, str(e), self.floor.at))

    def _check(self, key: ApiKey, post: Post) -> tuple[PolyMarket, Asked]:
        if post.owner != key.key:
            raise OrderRefused("the order owner has to be the owner of the API KEY")
        token = post.order.token_id
        market = self.catalogue.of_token(token)
        if market is None:
            raise OrderRefused(f"the orderbook {token[:80]} does not exist")
        instrument = self.floor.instruments[market.id]
        exchange = exchange_of(int(token), neg_risk=instrument.fact("neg_risk") == "true")
        check_signature(post.order, exchange, key.address)
        if instrument.status == "unopened":
            raise OrderRefused(NOT_READY)
        asked = read(post, instrument, market.least)
        if asked.id in self.tickets:
            raise OrderRefused(f"order {asked.id} is invalid. Duplicated.")
        self._enough(market, asked)
        return market, asked

    def _enough(self, market: PolyMarket, asked: Asked) -> None:
        """Refuse to let a buyer spend less than a unit at once."""
        money = asked.price * asked.lots // TICKS if asked.spends is None else asked.spends
        if asked.side is Side.BUY and money < LEAST_SPENT and self._meets(market, asked):
            said = plain(Decimal(money) / MICROS)
            raise OrderRefused(f"invalid amount for a marketable BUY order (${said}), min size: $1")

    def _meets(self, market: PolyMarket, asked: Asked) -> bool:
        """Whether an order would trade at once."""
        bid, ask = best(self.floor.books[market.id], asked.leg)
        if asked.side is Side.BUY:
            return ask is not None and asked.price >= ask
        return bid is not None and asked.price <= bid

    def _by_the_day(self, ends: Nanos | None) -> Nanos | None:
        """Return the end of an order by the day's clock; it was stated by that one or by the wall's, whichever is near.

        Raises
        ------
        OrderRefused
            If it is too near, or past, by both.
        """
        if ends is None:
            return None
        left = ((ends - self.wall()) * self._speed, ends - self.floor.at)
        if max(left[0] / self._speed, left[1]) < LEAST_LEFT:
            raise OrderRefused(BAD_EXPIRY)
        return Nanos(self.floor.at + int(min(span for span in left if span > 0)))

    def _miss(self, key: ApiKey, number: int) -> None:
        if self._beats.get(key.key, ("", 0))[1] != number:
            return
        del self._beats[key.key]
        for ticket in self.resting(key):
            self.floor.cancel(ticket.id, why="heartbeat")

    # -- what the floor tells ------------------------------------------------------------------------------

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, OrderMoved):
            ticket = self.tickets.get(notice.order.id)
            if ticket is not None:
                self._moved(ticket, notice)
        elif isinstance(notice, Listing) and notice.instrument.id.venue == POLYMARKET:
            self._later(0, lambda: self._sweep(notice.instrument))

    def _moved(self, ticket: Ticket, moved: OrderMoved) -> None:
        if moved.why == "placed":
            if ticket.kind in NEVER_RESTS:
                return
            kind, status = "PLACEMENT", "LIVE"
        elif moved.state in (State.CANCELED, State.EXPIRED):
            kind, status = "CANCELLATION", ENDS.get(moved.why, "CANCELED")
        else:
            kind, status = "UPDATE", "LIVE" if moved.left else "MATCHED"
        order = moved.order
        frame = _event(ticket, kind, status, moved.at) | {
            "side": order.side.name,
            "outcome": ticket.market.outcome(order.leg),
            "price": price_text(order.own_price),
            "original_size": size_text(order.lots),
            "size_matched": size_text(moved.filled),
        }
        self._tell(ticket.key.address, frame)

    def _sweep(self, instrument: Instrument) -> None:
        """Cancel orders that lie beside the grid since it changed."""
        book, band = self.floor.books.get(instrument.id), instrument.grid[0]
        if book is None:
            return
        for order in [*book.bids.orders(), *book.asks.orders()]:
            if (order.price - band.start) % band.step or not band.start <= order.price <= band.stop:
                self.floor.cancel(order.id, why="tick")

    def _tell(self, address: str, frame: Wire) -> None:
        for listener in self.listeners:
            listener(address, frame)


def _accepted(order: Order, ticket: Ticket) -> Wire:
    if not order.filled:
        return _answer(order.id, "live")
    shares, money = plain(order.filled * MICRO), plain(order.taken_cost)
    making, taking = (money, shares) if order.side is Side.BUY else (shares, money)
    found = {"makingAmount": making, "takingAmount": taking, "tradeIDs": list(ticket.trades)}
    return _answer(order.id, "matched") | found


def _answer(name: str, status: str) -> Wire:
    return {
        "success": True,
        "errorMsg": "",
        "orderID": name,
        "status": status,
        "makingAmount": "",
        "takingAmount": "",
        "tradeIDs": [],
        "transactionsHashes": [],
    }


def _killed(ticket: Ticket, asked: Asked, why: str, at: Nanos) -> Wire:
    """Return what the owner of an order is told that was killed before it lived; some fields are empty, as seen."""
    return _event(ticket, "CANCELLATION", f"CANCELED_{why}", at) | {
        "side": asked.side.name,
        "outcome": "",
        "price": price_text(asked.price),
        "original_size": size_text(asked.lots),
        "size_matched": "",
        "created_at": "",
    }


def _event(ticket: Ticket, kind: str, status: str, at: Nanos) -> Wire:
    return {
        "event_type": "order",
        "type": kind,
        "id": ticket.id,
        "owner": ticket.key.key,
        "order_owner": ticket.key.key,
        "maker_address": ticket.maker,
        "market": ticket.market.condition,
        "asset_id": ticket.token,
        "order_type": ticket.kind,
        "status": status,
        "expiration": ticket.expiration,
        "associate_trades": list(ticket.trades) or None,
        "created_at": str(ticket.placed // 1_000_000_000),
        "timestamp": str(at // 1_000_000),
    }
