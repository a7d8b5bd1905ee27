"""The methods of the sandbox's Derive, by their names: the same by HTTP and on the socket."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.sandbox.servers import derive_auth as auth
from engine.sandbox.servers import derive_words as words
from engine.sandbox.servers.derive_auth import Wrong
from engine.sandbox.servers.derive_market import COIN
from engine.sandbox.servers.derive_order import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.units import Nanos
    from engine.sandbox.servers.derive_auth import Wallet, Wallets
    from engine.sandbox.servers.derive_floor import Floor
    from engine.sandbox.servers.derive_market import Contract
    from engine.sandbox.servers.derive_rfq import RfqDesk

Json = dict[str, Any]
Method = "Callable[[Wallet, Json], Any]"
MATCHING: Final = frozenset({
    "private/order", "private/replace", "private/cancel", "private/cancel_by_nonce", "private/cancel_by_label",
    "private/cancel_by_instrument",
})  # fmt: skip
"""What is counted against the smaller allowance."""
MS: Final = 10**6


class Methods:
    """What the venue does when it is asked."""

    def __init__(
        self, floor: Floor, wallets: Wallets, desk: RfqDesk, ids: Callable[[], str], clock: Callable[[], Nanos],
        wall: Callable[[], Nanos],
    ) -> None:  # fmt: skip
        """`clock` is the day's, `wall` the one that clients sign by."""
        self.floor = floor
        self.wallets = wallets
        self.desk = desk
        self.tps = 5
        self._id = ids
        self._clock = clock
        self._wall = wall
        self.public: dict[str, Callable[[Json], Any]] = {
            "public/get_time": lambda _: wall() // MS,
            "public/get_all_instruments": self._instruments,
            "public/get_all_live_instruments": lambda _: [self._described(one) for one in floor.contracts.values()],
            "public/get_instrument": lambda a: self._described(self._contract(a)),
            "public/get_ticker": lambda a: words.slim(floor, self._contract(a), self._clock()),
            "public/get_tickers": self._tickers,
            "public/get_all_currencies": lambda _: [{"currency": COIN, "spot_price": words.text(floor.index.spot)}],
            "public/get_option_settlement_prices": self._settlements,
            "public/getRateLimits": lambda _: {"remaining_matching": {"remainingPoints": self.tps}},
            "public/get_risk_universes": lambda _: [],
        }
        self.private: dict[str, Callable[[Wallet, Json], Any]] = {
            "private/order": self._order,
            "private/replace": self._replace,
            "private/cancel": self._cancel,
            "private/cancel_all": self._cancel_all,
            "private/cancel_by_label": self._cancel_by_label,
            "private/cancel_by_nonce": self._cancel_by_nonce,
            "private/cancel_by_instrument": self._cancel_by_label,
            "private/get_order": lambda w, a: words.order(floor.find(_own(w, a), a.get("order_id"))),
            "private/get_open_orders": self._open_orders,
            "private/get_order_history": self._history,
            "private/get_trade_history": self._trades,
            "private/get_positions": lambda w, a: {
                "subaccount_id": _own(w, a),
                "positions": words.positions(floor.accounts[_own(w, a)], floor),
            },
            "private/get_collaterals": lambda w, a: {
                "subaccount_id": _own(w, a),
                "collaterals": words.collaterals(floor.accounts[_own(w, a)], floor),
            },
            "private/get_subaccount": lambda w, a: words.subaccount(floor.accounts[_own(w, a)], floor),
            "private/get_subaccounts": lambda w, _: {"wallet": w.owner, "subaccount_ids": list(w.subaccounts)},
            "private/get_account": self._account,
            "private/session_keys": lambda w, _: {"public_session_keys": [_session(w, a) for a in w.sessions]},
            "private/send_rfq": desk.send_rfq,
            "private/cancel_rfq": desk.cancel_rfq,
            "private/poll_rfqs": desk.poll_rfqs,
            "private/send_quote": desk.send_quote,
            "private/replace_quote": desk.replace_quote,
            "private/cancel_quote": desk.cancel_quote,
            "private/cancel_batch_quotes": desk.cancel_batch,
            "private/get_quotes": desk.get_quotes,
            "private/poll_quotes": desk.poll_quotes,
            "private/execute_quote": desk.execute,
        }

    # ---- public

    def _contract(self, asked: Json) -> Contract:
        found = self.floor.contracts.get(str(asked.get("instrument_name")))
        if found is None:
            raise Wrong(12001, "Instrument not found")
        return found

    def _described(self, one: Contract) -> Json:
        return words.instrument(one, self.floor, self._clock() // 10**9)

    def _instruments(self, asked: Json) -> Json:
        now_s, expired = self._clock() // 10**9, bool(asked.get("expired"))
        if asked.get("currency") not in (None, COIN):
            raise Wrong(12001, "Instrument not found")
        rows = [
            self._described(one)
            for one in self.floor.contracts.values()
            if one.kind == asked.get("instrument_type") and (0 < one.expiry_s <= now_s) is expired
        ]
        shown, count = words.page(rows, asked)
        return {"instruments": shown, "pagination": count}

    def _tickers(self, asked: Json) -> Json:
        kind, day = asked.get("instrument_type"), asked.get("expiry_date")
        if kind == "option" and not (day and asked.get("currency")):
            raise Wrong(-32602, "Invalid params", "options need currency and expiry_date")
        live = [
            one for one in self.floor.contracts.values() if one.kind == kind and (not day or f"-{day}-" in one.name)
        ]
        return {"tickers": {one.name: words.slim(self.floor, one, self._clock()) for one in live}}

    def _settlements(self, asked: Json) -> Json:
        if asked.get("currency") != COIN:
            raise Wrong(12001, "Currency not found")
        expiries = sorted({one.expiry_s for one in self.floor.contracts.values() if one.expiry_s})
        settled = [(one, self.floor.settled[one]) for one in expiries if one in self.floor.settled]
        return {
            "expiries": [
                {"expiry_date": str(one), "utc_expiry_sec": one, "price": words.text(price)} for one, price in settled
            ]
        }

    # ---- orders

    def _order(self, wallet: Wallet, asked: Json) -> Json:
        order = self._signed(wallet, asked)
        fills = self.floor.place(order)
        return {"order": words.order(order), "trades": [words.trade(one, self.floor) for one in fills]}

    def _replace(self, wallet: Wallet, asked: Json) -> Json:
        account = _own(wallet, asked)
        before = self.floor.find(account, asked.get("order_id_to_cancel"))
        expected = asked.get("expected_filled_amount")
        if before.status != "open":
            self.floor.cancel(before)
        if expected is not None and Decimal(str(expected)) != before.filled:
            raise Wrong(11028, "Replace filled amount mismatch", words.text(before.filled))
        order = self._signed(wallet, asked)
        order.replaced = before.id
        self.floor.cancel(before)
        gone = words.order(before)
        try:
            fills = self.floor.place(order)
        except Wrong as e:
            return {"cancelled_order": gone, "order": None, "trades": None, "create_order_error": e.body}
        trades = [words.trade(one, self.floor) for one in fills]
        return {"cancelled_order": gone, "order": words.order(order), "trades": trades, "create_order_error": None}

    def _signed(self, wallet: Wallet, asked: Json) -> Order:
        """Return an order whose signature was found to be its signer's over exactly these terms."""
        account, one = _own(wallet, asked), self._contract(asked)
        if asked.get("direction") not in ("buy", "sell") or not isinstance(asked.get("nonce"), str):
            raise Wrong(-32602, "Invalid params", "direction, or a nonce that is no string")
        if 0 < one.expiry_s <= self._clock() // 10**9:
            raise Wrong(11021, "Instrument is not live")
        buys = asked["direction"] == "buy"
        data = auth.order_data(
            one.asset, one.sub_id, asked.get("limit_price"), asked.get("amount"), asked.get("max_fee"), account,
            buys=buys,
        )  # fmt: skip
        nonce = auth.check(wallet, asked, auth.TRADE, data, self._wall())
        return Order(
            self._id(), account, one, buys, Decimal(str(asked["limit_price"])), Decimal(str(asked["amount"])),
            Decimal(str(asked["max_fee"])), nonce, str(asked.get("time_in_force") or "gtc"),
            str(asked.get("label") or ""), str(asked["signer"]), str(asked["signature"]),
            int(asked["signature_expiry_sec"]), bool(asked.get("reduce_only")), bool(asked.get("mmp")),
        )  # fmt: skip

    def _cancel(self, wallet: Wallet, asked: Json) -> Json:
        return words.order(self.floor.cancel(self.floor.find(_own(wallet, asked), asked.get("order_id"))))

    def _cancel_all(self, wallet: Wallet, asked: Json) -> str:
        for order in self.floor.open_of(_own(wallet, asked)):
            self.floor.cancel(order)
        return "ok"

    def _cancel_by_label(self, wallet: Wallet, asked: Json) -> Json:
        return self._cancelled(
            order
            for order in self.floor.open_of(_own(wallet, asked))
            if asked.get("label") in (None, order.label) and asked.get("instrument_name") in (None, order.contract.name)
        )

    def _cancel_by_nonce(self, wallet: Wallet, asked: Json) -> Json:
        return self._cancelled(o for o in self.floor.open_of(_own(wallet, asked)) if o.nonce == int(asked["nonce"]))

    def _cancelled(self, orders: Any) -> Json:  # noqa: ANN401 - a generator over what changes
        return {"cancelled_orders": len([self.floor.cancel(order) for order in list(orders)])}

    # ---- account

    def _open_orders(self, wallet: Wallet, asked: Json) -> Json:
        account = _own(wallet, asked)
        return {"subaccount_id": account, "orders": [words.order(one) for one in self.floor.open_of(account)]}

    def _history(self, wallet: Wallet, asked: Json) -> Json:
        account, since = _own(wallet, asked), int(asked.get("from_timestamp") or 0) * MS
        ended = [
            words.order(one)
            for one in self.floor.accounts[account].orders
            if one.status != "open" and one.changed_at >= since
        ]
        shown, count = words.page(ended, asked)
        return {"subaccount_id": account, "orders": shown, "pagination": count}

    def _trades(self, wallet: Wallet, asked: Json) -> Json:
        account, since = _own(wallet, asked), int(asked.get("from_timestamp") or 0) * MS
        rows = [
            words.trade(one, self.floor)
            for one in self.floor.accounts[account].fills
            if one.at >= since
            and asked.get("order_id") in (None, "" if one.order is None else one.order.id)
            and asked.get("quote_id") in (None, one.quote)
            and asked.get("instrument_name") in (None, one.contract.name)
        ]
        shown, count = words.page(rows, asked)
        return {"subaccount_id": account, "trades": shown, "pagination": count}

    def _account(self, wallet: Wallet, asked: Json) -> Json:
        return {
            "wallet": wallet.owner, "subaccount_ids": list(wallet.subaccounts), "fallback_subaccount_id": 0,
            "cancel_on_disconnect": wallet.protects, "is_rfq_maker": wallet.maker, "referral_code": None,
            **{f"websocket_{kind}_tps": self.tps for kind in ("matching", "non_matching", "option", "perp")},
            "per_endpoint_tps": {}, "creation_timestamp_sec": 0,
            "whitelisted_recipients": [],
            "fee_info": {
                **{f"{kind}_{role}_fee": None for kind in ("option", "perp", "spot") for role in ("maker", "taker")},
                "base_fee_discount": "0", "rfq_maker_discount": "0", "rfq_taker_discount": "0",
            },
        }  # fmt: skip


def _own(wallet: Wallet, asked: Json) -> int:
    """Return the subaccount that is asked about; Wrong if it is none of the wallet's."""
    number = asked.get("subaccount_id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise Wrong(-32602, "Invalid params", "subaccount_id is a whole number")
    if number not in wallet.subaccounts:
        raise Wrong(14025, "Subaccount not found for wallet")
    return number


def _session(wallet: Wallet, address: str) -> Json:
    one = wallet.sessions[address]
    return {
        "public_session_key": one.address, "expiry_sec": one.expires_s, "registered_sec": 0, "label": "",
        "ip_whitelist": [], "offchain_scopes": [], "protocol_scopes": list(one.scopes),
        "subaccount_ids": list(wallet.subaccounts),
    }  # fmt: skip
