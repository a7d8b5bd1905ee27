"""Deribit's desk on the simulated pit: whose keys these are, orders, what each account did, refusals in its words."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from engine.core.ids import DERIBIT, AccountId, InstrumentId
from engine.core.units import SECOND, Lots, Nanos, Side, Ticks
from engine.sandbox.floor_order import FillMade, FloorError, Life, Meeting, OrderMoved, State
from engine.sandbox.servers import deribit_words as words
from engine.venues.deribit import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.core.instrument import Instrument
    from engine.sandbox.bourse import Bourse
    from engine.sandbox.floor_order import Notice, Order

Json = dict[str, Any]

CLOCK_S: Final = 60.0
"""How far a signed time may be off."""
KEPT: Final = 20_000
LIVES: Final = {word: life for life, word in words.LIVES.items()}
CODES: Final = {
    "unknown": (10020, "invalid_instrument"), "closed": (10012, "book_closed"), "paused": (10012, "book_closed"),
    "grid": (10043, "price_wrong_tick"), "size": (10021, "invalid_amount"), "funds": (10009, "not_enough_funds"),
    "holdings": (11030, "other_reject reduce_only"), "crosses": (11054, "post_only_reject"),
    "duplicate": (11029, "invalid_arguments"), "no_order": (10004, "order_not_found"),
    "done": (11044, "not_open_order"), "account": (13021, "forbidden"),
}  # fmt: skip


class Refused(Exception):
    """An error of the protocol."""

    def __init__(self, code: int, message: str, *, param: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.body: Json = {"code": code, "message": message}
        if param or reason:
            self.body["data"] = {"param": param, "reason": reason}


def wrong(param: str, reason: str) -> Refused:
    """Return what is said of a parameter that cannot be."""
    return Refused(-32602, "Invalid params", param=param, reason=reason)


@dataclass(slots=True)
class Client:
    """A client id, and whose money it trades with."""

    id: str
    secret: str = field(repr=False)
    account: AccountId
    scope: str = "account:read_write trade:read_write block_rfq:read_write wallet:read"


@dataclass(slots=True)
class Allowance:
    """What the matching engine takes of an account: a bucket that fills again."""

    rate: float
    burst: float
    left: float
    at: float

    def take(self, now: float) -> bool:
        """Take one request; False when it is too many."""
        self.left = min(self.left + max(now - self.at, 0.0) * self.rate, self.burst)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Desk:
    """Accounts and orders; it hears what the pit tells, and remembers it as the venue would show it."""

    def __init__(
        self, bourse: Bourse, clients: list[Client], wall: Callable[[], Nanos], *, rate: float, burst: float
    ) -> None:
        """Listen to the pit; `rate` and `burst` are what the matching engine takes of an account."""
        self.bourse = bourse
        self.clients = {one.id: one for one in clients}
        self.rate, self.burst = rate, burst
        self.token_s = 900.0
        """For how long a token is good."""
        self.labels: dict[str, str] = {}
        self.extras: dict[str, Json] = {}
        self.reasons: dict[str, str] = {}
        self.trades: dict[AccountId, list[Json]] = {}
        self.told: Callable[[AccountId, str, Json | None, Json | None], None] = lambda *_: None
        """Hears of each change of an account: instrument, order, trade."""
        self._wall = wall
        self._tokens: dict[str, Client] = {}
        self._renewals: dict[str, Client] = {}
        self._allowances: dict[AccountId, Allowance] = {}
        self._seqs: dict[str, int] = {}
        bourse.pit.listeners.append(self._hear)

    # ---- who asks

    def grant(self, params: Mapping[str, Any]) -> tuple[Client, Json]:
        """Return whose login this is, and the tokens it gets."""
        kind = params.get("grant_type")
        if kind == "refresh_token":
            client = self._renewals.pop(str(params.get("refresh_token")), None)
            if client is None:
                raise Refused(13009, "invalid_token")
        else:
            client = self.clients.get(str(params.get("client_id")))
            if client is None or not self._proves(client, str(kind), params):
                raise Refused(13004, "invalid_credentials")
        access, renewal = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._tokens[access], self._renewals[renewal] = client, client
        return client, {
            "access_token": access, "refresh_token": renewal, "expires_in": self.token_s, "token_type": "bearer",
            "scope": f"connection mainaccount {client.scope}", "enabled_features": [],
        }  # fmt: skip

    def _proves(self, client: Client, kind: str, params: Mapping[str, Any]) -> bool:
        if kind == "client_credentials":
            return hmac.compare_digest(client.secret, str(params.get("client_secret")))
        if kind != "client_signature" or not isinstance(params.get("timestamp"), int) or not self._fresh(params):
            return False
        made = sign.login(client.secret, params["timestamp"], str(params.get("nonce", "")), str(params.get("data", "")))
        return hmac.compare_digest(made, str(params.get("signature")))

    def _fresh(self, params: Mapping[str, Any]) -> bool:
        return bool(abs(params["timestamp"] / 1_000 - self._wall() / SECOND) <= CLOCK_S)

    def by_header(self, header: str, method: str, uri: str, body: str) -> Client | None:
        """Return who signed an HTTP request, or whose token it carries; None for nobody."""
        if header.lower().startswith("bearer "):
            return self._tokens.get(header[7:].strip())
        kind, _, rest = header.partition(" ")
        if kind.lower() != "deri-hmac-sha256":
            return None
        parts = dict(one.strip().split("=", 1) for one in rest.split(",") if "=" in one)
        client = self.clients.get(parts.get("id", ""))
        if client is None or not parts.get("ts", "").isdecimal():
            return None
        made = sign.request(client.secret, int(parts["ts"]), parts.get("nonce", ""), method, uri, body)
        fresh = self._fresh({"timestamp": int(parts["ts"])})
        return client if fresh and hmac.compare_digest(made, parts.get("sig", "")) else None

    def spend(self, account: AccountId) -> None:
        """Count a request to the matching engine; `Refused` where it is too many."""
        now = self._wall() / SECOND
        found = self._allowances.setdefault(account, Allowance(self.rate, self.burst, self.burst, now))
        if not found.take(now):
            raise Refused(10028, "too_many_requests")

    # ---- orders

    def place(self, account: AccountId, side: Side, params: Mapping[str, Any]) -> tuple[Order, Json]:
        """Place an order; return it, and what the venue answers."""
        self._in_time(params)
        one = self.instrument(params.get("instrument_name"))
        label = str(params.get("label", ""))
        if len(label) > 64:
            raise wrong("label", "too long")
        market = params.get("type", "limit") == "market"
        lots = self._lots(one, params)
        price = self._at_market(one, side) if market else self._ticks(one, params.get("price"))
        life = Life.IOC if market else LIVES.get(params.get("time_in_force", "good_til_cancelled"))
        if life is None:
            raise wrong("time_in_force", "must be one of the known ones")
        post, reject = _flag(params, "post_only"), _flag(params, "reject_post_only")
        if post and not reject:
            price = self._inside(one, side, price)
        before = len(self.trades.get(account, []))
        number = self.bourse.pit.new_id()
        self.labels[number] = label
        self.extras[number] = {"post_only": post, "reject_post_only": reject,
                               "reduce_only": _flag(params, "reduce_only")}  # fmt: skip
        try:
            order = self.bourse.pit.place(
                account, one.id, side, price, lots, life=life, post_only=post, order_id=number,
                reduce_only=_flag(params, "reduce_only"), meeting=Meeting.STOP_MAKER,
            )  # fmt: skip
        except FloorError as e:
            if e.code == "unfilled":
                raise Refused(11030, "other_reject fill_or_kill") from e
            raise refused(e) from e
        return order, {"order": self.row(order), "trades": self.trades.get(account, [])[before:]}

    def edit(self, account: AccountId, params: Mapping[str, Any]) -> Json:
        """Move an order; its amount is the whole."""
        self._in_time(params)
        order = self._order(account, params.get("order_id"))
        one = self.bourse.pit.instruments[order.instrument]
        lots = order.lots if params.get("amount") is None else self._lots(one, params)
        price = order.price if params.get("price") is None else self._ticks(one, params["price"])
        if _flag(params, "post_only") and (inside := self._inside(one, order.side, price)) != price:
            if _flag(params, "reject_post_only"):
                raise Refused(11054, "post_only_reject")
            price = inside
        before = len(self.trades.get(account, []))
        try:
            moved = self.bourse.pit.amend(order.id, price, lots, account=account)
        except FloorError as e:
            raise refused(e) from e
        self.extras.setdefault(order.id, {})["replaced"] = True
        return {"order": self.row(moved), "trades": self.trades.get(account, [])[before:]}

    def cancel(self, account: AccountId, name: object, why: str = "user") -> Json:
        """Cancel an order."""
        order = self._order(account, name)
        try:
            self.bourse.pit.cancel(order.id, account=account, why=why)
        except FloorError as e:
            raise refused(e) from e
        return self.row(order)

    def cancel_all(self, account: AccountId, keep: Callable[[Order], bool] = lambda _: False, why: str = "user") -> int:
        """Cancel all orders but those to be kept; return how many."""
        some = [one for one in list(self.bourse.pit.accounts[account].orders.values()) if not keep(one)]
        for one in some:
            self.bourse.pit.cancel(one.id, why=why)
        return len(some)

    def orders(self, account: AccountId, *, label: str | None = None, working: bool = True) -> list[Json]:
        """Return orders, newest first."""
        found = [
            one
            for one in self.bourse.pit.orders.values()
            if one.account == account
            and (not working or one.state is State.RESTING)
            and (label is None or self.labels.get(one.id) == label)
        ]
        return [self.row(one) for one in reversed(found)]

    def row(self, order: Order) -> Json:
        """Return an order as it stands."""
        one = self.bourse.pit.instruments[order.instrument]
        reason = self.reasons.get(order.id, "")
        return words.order(one, order, self.labels.get(order.id, ""), reason, **self.extras.get(order.id, {}))

    def find(self, account: AccountId, name: object) -> Order:
        """Return an order of an account, whatever became of it."""
        return self._order(account, name)

    def instrument(self, name: object) -> Instrument:
        """Return an instrument by its name."""
        found = self.bourse.pit.instruments.get(InstrumentId(DERIBIT, str(name)))
        if found is None:
            raise Refused(10020, "invalid_instrument") if name else wrong("instrument_name", "is missing")
        return found

    def _order(self, account: AccountId, name: object) -> Order:
        found = self.bourse.pit.orders.get(str(name))
        if found is None or found.account != account:
            raise Refused(10004, "order_not_found")
        return found

    def _in_time(self, params: Mapping[str, Any]) -> None:
        until = params.get("valid_until")
        if until is not None and int(until) < self._wall() // 1_000_000:
            raise Refused(13888, "timed_out")

    def _lots(self, one: Instrument, params: Mapping[str, Any]) -> Lots:
        amount = _decimal(params.get("amount", params.get("contracts")), "amount")
        lots = amount / one.lot
        if lots != int(lots) or lots <= 0:
            raise Refused(10021, "invalid_amount")
        return Lots(int(lots))

    def _ticks(self, one: Instrument, price: object) -> Ticks:
        ticks = _decimal(price, "price") / one.unit
        if ticks != int(ticks):
            raise Refused(10043, "price_wrong_tick")
        return Ticks(int(ticks))

    def _at_market(self, one: Instrument, side: Side) -> Ticks:
        half = self.bourse.pit.books[one.id].against(side)
        deep = half.levels()
        if not deep:
            raise Refused(11030, "other_reject no_liquidity")
        return deep[-1][0]

    def _inside(self, one: Instrument, side: Side, price: Ticks) -> Ticks:
        """Move a post-only price behind what it would trade with, as the venue does unless it is told to reject."""
        best = self.bourse.pit.books[one.id].against(side).best
        step = one.grid[0].step if best is None or best <= one.grid[0].stop else one.grid[-1].step
        if best is None:
            return price
        return Ticks(min(price, best - step)) if side is Side.BUY else Ticks(max(price, best + step))

    # ---- what the pit tells

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, FillMade):
            self._filled(notice)
        elif isinstance(notice, OrderMoved):
            order = notice.order
            if order.state in {State.CANCELED, State.EXPIRED}:
                self.reasons[order.id] = notice.why
            if order.id in self.labels:
                self.told(order.account, order.instrument.symbol, self.row(order), None)

    def _filled(self, made: FillMade) -> None:
        order = made.order
        if order.id not in self.labels:
            return
        one = self.bourse.pit.instruments[order.instrument]
        seq = self._seqs[one.id.symbol] = self._seqs.get(one.id.symbol, 0) + 1
        row = words.fill(one, made, self.labels[order.id], seq, self.bourse.pit)
        kept = self.trades.setdefault(order.account, [])
        kept.append(row)
        self.told(order.account, one.id.symbol, None, row)


def refused(error: FloorError) -> Refused:
    """Return a refusal of the pit in the venue's words."""
    code, message = CODES.get(error.code, (11030, f"other_reject {error.code}"))
    return Refused(code, message)


def _decimal(value: object, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise wrong(name, "must be a number")
    try:
        found = Decimal(str(value))
    except InvalidOperation as e:
        raise wrong(name, "must be a number") from e
    if not found.is_finite() or not 0 < found < Decimal(10) ** 12:
        raise wrong(name, "must be greater than zero")
    return found


def _flag(params: Mapping[str, Any], name: str) -> bool:
    return params.get(name) in {True, "true"}
