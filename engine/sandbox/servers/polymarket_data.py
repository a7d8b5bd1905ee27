"""Polymarket's Data API over the sandbox: what a wallet holds and has traded, as an indexer of the chain sees it.

It lags: what it says of a wallet stands for some seconds, whatever trades meanwhile.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from aiohttp import web

from engine.core.units import MICRO, Leg, Nanos
from engine.core.when import iso
from engine.sandbox.floor_order import of_leg
from engine.sandbox.servers.polymarket_books import Wire
from engine.sandbox.servers.polymarket_http import Refusal, answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.ids import AccountId
    from engine.sandbox.servers.polymarket_catalogue import PolyEvent, PolyMarket
    from engine.sandbox.servers.polymarket_desk import Desk
    from engine.sandbox.servers.polymarket_reads import Reads
    from engine.sandbox.servers.polymarket_trades import PolyTrade

LAG: Final = Nanos(2_000_000_000)
MOST: Final = 500


class Data:
    """Handlers of the Data API; it is public, a wallet's address is all it takes."""

    def __init__(self, desk: Desk, reads: Reads) -> None:
        """Read from a desk."""
        self._desk = desk
        self._reads = reads
        self._seen: dict[str, tuple[Nanos, list[Wire]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.get("/positions", self._positions),
            web.get("/v2/positions", self._positions_2),
            web.get("/trades", self._trades),
            web.get("/activity", self._activity),
            web.get("/value", self._value),
        ]

    async def _positions(self, request: web.Request) -> web.Response:
        least = _number(request.query.get("sizeThreshold", "1"))
        wanted = {c for text in request.query.getall("market", []) for c in text.split(",")}
        found = [
            row for row in self._of(request)
            if row["size"] >= least and (not wanted or row["conditionId"] in wanted)
        ]  # fmt: skip
        return answer(_cut(found, request))

    async def _positions_2(self, request: web.Request) -> web.Response:
        found = [_second(row) for row in self._of(request)]
        return answer({"data": found, "pagination": {"has_more": False, "next_cursor": None}})

    async def _trades(self, request: web.Request) -> web.Response:
        return answer(_cut([self._trade(*found) for found in self._wanted(request)], request))

    async def _activity(self, request: web.Request) -> web.Response:
        found = [
            self._trade(trade, wallet) | {"type": "TRADE", "usdcSize": float(trade.lots * trade.price) / 1e10}
            for trade, wallet in self._wanted(request)
        ]
        return answer(_cut(found, request))

    async def _value(self, request: web.Request) -> web.Response:
        rows = self._of(request)
        return answer([{"user": request.query["user"], "value": sum(row["currentValue"] for row in rows)}])

    # -- what was asked for --------------------------------------------------------------------------------

    def _of(self, request: web.Request) -> list[Wire]:
        """Return a wallet's positions, as the indexer last saw them."""
        wallet = request.query.get("user", "")
        if len(wallet) != 42 or not wallet.startswith("0x"):
            raise Refusal(400, "required query param 'user' not provided")
        at, rows = self._seen.get(wallet.lower(), (Nanos(0), []))
        if self._desk.wall() - at >= LAG:
            rows = list(self._look(wallet))
            self._seen[wallet.lower()] = self._desk.wall(), rows
        return rows

    def _look(self, wallet: str) -> Iterable[Wire]:
        account = self._desk.wallets.get(wallet.lower())
        if account is None:
            return
        for event, market in self._desk.catalogue.markets():
            held = self._desk.floor.accounts[account].holdings.get(market.id)
            if held is None:
                continue
            each = held.paid / ((held.yes + held.no) * MICRO) if held.yes + held.no else Decimal(0)
            for leg in Leg:
                if held.of(leg):
                    yield self._position(event, market, leg, wallet, held.of(leg) * MICRO, each, held.realised)

    def _position(
        self, event: PolyEvent, market: PolyMarket, leg: Leg, wallet: str, size: Decimal, each: Decimal, made: Decimal
    ) -> Wire:
        payout = self._desk.floor.payouts.get(market.id)
        worth = self._reads.middle(market, leg)
        if payout is not None:
            worth = payout if leg is Leg.YES else 1 - payout
        paid, value = size * each, size * worth
        other = Leg.NO if leg is Leg.YES else Leg.YES
        return {
            "proxyWallet": wallet,
            "asset": market.token(leg),
            "conditionId": market.condition,
            "size": float(size),
            "avgPrice": float(each),
            "initialValue": float(paid),
            "currentValue": float(value),
            "cashPnl": float(value - paid),
            "percentPnl": float((value / paid - 1) * 100) if paid else 0.0,
            "totalBought": float(size),
            "realizedPnl": float(made),
            "percentRealizedPnl": 0.0,
            "curPrice": float(worth),
            "redeemable": payout is not None,
            "mergeable": False,
            "title": market.question,
            "slug": market.slug,
            "icon": "",
            "eventSlug": event.slug,
            "outcome": market.outcome(leg),
            "outcomeIndex": 0 if leg is Leg.YES else 1,
            "oppositeOutcome": market.outcome(other),
            "oppositeAsset": market.token(other),
            "endDate": iso(event.ends)[:10],
            "negativeRisk": bool(event.neg_risk),
        }

    def _wanted(self, request: web.Request) -> list[tuple[PolyTrade, str]]:
        wallet = request.query.get("user", "")
        wanted = {c for text in request.query.getall("market", []) for c in text.split(",")}
        account = self._desk.wallets.get(wallet.lower())
        if wallet and account is None:
            return []
        found = self._desk.trades.of(account) if account else self._desk.trades.latest()
        until = self._desk.floor.at - LAG
        return [
            (trade, wallet) for trade in found
            if (not wanted or trade.market.condition in wanted) and trade.at <= until and trade.status != "FAILED"
        ]  # fmt: skip

    def _trade(self, trade: PolyTrade, wallet: str) -> Wire:
        """Return a trade as a wallet's own half of it; the taker's where no wallet is asked for."""
        account: AccountId | None = self._desk.wallets.get(wallet.lower())
        mine = next((o for o, _ in trade.makers if o.account == account), trade.taker)
        if trade.taker.account == account:
            mine = trade.taker
        lots = trade.lots if mine is trade.taker else sum(n for o, n in trade.makers if o is mine)
        return {
            "proxyWallet": wallet or self._desk.trades.owner(mine)[1],
            "side": mine.side.name,
            "asset": trade.market.token(mine.leg),
            "conditionId": trade.market.condition,
            "size": float(lots * MICRO),
            "price": float(of_leg(mine.leg, trade.price)) / 1e4,
            "timestamp": trade.at // 1_000_000_000,
            "title": trade.market.question,
            "slug": trade.market.slug,
            "outcome": trade.market.outcome(mine.leg),
            "outcomeIndex": 0 if mine.leg is Leg.YES else 1,
            "transactionHash": trade.hash,
        }


def _second(row: Wire) -> Wire:
    """Return a position as the second version of the service states it."""
    return {
        "proxy_wallet": row["proxyWallet"],
        "token_id": row["asset"],
        "condition_id": row["conditionId"],
        "current_size": row["size"],
        "avg_price": row["avgPrice"],
        "entry_cost_usdc": row["initialValue"],
        "entry_fees_usdc": 0,
        "total_cost_usdc": row["initialValue"],
        "current_price": row["curPrice"],
        "current_value": row["currentValue"],
        "total_size": row["totalBought"],
        "realized_pnl": row["realizedPnl"],
        "unrealized_pnl": row["cashPnl"],
        "total_pnl": row["cashPnl"] + row["realizedPnl"],
        "percent_pnl": row["percentPnl"],
        "percent_realized_pnl": row["percentRealizedPnl"],
        "status": "REDEEMABLE" if row["redeemable"] else "OPEN",
        "redeemable": row["redeemable"],
        "mergeable": row["mergeable"],
        "negative_risk": row["negativeRisk"],
        "archived": False,
        "verified": True,
        "title": row["title"],
        "slug": row["slug"],
        "event_slug": row["eventSlug"],
        "outcome": row["outcome"],
        "outcome_index": row["outcomeIndex"],
        "opposite_outcome": row["oppositeOutcome"],
        "opposite_token_id": row["oppositeAsset"],
        "end_date": row["endDate"],
    }


def _cut(found: list[Wire], request: web.Request) -> list[Wire]:
    start, size = int(_number(request.query.get("offset", "0"))), int(_number(request.query.get("limit", "100")))
    return found[start : start + min(size, MOST)]


def _number(text: str) -> float:
    if not (text.isascii() and text.replace(".", "", 1).isdecimal() and len(text) < 12):
        raise Refusal(400, "a number was expected")
    return float(text)
