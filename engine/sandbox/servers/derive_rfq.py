"""Requests for quotes on the sandbox's Derive: takers ask, makers quote what they signed, a taker executes one.

A quote is good until its signature ends, whoever is connected. Executing names the legs as their maker signed them;
all legs trade at once or none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.sandbox.servers import derive_auth as auth
from engine.sandbox.servers import derive_words as words
from engine.sandbox.servers.derive_auth import Wrong
from engine.sandbox.servers.derive_order import ZERO, Fill

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.units import Nanos
    from engine.sandbox.servers.derive_auth import Wallet, Wallets
    from engine.sandbox.servers.derive_floor import Floor
    from engine.sandbox.servers.derive_market import Contract

Json = dict[str, Any]
LIVES_S: Final = 60
"""How long a request is open."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a package."""

    contract: Contract
    buys: bool
    amount: Decimal
    price: Decimal | None = None

    def words(self) -> Json:
        """Return it as the venue says it."""
        said = {
            "instrument_name": self.contract.name, "direction": words.side(self.buys),
            "amount": words.text(self.amount),
        }  # fmt: skip
        return said if self.price is None else {**said, "price": words.text(self.price)}


@dataclass(slots=True, eq=False)
class Request:
    """What a taker asks for."""

    id: str
    account: int
    wallet: str
    legs: tuple[Leg, ...]
    made_at: int
    until: int
    label: str = ""
    status: str = "open"

    def words(self, at: int) -> Json:
        """Return it as makers see it."""
        return {
            "rfq_id": self.id, "subaccount_id": self.account, "wallet": self.wallet, "status": self.status,
            "cancel_reason": "", "legs": [leg.words() for leg in self.legs],
            "creation_timestamp": self.made_at // 10**6,
            "last_update_timestamp": at // 10**6, "valid_until": self.until // 10**6, "partial_fill_step": "1",
            "filled_pct": "1" if self.status == "filled" else "0", "filled_direction": None, "total_cost": None,
            "fill_rate": None, "recent_fill_rate": None, "label": self.label, "ask_total_cost": None,
            "bid_total_cost": None, "mark_total_cost": None, "max_total_cost": None, "min_total_cost": None,
            "counterparties": [],
        }  # fmt: skip


@dataclass(slots=True, eq=False)
class Quote:
    """What a maker signed."""

    id: str
    request: Request
    account: int
    buys: bool
    legs: tuple[Leg, ...]
    max_fee: Decimal
    nonce: int
    expiry_s: int
    made_at: int
    label: str = ""
    mmp: bool = False
    status: str = "open"
    reason: str = ""
    hash: str = ""
    signature: str = ""
    signer: str = ""

    def words(self, at: int, *, role: str = "maker") -> Json:
        """Return it as its maker sees it."""
        return {
            "quote_id": self.id, "rfq_id": self.request.id, "subaccount_id": self.account,
            "direction": words.side(self.buys), "status": self.status, "cancel_reason": self.reason,
            "legs": [leg.words() for leg in self.legs], "legs_hash": self.hash, "liquidity_role": role,
            "label": self.label, "max_fee": words.text(self.max_fee), "mmp": self.mmp, "nonce": str(self.nonce),
            "signature_expiry_sec": self.expiry_s, "creation_timestamp": self.made_at // 10**6,
            "last_update_timestamp": at // 10**6, "fill_pct": "1" if self.status == "filled" else "0", "fee": "0",
            "extra_fee": "0", "is_transfer": False, "batch_status": None, "tx_hash": None,
            "signature": self.signature, "signer": self.signer,
        }  # fmt: skip


