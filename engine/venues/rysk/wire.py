"""Rysk's messages: JSON-RPC frames to typed values, requests to options, quotes to text. Pure.

Strikes are whole numbers of 1e-8, quantities and prices of 1e-18 whatever the token's own decimals, times whole
seconds, and every id a string. Requests come as responses that nobody asked for; a confirmation may come in three
shapes, none of which was seen on a live server: all are taken, and what is none of them is counted.

Source: Rysk's maker documentation, its public client and python package of 2026; frames/rysk.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from engine.core.errors import WireError
from engine.core.ids import RYSK, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.quotes import QuoteLeg, QuoteRequest
from engine.core.units import SECOND, Nanos, Qty, Side, Ticks
from engine.options.fixed_point import fixed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.quotes import Quote
    from engine.venues.rysk.endpoints import Endpoints

STRIKE: Final = 8
WEI: Final = 18
"""Decimals of a strike, and of quantities and prices."""
UNIT: Final = Decimal("0.000001")
"""Dollars of a tick: ours, the venue's is finer than any price means."""
LONGEST: Final = 64
DIGITS: Final = re.compile(r"[0-9]{1,78}")
ADDRESS: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")
NAME: Final = re.compile(r"[A-Za-z0-9_.]{1,16}")
CONFIRMATIONS: Final = frozenset({"rfq_confirmation", "trade_confirmation", "trade"})
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
LAST_SECOND: Final = 1 << 33
MOST: Final = Decimal(10**12)
"""No price and no quantity of a trade is more."""
UNREADABLE: Final = (
    msgspec.DecodeError, UnicodeDecodeError, ValueError, KeyError, TypeError, ArithmeticError, OSError, RecursionError,
)  # fmt: skip
"""What foreign bytes can raise: no JSON, wrong types, numbers beyond reason, nesting without end."""
_decode = msgspec.json.Decoder()


class Asset(NamedTuple):
    """What options are written on."""

    address: str
    """In small letters."""
    symbol: str
    underlying: str
    least: Decimal
    """Coins."""
    most: Decimal
    active: bool


class Terms(NamedTuple):
    """An option as the venue names it, in its own whole numbers."""

    asset: str
    """Address, in small letters."""
    expiry: int
    put: bool
    strike: int


class Rfq(NamedTuple):
    """Somebody wants a price."""

    id: str
    name: str
    terms: Terms
    chain: int
    quantity: int
    taker: str
    taker_buys: bool
    usd: str
    collateral: str
    until_s: int | None


class Best(NamedTuple):
    """Ours is the best quote so far."""

    id: str


class Beaten(NamedTuple):
    """Somebody gave a better one."""

    id: str
    best: Decimal
    """Dollars a coin."""


class Failure(NamedTuple):
    """The venue refuses what bore an id."""

    id: str
    code: int
    text: str


class Taken(NamedTuple):
    """A quote of ours was taken."""

    nonce: str
    terms: Terms
    price: Decimal
    """Dollars a coin."""
    quantity: Decimal
    """Coins."""
    taker: str
    taker_buys: bool
    maker: str
    """Whose quote it was, in small letters; empty where it is not told."""


class Other(NamedTuple):
    """Anything else: an answer about balances, or what nobody knows."""

    what: str
    known: bool


Message = Rfq | Best | Beaten | Failure | Taken | Other


def read(raw: bytes | str) -> Message:
    """Return what a frame says.

    Raises
    ------
    WireError
        If it is no JSON object, or one of a known kind that lacks a field or holds a value that cannot be.
    """
    data = raw.encode() if isinstance(raw, str) else raw
    try:
        return _message(_object(_decode.decode(data)))
    except UNREADABLE as e:
        raise WireError(RYSK, f"unreadable frame ({type(e).__name__})", data) from e


def _message(frame: dict[str, Any]) -> Message:
    named = str(frame.get("id") or "")[:LONGEST]
    method = str(frame.get("method") or "")[:LONGEST]
    if frame.get("error") is not None:
        error = frame["error"] if isinstance(frame["error"], dict) else {}
        code = error.get("code")
        return Failure(named, code if isinstance(code, int) else 0, _plain(error.get("message")))
    body = frame.get("params") if method else frame.get("result")
    if method in CONFIRMATIONS or named == "trade":
        return _taken(_object(body))
    if body == "OK":
        return Best(named)
    if isinstance(body, dict) and "newBest" in body:
        return Beaten(_plain(body.get("rfqId")) or named, _scaled(body["newBest"], WEI))
    if isinstance(body, dict) and "strike" in body and "taker" in body:
        return _rfq(named, body)
    return Other(method or named, named in {"balances", "positions", "deposit", "withdraw"})


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        msg = "no object"
        raise TypeError(msg)
    return body


