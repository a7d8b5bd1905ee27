"""Block requests for quotes on Deribit's sandbox: a taker asks, makers quote, the best quote is taken or none.

A request lives five minutes. In its first five seconds no quote can be taken. A quote that is taken trades every leg at
its price between the maker and the sandbox's own taker.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.ids import DERIBIT, AccountId, InstrumentId
from engine.core.units import SECOND, Lots, Nanos, Side, Ticks
from engine.sandbox.servers import deribit_words as words
from engine.sandbox.servers.deribit_desk import Refused, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.sandbox.bourse import Bourse
    from engine.sandbox.servers.deribit_desk import Desk
    from engine.sandbox.servers.deribit_stream import Streams

Json = dict[str, Any]

LIFE_S: Final = 300
TAKER: Final = AccountId("option-taker")
OVER: Final = frozenset({"cancelled", "filled", "expired"})


@dataclass(slots=True)
class Request:
    """One request."""

    id: int
    legs: list[Json]
    amount: Decimal
    opened: Nanos
    expires: Nanos
    state: str = "open"


@dataclass(slots=True)
class Standing:
    """One quote of a maker."""

    id: int
    account: AccountId
    request: Request
    direction: str
    amount: Decimal
    legs: list[Json]
    label: str
    execution: str
    expires: int | None
    price: Decimal
    at: Nanos
    state: str = "open"
    reason: str = ""
    filled: Decimal = Decimal(0)
    replaced: bool = False


class Requests:
    """All requests and quotes."""

    def __init__(self, bourse: Bourse, desk: Desk, streams: Streams, wall: Callable[[], Nanos]) -> None:
        self.requests: dict[int, Request] = {}
        self.quotes: dict[int, Standing] = {}
        self._bourse = bourse
        self._desk = desk
        self._streams = streams
        self._wall = wall
        bourse.pit.open_account(TAKER, Decimal(1_000_000_000), checked=False)

    def ask(self, legs: list[tuple[str, str, int]], amount: Decimal, life_s: float = LIFE_S) -> Request:
        """Let a taker ask for a structure: instrument, direction and ratio of each leg."""
        at = self._wall()
        rows = [{"instrument_name": name, "direction": way, "ratio": ratio} for name, way, ratio in legs]
        found = Request(722 + len(self.requests), rows, amount, at, Nanos(at + int(life_s * SECOND)))
        self.requests[found.id] = found
        self._tell(found)
        return found

    def end(self, request: Request, state: str) -> None:
        """Let a request end, and all quotes on it."""
        request.state = state
        for quote in self.quotes.values():
            if quote.request is request and quote.state == "open":
                self._close(quote, "cancelled", f"rfq_{state}")
        self._tell(request)

    def take(self, quote: Standing) -> None:
        """Let the taker take a quote whole: every leg trades at its price."""
        pit, request = self._bourse.pit, quote.request
        block = f"BLOCK-{quote.id}"
        for leg in quote.legs:
            one = pit.instruments[InstrumentId(DERIBIT, leg["instrument_name"])]
            way = words.SIDES[leg["direction"]]
            if quote.direction == "sell":
                way = Side.SELL if way is Side.BUY else Side.BUY
            qty = quote.amount * leg["ratio"]
            price = Decimal(str(leg["price"]))
            fee = pit.coin_fee(one, price, qty, maker=True)
            trade = {
                "trade_id": pit.new_id(), "trade_seq": 1, "order_id": pit.new_id(), "label": quote.label,
                "instrument_name": one.id.symbol, "timestamp": words.ms(self._wall()), "price": words.number(price),
                "amount": words.number(qty), "direction": way.value, "liquidity": "M", "fee": words.number(fee),
                "fee_currency": one.settles_in, "index_price": words.number(pit.index(one)), "block_trade_id": block,
                "block_rfq_id": request.id, "block_rfq_quote_id": quote.id, "state": "filled",
            }  # fmt: skip
            self._desk.trades.setdefault(quote.account, []).append(trade)
            pit.cross(quote.account, TAKER, one.id, way, Ticks(int(price / one.unit)), Lots(int(qty / one.lot)))
            self._streams.account(quote.account, one.id.symbol, None, trade)
        quote.filled = quote.amount
        self._close(quote, "filled", "")
        self.end(request, "filled")
        self._streams.flush("raw")

    def private(self, method: str, params: Mapping[str, Any], account: AccountId) -> Any:  # noqa: ANN401
        """Answer a maker's method; `Refused` where it cannot be."""
        acts: dict[str, Callable[[], Any]] = {
            "private/get_block_rfqs": lambda: {
                "continuation": None, "block_rfqs": [_row(one) for one in self.requests.values()],
            },
            "private/get_block_rfq_quotes": lambda: [self._shown(one) for one in self._mine(account, params)],
            "private/add_block_rfq_quote": lambda: self._add(account, params),
            "private/edit_block_rfq_quote": lambda: self._edit(account, params),
            "private/cancel_block_rfq_quote": lambda: self._cancel(account, params),
            "private/cancel_all_block_rfq_quotes": lambda: self._cancel_all(account, params),
        }  # fmt: skip
        if method not in acts:
            raise Refused(-32601, "Method not found")
        return acts[method]()

    def _add(self, account: AccountId, params: Mapping[str, Any]) -> Json:
        request = self.requests.get(int(params.get("block_rfq_id") or 0))
        if request is None or request.state != "open":
            raise Refused(11030, "other_reject block_rfq_not_open")
        legs = self._legs(request, params)
        label = str(params.get("label", ""))
        if any(one.label == label and one.request is request and one.state == "open" for one in self.quotes.values()):
            raise Refused(11030, "other_reject duplicate_label")
        quote = Standing(
            1_301 + len(self.quotes), account, request, str(params.get("direction")),
            Decimal(str(params.get("amount"))), legs, label, str(params.get("execution_instruction", "any_part_of")),
            params.get("expires_at"), _price(legs), self._wall(),
        )  # fmt: skip
        if quote.direction not in words.SIDES or not 0 < quote.amount <= request.amount:
            raise wrong("amount", "must be within the request")
        self.quotes[quote.id] = quote
        self._told(quote)
        return self._shown(quote)

    def _edit(self, account: AccountId, params: Mapping[str, Any]) -> Json:
        quote = self._one(account, params)
        quote.legs, quote.replaced = self._legs(quote.request, params), True
        quote.amount, quote.price = Decimal(str(params["amount"])), _price(quote.legs)
        self._told(quote)
        return self._shown(quote)

    def _cancel(self, account: AccountId, params: Mapping[str, Any]) -> Json:
        quote = self._one(account, params)
        self._close(quote, "cancelled", "user_request")
        return self._shown(quote)

    def _cancel_all(self, account: AccountId, params: Mapping[str, Any]) -> int:
        found = self._open(account, params)
        for one in found:
            self._close(one, "cancelled", "user_request")
        return len(found)

    def _one(self, account: AccountId, params: Mapping[str, Any]) -> Standing:
        found = self._open(account, params)
        if not found:
            raise Refused(13020, "not_found")
        return found[0]

    def _open(self, account: AccountId, params: Mapping[str, Any]) -> list[Standing]:
        return [one for one in self._mine(account, params) if one.state == "open"]

    def _mine(self, account: AccountId, params: Mapping[str, Any]) -> list[Standing]:
        def same(name: str, value: object) -> bool:
            return params.get(name) is None or str(params[name]) == str(value)

        return [
            one
            for one in self.quotes.values()
            if one.account == account
            and same("block_rfq_quote_id", one.id)
            and same("block_rfq_id", one.request.id)
            and same("label", one.label)
        ]

    def _legs(self, request: Request, params: Mapping[str, Any]) -> list[Json]:
        legs = params.get("legs")
        if not isinstance(legs, list) or len(legs) != len(request.legs):
            raise wrong("legs", "must be those of the request")
        for ours, theirs in zip(legs, request.legs, strict=True):
            same = all(str(ours.get(name)) == str(theirs[name]) for name in ("instrument_name", "direction", "ratio"))
            if not same or not isinstance(ours.get("price"), int | float) or ours["price"] <= 0:
                raise wrong("legs", "must be those of the request, with prices")
        return [dict(one) for one in legs]

    def _close(self, quote: Standing, state: str, reason: str) -> None:
        quote.state, quote.reason = state, reason
        self._told(quote)

    def _told(self, quote: Standing) -> None:
        self._streams.tell("block_rfq.maker.quotes.any", [self._shown(quote)], quote.account)

    def _tell(self, request: Request) -> None:
        self._streams.tell("block_rfq.maker.any", _row(request))

    def _shown(self, quote: Standing) -> Json:
        return {
            "block_rfq_quote_id": quote.id, "block_rfq_id": quote.request.id, "quote_state": quote.state,
            "quote_state_reason": quote.reason, "direction": quote.direction, "amount": words.number(quote.amount),
            "filled_amount": words.number(quote.filled), "legs": quote.legs, "label": quote.label,
            "price": words.number(quote.price), "replaced": quote.replaced, "execution_instruction": quote.execution,
            "creation_timestamp": words.ms(quote.at), "last_update_timestamp": words.ms(self._wall()),
            "expires_at": quote.expires,
        }  # fmt: skip


def _row(request: Request) -> Json:
    return {
        "block_rfq_id": request.id, "state": request.state, "role": "maker", "amount": words.number(request.amount),
        "min_trade_amount": 0.1, "legs": request.legs, "combo_id": None, "taker_rating": "1-2", "disclosed": False,
        "creation_timestamp": words.ms(request.opened), "expiration_timestamp": words.ms(request.expires),
    }  # fmt: skip


def _price(legs: list[Json]) -> Decimal:
    """Return the price of a structure: what its legs come to together."""
    return sum(
        (Decimal(str(leg["price"])) * leg["ratio"] * (1 if leg["direction"] == "buy" else -1) for leg in legs),
        Decimal(0),
    )
