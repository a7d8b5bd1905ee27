"""Polymarket's trades on the sandbox floor: the meetings of one taker at one price, and what the chain makes of them.

A trade is MATCHED at once, MINED and CONFIRMED some time later; one in a while FAILS instead, and gives everybody back
what they had. Nothing here waits: what must happen later is handed to `later`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from engine.core.ids import POLYMARKET, AccountId
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.sandbox.floor_order import FillMade, Notice, Order, Traded, of_leg
from engine.sandbox.servers.polymarket_auth import checksum, keccak
from engine.sandbox.servers.polymarket_books import Wire, price_text, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.sandbox.floor import Floor
    from engine.sandbox.floor_account import Holding
    from engine.sandbox.servers.polymarket_auth import ApiKey
    from engine.sandbox.servers.polymarket_catalogue import Catalogue, PolyMarket

    Later = Callable[[float, Callable[[], None]], None]
    """Calls something after so many real seconds."""
    Tell = Callable[[str, Wire], None]
    """Takes the address of a wallet and what its user channel is told."""

MINED_S: Final = 0.3
CONFIRMED_S: Final = 0.8
KEPT: Final = 5_000
"""Trades among the crowd that are remembered."""


@dataclass(slots=True)
class Ticket:
    """What the venue keeps of an order beside the floor's own record."""

    id: str
    key: ApiKey
    maker: str
    token: str
    kind: str
    expiration: str
    market: PolyMarket
    placed: Nanos
    post_only: bool = False
    trades: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PolyTrade:
    """One taker met one or more orders at one price."""

    id: str
    execution: str
    market: PolyMarket
    price: Ticks
    """Of the first outcome."""
    taker: Order
    at: Nanos
    updated: Nanos
    makers: list[tuple[Order, Lots]] = field(default_factory=list)
    fills: list[FillMade] = field(default_factory=list)
    status: str = "MATCHED"
    hash: str = ""

    @property
    def lots(self) -> int:
        """Shares traded, in lots."""
        return sum(lots for _, lots in self.makers)

    def of(self, account: AccountId) -> bool:
        """Whether an account took part."""
        return self.taker.account == account or any(order.account == account for order, _ in self.makers)