def _rfq(named: str, body: dict[str, Any]) -> Rfq:
    until = body.get("validUntil")
    if not named:
        msg = "a request without an id"
        raise ValueError(msg)
    seconds = None if until is None else _whole(until)
    if seconds is not None and seconds > LAST_SECOND:  # premium requests count milliseconds
        seconds //= 1000
    return Rfq(
        named, _name(body.get("assetName")), _terms(body, "asset"), _whole(body["chainId"]), _whole(body["quantity"]),
        _address(body["taker"]), _flag(body.get("isTakerBuy", False)), _address(body["usd"]),
        _address(body["collateralAsset"]), seconds,
    )  # fmt: skip


def _taken(body: dict[str, Any]) -> Taken:
    nonce = body["quoteNonce"] if "quoteNonce" in body else body["nonce"]
    price, quantity = _scaled(body["price"], WEI), _scaled(body["quantity"], WEI)
    if not (0 < price <= MOST and 0 < quantity <= MOST):
        msg = f"a trade of {quantity:.6g} at {price:.6g}"
        raise ValueError(msg)
    return Taken(
        str(_whole(nonce)), _terms(body, "assetAddress"), price, quantity, _who(body.get("taker")),
        _flag(body.get("isTakerBuy", False)), _who(body.get("maker")),
    )  # fmt: skip


def _terms(body: dict[str, Any], asset: str) -> Terms:
    expiry, strike = _whole(body["expiry"]), _whole(body["strike"])
    if not 0 < expiry < LAST_SECOND or not 0 < strike < 10**30:
        msg = "no expiry or no strike"
        raise ValueError(msg)
    return Terms(_address(body[asset]), expiry, _flag(body["isPut"]), strike)


def assets(raw: bytes, chain: int) -> dict[str, Asset]:
    """Return the assets of a chain by address, out of the answer of ``/api/assets``.

    Raises
    ------
    WireError
        If it cannot be read; an asset that lacks something is left out.
    """
    try:
        found = _object(_decode.decode(raw))
    except UNREADABLE as e:
        raise WireError(RYSK, "assets that are no object by chain", raw) from e
    rows = found.get(str(chain), [])
    if not isinstance(rows, list):
        raise WireError(RYSK, "assets that are no list", raw)
    made = {}
    for row in rows[:500]:
        try:
            one = Asset(
                _address(row["address"]), _name(row["symbol"]), _name(row["underlying"]).upper(),
                _scaled(row["minTradeSize"], WEI), _scaled(row["maxTradeSize"], WEI), row.get("active") is True,
            )  # fmt: skip
        except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError):
            continue
        made[one.address] = one
    return made


def symbol(terms: Terms, name: str) -> str:
    """Return our name of an option: ``WETH-9OCT26-3000-C``."""
    at = dt.datetime.fromtimestamp(terms.expiry, dt.UTC)
    strike = Decimal(terms.strike).scaleb(-STRIKE).normalize()
    day = f"{at.day}{MONTHS[at.month - 1]}{at.year % 100:02d}"
    if at.hour != 8 or at.minute or at.second:
        day += f"T{at:%H%M}"
    return f"{name}-{day}-{strike:f}-{'P' if terms.put else 'C'}"


def listing(terms: Terms, asset: Asset) -> tuple[Family, Instrument]:
    """Return an option as an instrument, and its family of one."""
    name = symbol(terms, asset.symbol)
    family = FamilyId(f"{RYSK}:{name}")
    one = Instrument(
        id=InstrumentId(RYSK, name), title=name, label=name, family=family,
        payoff=Payoff.PUT if terms.put else Payoff.CALL, unit=UNIT, grid=(Band(Ticks(1), Ticks(10**12), Ticks(1)),),
        lot=UNIT, least=Qty(asset.least), step=UNIT, expires=Nanos(terms.expiry * SECOND),
        underlying=asset.underlying, exercise=Decimal(terms.strike).scaleb(-STRIKE), settles_in="USD",
        facts=(("asset", terms.asset),),
    )  # fmt: skip
    return Family(id=family, title=name, group="Options · requests", members=(one.id,)), one


