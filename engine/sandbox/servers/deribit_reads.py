"""What Deribit's sandbox answers to questions: discovery, books, tickers, delivery prices; an account's state."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.sandbox.servers import deribit_words as words
from engine.sandbox.servers.deribit_desk import Refused, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.core.ids import AccountId, InstrumentId
    from engine.core.units import Nanos
    from engine.sandbox.bourse import Bourse
    from engine.sandbox.servers.deribit_desk import Desk
    from engine.sandbox.servers.deribit_stream import Streams

Json = dict[str, Any]

CURRENCIES: Final = ("BTC", "ETH", "USDC")
KNOWN: Final = frozenset({*CURRENCIES, "USDT", "EURR", "SOL", "any"})
PAGE: Final = 1_000


class Reads:
    """Answers by method."""

    def __init__(self, bourse: Bourse, desk: Desk, streams: Streams, wall: Callable[[], Nanos]) -> None:
        self._bourse = bourse
        self._desk = desk
        self._streams = streams
        self._wall = wall

    def public(self, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the method answers
        """Answer a public method; `Refused` where it is not known or its parameters cannot be."""
        found: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "public/test": lambda _: {"version": "1.2.26"},
            "public/get_time": lambda _: self._wall() // words.MS,
            "public/status": lambda _: {"locked": "false", "locked_indices": []},
            "public/get_currencies": lambda _: [_currency(one) for one in CURRENCIES],
            "public/get_instruments": self._instruments,
            "public/get_instrument": lambda p: words.instrument(self._desk.instrument(p.get("instrument_name"))),
            "public/get_order_book": self._book,
            "public/ticker": lambda p: self._streams.ticker(self._desk.instrument(p.get("instrument_name")).id),
            "public/get_index_price": self._index,
            "public/get_delivery_prices": self._deliveries,
            "public/get_last_trades_by_instrument": self._prints,
            "public/get_expirations": self._expirations,
        }
        if method not in found:
            raise Refused(-32601, "Method not found")
        return found[method](params)

    def private(self, method: str, params: Mapping[str, Any], account: AccountId) -> Any:  # noqa: ANN401
        """Answer a question of an account; `Refused` as `public`."""
        found: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "private/get_open_orders": lambda _: self._desk.orders(account),
            "private/get_open_orders_by_currency": lambda _: self._desk.orders(account),
            "private/get_open_orders_by_instrument": lambda p: [
                one for one in self._desk.orders(account) if one["instrument_name"] == p.get("instrument_name")
            ],
            "private/get_open_orders_by_label": lambda p: self._desk.orders(account, label=str(p.get("label"))),
            "private/get_order_state": lambda p: self._desk.row(self._desk.find(account, p.get("order_id"))),
            "private/get_order_state_by_label": lambda p: self._desk.orders(
                account, label=str(p.get("label")), working=False
            ),
            "private/get_order_history_by_currency": lambda _: self._desk.orders(account, working=False)[:PAGE],
            "private/get_user_trades_by_currency": lambda p: self._trades(account, p),
            "private/get_user_trades_by_instrument": lambda p: self._trades(account, p),
            "private/get_user_trades_by_instrument_and_time": lambda p: self._trades(account, p),
            "private/get_positions": lambda _: self._positions(account),
            "private/get_position": lambda p: self._position(account, p),
            "private/get_account_summary": lambda p: self._summary(account, str(p.get("currency"))),
            "private/get_account_summaries": lambda _: {
                "id": 7, "summaries": [self._summary(account, one) for one in CURRENCIES],
            },
        }  # fmt: skip
        if method not in found:
            raise Refused(-32601, "Method not found")
        return found[method](params)

    def _instruments(self, params: Mapping[str, Any]) -> list[Json]:
        currency, kind = params.get("currency", "any"), params.get("kind")
        if currency not in KNOWN:
            raise wrong("currency", "must be one of the known ones")
        over = params.get("expired") is True
        rows = [
            words.instrument(one)
            for one in self._bourse.pit.instruments.values()
            if currency in {"any", one.settles_in} and (one.status in {"closed", "settled"}) == over
        ]
        return [row for row in rows if kind in {None, "any", row["kind"]}]

    def _book(self, params: Mapping[str, Any]) -> Json:
        one = self._desk.instrument(params.get("instrument_name"))
        mark = self._bourse.market.marked(one.id, self._bourse.pit.at)
        depth = params.get("depth", 5)
        if not isinstance(depth, int) or not 0 < depth <= 10_000:
            raise wrong("depth", "must be a positive number")
        return words.order_book(one, self._bourse.pit.books[one.id], mark, depth, self._streams.change(one.id))

    def _index(self, params: Mapping[str, Any]) -> Json:
        if params.get("index_name") not in {words.BTC_INDEX, "btc_usdc"}:
            raise wrong("index_name", "must be one of the known ones")
        price = words.number(self._bourse.index())
        return {"index_price": price, "estimated_delivery_price": price}

    def _deliveries(self, params: Mapping[str, Any]) -> Json:
        if params.get("index_name") != words.BTC_INDEX:
            raise wrong("index_name", "must be one of the known ones")
        rows = [{"date": day, "delivery_price": float(price)} for day, price in self._bourse.deliveries.items()]
        return {"data": list(reversed(rows)), "records_total": len(rows)}

    def _prints(self, params: Mapping[str, Any]) -> Json:
        one = self._desk.instrument(params.get("instrument_name"))
        tape = self._bourse.pit.tape[one.id][-int(params.get("count", 10)) :]
        rows = [words.print_(one, trade, n, self._bourse.index()) for n, trade in enumerate(tape, 1)]
        return {"trades": list(reversed(rows)), "has_more": False}

    def _expirations(self, params: Mapping[str, Any]) -> Json:
        names = dict.fromkeys(
            one.id.symbol.split("-")[1] for one in self._bourse.pit.instruments.values() if one.status == "open"
        )
        return {"option": [one for one in names if one != "PERPETUAL"], "future": ["PERPETUAL"]}

    def _trades(self, account: AccountId, params: Mapping[str, Any]) -> Json:
        """Return trades; what is younger than a day is not among the history, nor the older among the rest."""
        rows = self._desk.trades.get(account, [])
        name, start = params.get("instrument_name"), int(params.get("start_timestamp") or 0)
        currency = params.get("currency")
        if params.get("historical") is True:
            rows = []
        rows = [
            one
            for one in rows
            if one["timestamp"] >= start
            and name in {None, one["instrument_name"]}
            and currency in {None, "any", one["fee_currency"]}
        ]
        count = int(params.get("count", 10))
        if params.get("sorting") != "asc":
            rows = list(reversed(rows))
        return {"trades": rows[:count], "has_more": len(rows) > count}

    def _positions(self, account: AccountId) -> list[Json]:
        held = self._bourse.pit.accounts[account].holdings
        rows = [self._row(account, name) for name in held if name in self._bourse.pit.instruments]
        return [row for row in rows if row["direction"] != "zero"]

    def _position(self, account: AccountId, params: Mapping[str, Any]) -> Json:
        return self._row(account, self._desk.instrument(params.get("instrument_name")).id)

    def _row(self, account: AccountId, name: InstrumentId) -> Json:
        pit = self._bourse.pit
        entry = pit.entries.get((account, name), Decimal(0))
        return words.position(pit.instruments[name], pit.accounts[account], name, entry, self._bourse.index())

    def _summary(self, account: AccountId, currency: str) -> Json:
        if currency not in CURRENCIES:
            raise wrong("currency", "must be one of the known ones")
        pit = self._bourse.pit
        allowed = words.limits(self._desk.rate, self._desk.burst)
        return words.summary(currency, pit.equity(account), pit.free(account), self._bourse.index(), allowed)


def _currency(name: str) -> Json:
    return {
        "currency": name, "currency_long": name, "coin_type": name, "min_confirmations": 1, "decimals": 8,
        "fee_precision": 8, "withdrawal_fee": 0.0001, "min_withdrawal_fee": 0.0001, "withdrawal_priorities": [],
    }  # fmt: skip