@dataclass(slots=True)
class RfqDesk:
    """All requests and quotes."""

    floor: Floor
    wallets: Wallets
    id: Callable[[], str]
    clock: Callable[[], Nanos]
    wall: Callable[[], Nanos]
    requests: dict[str, Request] = field(default_factory=dict)
    quotes: dict[str, Quote] = field(default_factory=dict)
    listeners: list[Callable[[str, object], None]] = field(default_factory=list)
    """Told ``rfq`` and ``quote``."""

    def send_rfq(self, wallet: Wallet, asked: Json) -> Json:
        """Open a request."""
        at = self.clock()
        one = Request(
            self.id(), _own(wallet, asked), wallet.owner, self._legs(asked.get("legs"), priced=False), at,
            at + LIVES_S * 10**9, str(asked.get("label") or ""),
        )  # fmt: skip
        self.requests[one.id] = one
        self._tell("rfq", one)
        return one.words(at)

    def cancel_rfq(self, wallet: Wallet, asked: Json) -> str:
        """Close a request; its quotes end with it."""
        one = self._request(asked)
        if one.account not in wallet.subaccounts:
            raise Wrong(11101, "RFQ not found")
        self._close(one, "cancelled")
        return "ok"

    def poll_rfqs(self, wallet: Wallet, asked: Json) -> Json:
        """Return requests that a maker may quote."""
        _own(wallet, asked)
        self.tidy()
        rows = [r.words(self.clock()) for r in self.requests.values() if asked.get("status") in (None, r.status)]
        shown, count = words.page(rows, asked)
        return {"rfqs": shown, "pagination": count}

    def send_quote(self, wallet: Wallet, asked: Json) -> Json:
        """Take a signed quote."""
        self.tidy()
        return self._quote(wallet, asked).words(self.clock())

    def replace_quote(self, wallet: Wallet, asked: Json) -> Json:
        """Take a quote back and another in its place; what of it does not come about is said beside."""
        before = self._mine(wallet, asked.get("quote_id_to_cancel"), asked.get("nonce_to_cancel"))
        self._end(before, "cancelled", "user_request")
        gone = before.words(self.clock())
        try:
            return {
                "cancelled_quote": gone, "quote": self._quote(wallet, asked).words(self.clock()),
                "create_quote_error": None,
            }  # fmt: skip
        except Wrong as e:
            return {"cancelled_quote": gone, "quote": None, "create_quote_error": e.body}

    def cancel_quote(self, wallet: Wallet, asked: Json) -> Json:
        """Take a quote back."""
        one = self._mine(wallet, asked.get("quote_id"), None)
        self._end(one, "cancelled", "user_request")
        return one.words(self.clock())

    def cancel_batch(self, wallet: Wallet, asked: Json) -> Json:
        """Take several back, by any of their names."""
        account = _own(wallet, asked)
        gone = []
        for one in list(self.quotes.values()):
            fits = all(
                asked.get(name) in (None, value)
                for name, value in (("rfq_id", one.request.id), ("quote_id", one.id), ("label", one.label))
            )
            if one.account == account and one.status == "open" and fits:
                self._end(one, "cancelled", "user_request")
                gone.append(one.id)
        return {"cancelled_ids": gone}

    def get_quotes(self, wallet: Wallet, asked: Json) -> Json:
        """Return a maker's quotes, open and past."""
        account = _own(wallet, asked)
        self.tidy()
        rows = [q.words(self.clock()) for q in self.quotes.values() if q.account == account and self._fits(q, asked)]
        shown, count = words.page(rows, asked)
        return {"quotes": shown, "pagination": count}

    def poll_quotes(self, wallet: Wallet, asked: Json) -> Json:
        """Return the quotes that a taker's requests have."""
        account = _own(wallet, asked)
        self.tidy()
        rows = [
            {**q.words(self.clock()), "wallet": self.wallets.of(q.account).owner}
            for q in self.quotes.values()
            if q.request.account == account and self._fits(q, asked)
        ]
        shown, count = words.page(rows, asked)
        return {"quotes": shown, "pagination": count}

    def execute(self, wallet: Wallet, asked: Json) -> Json:
        """Trade a quote: every leg of it, at once."""
        account = _own(wallet, asked)
        self.tidy()
        quote = self.quotes.get(str(asked.get("quote_id")))
        if quote is None or quote.request.account != account or quote.status != "open":
            raise Wrong(11104, "Quote not open")
        buys = str(asked.get("direction")) == "buy"
        legs = self._legs(asked.get("legs"), priced=True)
        if buys is quote.buys or _shape(legs, priced=True) != _shape(quote.legs, priced=True):
            raise Wrong(11103, "Legs do not match")
        data = auth.execute_data(asked.get("max_fee"), _encoded(legs, buys=not buys))
        nonce = auth.check(wallet, asked, auth.RFQ, data, self.wall())
        operation, at = self.id(), self.clock()
        for leg in quote.legs:
            assert leg.price is not None
            for who, way, maker, label in (
                (quote.account, quote.buys, True, quote.label),
                (account, buys, False, str(asked.get("label") or "")),
            ):
                fee = self.floor.money.fee(leg.contract, leg.price, leg.amount, maker=maker, first=False)
                self.floor.book_fill(Fill(
                    self.id(), who, None, leg.contract, leg.buys is way, leg.price, leg.amount, fee, maker, at,
                    operation, quote.id, quote.request.id, label,
                ))  # fmt: skip
        self._end(quote, "filled", "")
        self._close(quote.request, "filled")
        taken = Quote(
            quote.id, quote.request, account, buys, legs, Decimal(str(asked["max_fee"])), nonce,
            int(asked["signature_expiry_sec"]), at, status="filled", hash=quote.hash,
        )  # fmt: skip
        return {**taken.words(at, role="taker"), "rfq_filled_pct": "1"}

    def tidy(self) -> None:
        """End what has outlived its time: requests by the day's clock, quotes by their signatures."""
        at, now_s = self.clock(), self.wall() // 10**9
        for quote in [q for q in self.quotes.values() if q.status == "open" and q.expiry_s <= now_s]:
            self._end(quote, "expired", "")
        for one in [r for r in self.requests.values() if r.status == "open" and r.until <= at]:
            self._close(one, "expired")

    def drop(self, accounts: Sequence[int]) -> None:
        """Take back every quote of some subaccounts, whose connection was lost."""
        for quote in [q for q in self.quotes.values() if q.status == "open" and q.account in accounts]:
            self._end(quote, "cancelled", "cancel_on_disconnect")

    # ---- within

    def _quote(self, wallet: Wallet, asked: Json) -> Quote:
        account = _own(wallet, asked)
        if not wallet.maker:
            raise Wrong(14027, "Not an RFQ maker")
        one = self._request(asked)
        if one.status != "open":
            raise Wrong(11104, "RFQ not open")
        legs = self._legs(asked.get("legs"), priced=True)
        if _shape(legs, priced=False) != _shape(one.legs, priced=False):
            raise Wrong(11103, "Legs do not match")
        for leg in legs:
            assert leg.price is not None
            if leg.price <= 0 or leg.price % leg.contract.tick:
                raise Wrong(11013, "Invalid limit price", leg.contract.name)
        buys = str(asked.get("direction")) == "buy"
        encoded = _encoded(legs, buys=buys)
        nonce = auth.check(wallet, asked, auth.RFQ, auth.quote_data(asked.get("max_fee"), encoded), self.wall())
        quote = Quote(
            self.id(), one, account, buys, legs, Decimal(str(asked["max_fee"])), nonce,
            int(asked["signature_expiry_sec"]), self.clock(), str(asked.get("label") or ""), bool(asked.get("mmp")),
            hash="0x" + auth.keccak(auth.words(32) + encoded).hex(), signature=str(asked["signature"]),
            signer=str(asked["signer"]),
        )  # fmt: skip
        self.quotes[quote.id] = quote
        self._tell("quote", quote)
        return quote

    def _legs(self, given: object, *, priced: bool) -> tuple[Leg, ...]:
        found = []
        for row in given if isinstance(given, list) else []:
            contract = self.floor.contracts.get(str(row.get("instrument_name")))
            if contract is None:
                raise Wrong(12001, "Instrument not found")
            amount = Decimal(auth.scaled(row.get("amount"))) / 10**18
            price = Decimal(auth.scaled(row.get("price"))) / 10**18 if priced else None
            if amount <= 0 or amount % contract.step:
                raise Wrong(11012, "Invalid amount", contract.name)
            found.append(Leg(contract, str(row.get("direction")) == "buy", amount, price))
        if not found:
            raise Wrong(-32602, "Invalid params", "no legs")
        return tuple(sorted(found, key=lambda leg: leg.contract.name))

    def _request(self, asked: Json) -> Request:
        found = self.requests.get(str(asked.get("rfq_id")))
        if found is None:
            raise Wrong(11101, "RFQ not found")
        return found

    def _mine(self, wallet: Wallet, name: object, nonce: object) -> Quote:
        found = self.quotes.get(str(name)) or next(
            (q for q in self.quotes.values() if nonce is not None and q.nonce == int(str(nonce))), None
        )
        if found is None or found.account not in wallet.subaccounts or found.status != "open":
            raise Wrong(11101, "Quote not found")
        return found

    def _fits(self, quote: Quote, asked: Json) -> bool:
        names = (("rfq_id", quote.request.id), ("quote_id", quote.id), ("status", quote.status))
        return all(asked.get(name) in (None, value) for name, value in names)

    def _close(self, one: Request, status: str) -> None:
        one.status = status
        for quote in self.quotes.values():
            if quote.request is one and quote.status == "open":
                self._end(quote, "cancelled", "rfq_no_longer_open")
        self._tell("rfq", one)

    def _end(self, quote: Quote, status: str, why: str) -> None:
        quote.status, quote.reason = status, why
        self._tell("quote", quote)

    def _tell(self, kind: str, what: object) -> None:
        for hears in self.listeners:
            hears(kind, what)


def _own(wallet: Wallet, asked: Json) -> int:
    number = asked.get("subaccount_id")
    if not isinstance(number, int) or number not in wallet.subaccounts:
        raise Wrong(14025, "Subaccount not found for wallet")
    return number


def _shape(legs: Sequence[Leg], *, priced: bool) -> list[tuple[str, bool, Decimal, Decimal | None]]:
    return [(leg.contract.name, leg.buys, leg.amount, leg.price if priced else None) for leg in legs]


def _encoded(legs: Sequence[Leg], *, buys: bool) -> bytes:
    return auth.legs_data(
        [(leg.contract.asset, leg.contract.sub_id, leg.price or ZERO, leg.amount, leg.buys) for leg in legs], buys=buys
    )