def request(found: Rfq, asset: Asset | None, where: Endpoints, now: Nanos) -> QuoteRequest:
    """Return a request as the engine has it; what this venue's rules forbid to quote is told with it.

    The same request is the same whenever it comes: nobody says when it was made, and `now` is of the refusal alone.
    """
    terms = found.terms
    name = found.name if asset is None else asset.symbol
    facts = {
        "assetAddress": terms.asset, "chainId": str(found.chain), "expiry": str(terms.expiry),
        "isPut": "1" if terms.put else "", "isTakerBuy": "1" if found.taker_buys else "",
        "quantity": str(found.quantity), "strike": str(terms.strike), "usd": found.usd,
        "collateralAsset": found.collateral, "refused": refusal(found, asset, where, now),
    }  # fmt: skip
    leg = QuoteLeg(instrument=InstrumentId(RYSK, symbol(terms, name)), side=Side.BUY)
    return QuoteRequest(
        venue=RYSK, id=found.id, legs=(leg,), qty=Qty(Decimal(found.quantity).scaleb(-WEI)),
        sides=(Side.SELL if found.taker_buys else Side.BUY,),
        expires=None if found.until_s is None else Nanos(found.until_s * SECOND), taker=found.taker,
        facts=tuple((key, value) for key, value in facts.items() if value),
    )  # fmt: skip


def refusal(found: Rfq, asset: Asset | None, where: Endpoints, now: Nanos) -> str:
    """Return in one sentence why a request must not be quoted; empty where it may."""
    quantity = Decimal(found.quantity).scaleb(-WEI)
    dollars = {one.lower() for one in where.usd}
    if found.chain != where.chain_id:
        return f"it is for chain {found.chain}, and quotes are signed for {where.chain_id}"
    if asset is None or not asset.active:
        return f"{found.name} is no asset that is traded there"
    if not asset.least <= quantity <= asset.most:
        return f"{quantity.normalize():f} {asset.symbol} is not between {asset.least:f} and {asset.most:f}"
    if found.terms.expiry * SECOND <= now:
        return "it has expired"
    if found.usd not in dollars:
        return "its premium is in a token that is not on the list"
    wanted = dollars if found.terms.put else {found.terms.asset}
    if found.collateral not in wanted:
        return "its collateral is a token that is not on the list"
    return ""


def message(quote: Quote, maker: str) -> dict[str, object]:
    """Return a quote's members as they are signed; what was asked is said again as it came.

    Raises
    ------
    ValueError
        If the quote has not one leg with a price, or its id is no number.
    """
    facts = dict(quote.request.facts)
    if len(quote.legs) != 1 or quote.legs[0].price is None or not DIGITS.fullmatch(quote.client):
        msg = f"quote {quote.client[:40]} is not of one option with a price"
        raise ValueError(msg)
    price = fixed(quote.legs[0].price, WEI)
    if price <= 0:
        msg = f"quote {quote.client[:40]} has no price"
        raise ValueError(msg)
    return {
        "assetAddress": facts["assetAddress"], "chainId": int(facts["chainId"]), "expiry": int(facts["expiry"]),
        "isPut": "isPut" in facts, "isTakerBuy": "isTakerBuy" in facts, "maker": maker, "nonce": quote.client,
        "price": str(price), "quantity": facts["quantity"], "strike": facts["strike"],
        "validUntil": quote.until // SECOND, "usd": facts["usd"], "collateralAsset": facts["collateralAsset"],
    }  # fmt: skip


def quote(found: Mapping[str, object], signature: str, rfq: str) -> str:
    """Return the text that sends a signed quote."""
    params = {**found, "signature": signature}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": rfq, "method": "quote", "params": params}).decode()


def _whole(value: object) -> int:
    """Return an unsigned whole number, told as one or as its digits."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and DIGITS.fullmatch(value):
        return int(value)
    msg = f"no whole number: {str(value)[:40]!r}"
    raise ValueError(msg)


def _scaled(value: object, decimals: int) -> Decimal:
    return Decimal(_whole(value)).scaleb(-decimals)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    msg = f"neither true nor false: {str(value)[:40]!r}"
    raise ValueError(msg)


def _address(value: object) -> str:
    if isinstance(value, str) and ADDRESS.fullmatch(value):
        return value.lower()
    msg = f"no address: {str(value)[:60]!r}"
    raise ValueError(msg)


def _who(value: object) -> str:
    """Return an address; empty where none is told: a trade binds, whoever made it."""
    return value.lower() if isinstance(value, str) and ADDRESS.fullmatch(value) else ""


def _name(value: object) -> str:
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    msg = f"no name: {str(value)[:40]!r}"
    raise ValueError(msg)


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST])