class Trades:
    """All trades."""

    def __init__(self, floor: Floor, catalogue: Catalogue, tickets: Mapping[str, Ticket], later: Later) -> None:
        """Listen to a floor."""
        self.all: dict[str, PolyTrade] = {}
        """Of the wallets that ask here, oldest first."""
        self.crowd: deque[PolyTrade] = deque(maxlen=KEPT)
        """The last ones among the crowd."""
        self.listeners: list[Tell] = []
        self.failing = 0
        """So many of the next trades fail on the chain."""
        self._floor = floor
        self._catalogue = catalogue
        self._tickets = tickets
        self._later = later
        self._open: list[PolyTrade] = []
        floor.listeners.append(self._hear)

    def flush(self) -> None:
        """Close the trades that a placement has made, tell their wallets, and hand them to the chain."""
        closed, self._open = self._open, []
        for trade in closed:
            if not any(order.id in self._tickets for order in (trade.taker, *(o for o, _ in trade.makers))):
                trade.status, trade.hash = "CONFIRMED", transaction(trade.execution)  # nobody of the crowd waits
                self.crowd.append(trade)
                continue
            self.all[trade.id] = trade
            fails = self.failing > 0
            self.failing -= fails
            self._announce(trade)
            self._later(MINED_S, partial(self._settle, trade, "RETRYING" if fails else "MINED"))
            self._later(CONFIRMED_S, partial(self._settle, trade, "FAILED" if fails else "CONFIRMED"))

    def of(self, account: AccountId) -> list[PolyTrade]:
        """Return an account's trades, newest first."""
        return [trade for trade in reversed(self.all.values()) if trade.of(account)]

    def latest(self) -> list[PolyTrade]:
        """Return everybody's trades, newest first."""
        return sorted((*self.all.values(), *self.crowd), key=lambda trade: trade.at, reverse=True)

    def wire(self, trade: PolyTrade, account: AccountId) -> Wire:
        """Return a trade as one of its accounts is told of it; top-level price, size and side are the taker's."""
        taker, (owner, address) = trade.taker, self.owner(trade.taker)
        return {
            "id": trade.id,
            "taker_order_id": taker.id,
            "market": trade.market.condition,
            "asset_id": trade.market.token(taker.leg),
            "side": taker.side.name,
            "size": size_text(trade.lots),
            "fee_rate_bps": "0",
            "price": price_text(of_leg(taker.leg, trade.price)),
            "status": trade.status,
            "match_time": str(trade.at // 1_000_000_000),
            "last_update": str(trade.updated // 1_000_000_000),
            "outcome": trade.market.outcome(taker.leg),
            "bucket_index": 0,
            "owner": owner,
            "maker_address": address,
            "transaction_hash": trade.hash,
            "maker_orders": [self._maker(trade, order, lots) for order, lots in trade.makers],
            "trader_side": "TAKER" if taker.account == account else "MAKER",
        }

    # -- gathering -----------------------------------------------------------------------------------------

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Traded) and notice.instrument.venue == POLYMARKET:
            self._gather(notice)
        elif isinstance(notice, FillMade) and self._open and notice.execution == self._open[-1].execution:
            self._open[-1].fills.append(notice)

    def _gather(self, seen: Traded) -> None:
        last = self._open[-1] if self._open else None
        if last is None or last.execution != seen.execution or last.price != seen.price:
            last = self._begin(seen)
        last.makers.append((seen.maker, seen.lots))
        for order in (seen.taker, seen.maker):
            ticket = self._tickets.get(order.id)
            if ticket is not None and last.id not in ticket.trades:
                ticket.trades.append(last.id)

    def _begin(self, seen: Traded) -> PolyTrade:
        market = self._catalogue.by_id[seen.instrument]
        trade = PolyTrade(seen.trade_id, seen.execution, market, seen.price, seen.taker, seen.at, seen.at)
        self._later(0, self.flush)
        self._open.append(trade)
        return trade

    # -- the chain -----------------------------------------------------------------------------------------

    def _settle(self, trade: PolyTrade, status: str) -> None:
        if status == "FAILED" and not self._undo(trade):
            status = "CONFIRMED"
        if status in ("MINED", "CONFIRMED"):
            trade.hash = transaction(trade.execution)
        trade.status, trade.updated = status, max(self._floor.at, trade.updated)
        self._announce(trade)

    def _undo(self, trade: PolyTrade) -> bool:
        """Take back money and shares of a trade; False when somebody has already passed the shares on."""
        bought = [f for f in trade.fills if f.order.side is Side.BUY]
        if any(self._held(f).of(f.order.leg) < f.lots for f in bought):
            return False
        for fill in trade.fills:
            sign = 1 if fill.order.side is Side.BUY else -1
            held = self._held(fill)
            self._floor.accounts[fill.order.account].cash += fill.fee + sign * fill.cost
            self._floor.fees -= fill.fee
            held.fees -= fill.fee
            held.paid -= sign * fill.cost
            held.add(fill.order.leg, -sign * fill.lots)
        return True

    def _held(self, fill: FillMade) -> Holding:
        return self._floor.accounts[fill.order.account].holding(fill.order.instrument)

    def _announce(self, trade: PolyTrade) -> None:
        """Tell every wallet that took part; the crowd has none."""
        told = {t.key.address for o in (trade.taker, *(o for o, _ in trade.makers)) if (t := self._tickets.get(o.id))}
        for address in told:
            frame = self.wire(trade, AccountId(address))
            stamp = str(trade.updated // 1_000_000)
            frame |= {"event_type": "trade", "type": "TRADE", "trade_owner": frame["owner"], "timestamp": stamp}
            for listener in self.listeners:
                listener(address, frame)

    # -- who -----------------------------------------------------------------------------------------------

    def _maker(self, trade: PolyTrade, order: Order, lots: Lots) -> Wire:
        owner, address = self.owner(order)
        return {
            "order_id": order.id,
            "owner": owner,
            "maker_address": address,
            "matched_amount": size_text(lots),
            "price": price_text(of_leg(order.leg, trade.price)),
            "fee_rate_bps": "0",
            "asset_id": trade.market.token(order.leg),
            "outcome": trade.market.outcome(order.leg),
            "side": order.side.name,
        }

    def owner(self, order: Order) -> tuple[str, str]:
        """Return the API key and the wallet behind an order; the crowd has made-up ones."""
        ticket = self._tickets.get(order.id)
        if ticket is not None:
            return ticket.key.key, ticket.maker
        name = keccak(str(order.account).encode()).hex()
        return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:32]}", address_of(order.account)


def address_of(account: AccountId) -> str:
    """Return the wallet of an account: its own name, or one made up for the crowd."""
    return str(account) if account.startswith("0x") else checksum("0x" + keccak(account.encode())[12:].hex())


def transaction(execution: str) -> str:
    """Return the hash of the transaction that settles an execution, all its trades together."""
    return "0x" + keccak(execution.encode()).hex()
