"""What a session starts from: a ledger read, summed and held against everything that would show a change.

The structure of the file, the sum of all cash (zero), the settlement chain and its checkpoint are checked before
anything is handed out.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.contract import Contract, StationValue, Verdict
from engine.core.errors import ChainBroken, StoreDamaged
from engine.core.ids import YOU, AccountId, InstrumentId, MarketId, OrderId, VenueId
from engine.core.order import ENDS, Status
from engine.core.reading import Reading
from engine.core.snapshot import (
    CashRow,
    FillRow,
    HoldingRow,
    MarketRow,
    OrderRow,
    PnlPoint,
    SettlementRow,
    Snapshot,
)
from engine.core.units import DAY, HOUR, NO_MONEY, NOTHING, Leg, Money, Nanos, Qty, Side
from engine.core.when import instant
from engine.portfolio.position import FLAT, NotHeld, Position
from engine.store import database, ledger

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.store.checkpoint import Checkpoint

ORDERS: Final = 100
"""Ended orders a session starts with."""
FILLS: Final = 200
POINTS: Final = 5_000
POINTS_OF: Final = 9 * DAY
"""How far back the last point of each hour is read: more than a week and the day it began in."""
OVER: Final = 40
"""Settled markets whose reports a session starts with: a ruling seals them once more."""
ENDED_MARKETS: Final = ("settled", "void")
POT: Final = "pot:"
"""Prefix of the account that holds a market's cash."""
OUTSIDE: Final = "outside"
"""Account that deposits come from."""

_contract = msgspec.json.Decoder(Contract)
_prior = msgspec.json.Decoder(tuple[float, ...])
_reading = msgspec.json.Decoder(Reading)

Held = dict[tuple[AccountId, MarketId, int, Leg], Position]


def load(path: Path, session: Snapshot, *, checkpoint: Checkpoint | None = None) -> Snapshot:
    """Return `session` with everything the ledger knows filled in.

    Parameters
    ----------
    path : Path
        A ledger of today's schema (`migrations.apply`).
    session : Snapshot
        Profile, mode, account name and whatever else does not come from the ledger.
    checkpoint : Checkpoint or None
        What the chain is held against; None where no key is known.

    Returns
    -------
    Snapshot
        `chain_ok` is False, and nothing else is different, when the settlement chain or its checkpoint does not
        hold: a record with a fault is left out of `settlements`.

    Raises
    ------
    StoreDamaged
        If the file's structure, the sum of all cash or a value in a row is not sound.
    StoreError
        If it cannot be read.
    """
    with database.reader(path) as connection:
        _quick_check(path, connection)
        connection.execute("BEGIN")  # all of it as it was at one moment
        try:
            return _filled(connection, session, checkpoint)
        except (InvalidOperation, ValueError, TypeError, KeyError, NotHeld, msgspec.MsgspecError) as e:
            msg = f"{path} is not what was written ({type(e).__name__}: {e})"
            raise StoreDamaged(msg) from e


def _filled(connection: sqlite3.Connection, session: Snapshot, checkpoint: Checkpoint | None) -> Snapshot:
    cash = balances(connection)
    held, traded = positions(connection)
    markets = _markets(connection, held, traded, cash)
    found = ledger.chain_of(connection)
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    return msgspec.structs.replace(
        session,
        account_name=meta.get("account_name", session.account_name),
        cash=_cash(cash),
        markets=markets,
        holdings=_holdings(held),
        orders=_orders(connection),
        fills=_fills(connection),
        settlements=_settlements(connection, found),
        readings=_readings(connection, markets),
        pnl=_pnl(connection),
        limits=tuple(
            (key.removeprefix("limit:"), Decimal(v)) for key, v in sorted(meta.items()) if key[:6] == "limit:"
        ),
        halted=meta.get("halted", ""),
        halted_why=meta.get("halted_why", ""),
        halted_at=Nanos(int(meta.get("halted_at") or 0)),
        reduce_only=meta.get("reduce_only", "") in ("1", "true"),
        chain_next=found.head[0],
        chain_head=found.head[1],
        chain_ok=found.ok and _holds(found, checkpoint),
        next_order=_next_order(connection),
        next_trade=connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM trades").fetchone()[0],
    )


def balances(connection: sqlite3.Connection) -> dict[AccountId, Money]:
    """Return the cash of every account, pots included.

    Raises
    ------
    StoreDamaged
        If all cash does not sum to zero: then some row is not what was written.
    """
    sums: dict[AccountId, Decimal] = defaultdict(Decimal)
    for account, amount in connection.execute("SELECT account, amount FROM cash ORDER BY seq"):
        sums[account] += Decimal(amount)
    if total := sum(sums.values(), Decimal(0)):
        msg = f"the cash of all accounts sums to {total:f}, not to zero"
        raise StoreDamaged(msg)
    return {account: Money(amount) for account, amount in sums.items()}


class Traded(NamedTuple):
    """What all trades of one market come to."""

    trades: int = 0
    volume: Qty = NOTHING
    last: int | None = None
    """Price of YES after the last, in ticks."""


def positions(connection: sqlite3.Connection) -> tuple[Held, dict[MarketId, Traded]]:
    """Fold all trades at average cost, by (account, market, outcome, leg) and by market; flat positions included."""
    held: Held = {}
    traded: dict[MarketId, Traded] = {}
    query = "SELECT market, account, outcome, leg, side, qty, cost, fee, after FROM trades ORDER BY seq"
    for market, account, outcome, leg, side, qty, cost, fee, after in connection.execute(query):
        key = (account, market, outcome, Leg(leg))
        change = (Qty(Decimal(qty)), money(cost), money(fee))
        before = held.get(key, FLAT)
        held[key] = before.bought(*change) if Side(side) is Side.BUY else before.sold(*change)
        sum_of = traded.get(market, Traded())
        traded[market] = Traded(sum_of.trades + 1, Qty(sum_of.volume + change[0]), after)
    return held, traded


def money(text: str) -> Money:
    """Return a sum of money from the text it is kept as."""
    return Money(Decimal(text))


def _quick_check(path: Path, connection: sqlite3.Connection) -> None:
    found = [text for (text,) in connection.execute("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        msg = f"{path} is damaged: {'; '.join(found)[:300]}"
        raise StoreDamaged(msg)


def _holds(found: ledger.Found, checkpoint: Checkpoint | None) -> bool:
    """Whether the chain is the one that was sealed; nothing is known against it without a key."""
    if checkpoint is None:
        return True
    try:
        checkpoint.hold(found)
    except ChainBroken:
        return False
    return True


def _markets(
    connection: sqlite3.Connection,
    held: Held,
    traded: Mapping[MarketId, Traded],
    cash: Mapping[AccountId, Money],
) -> tuple[MarketRow, ...]:
    sold, payouts = _sold(held), _payouts(connection)
    query = "SELECT id, contract, b, prior, fee_rate, created_at, status, winner, record FROM markets ORDER BY rowid"
    rows = []
    for market, contract, b, prior, fee_rate, created_at, status, winner, record in connection.execute(query):
        terms = _contract.decode(contract)
        past = traded.get(market, Traded())
        rows.append(
            MarketRow(
                contract=terms,
                b=b,
                prior=_prior.decode(prior),
                fee_rate=Decimal(fee_rate),
                created_at=created_at,
                status=status,
                sold=_sold_of(terms, sold.get(market, {})),
                pot=cash.get(AccountId(POT + market), NO_MONEY),
                winner=winner,
                record=record,
                trades=past.trades,
                last_ticks=past.last,
                volume=past.volume,
                payouts=payouts.get(market, ()) if status in ENDED_MARKETS else (),
            )
        )
    return tuple(rows)


def _cash(balances: Mapping[AccountId, Money]) -> tuple[CashRow, ...]:
    """Return the accounts that can spend; pots belong to their markets, and the outside is not ours to count."""
    free = sorted((a, m) for a, m in balances.items() if a != OUTSIDE and not a.startswith(POT))
    return tuple(CashRow(account=account, amount=amount) for account, amount in free)


def _payouts(connection: sqlite3.Connection) -> dict[MarketId, tuple[CashRow, ...]]:
    """Return what each account but the pot got of each settlement, net of what later rulings took back."""
    sums: dict[MarketId, dict[AccountId, Decimal]] = {}
    query = """SELECT ref, account, amount FROM cash
        WHERE kind IN ('payout', 'refund', 'remainder', 'clawback') ORDER BY seq"""
    for market, account, amount in connection.execute(query):
        if not account.startswith(POT):
            accounts = sums.setdefault(market, defaultdict(Decimal))
            accounts[account] += Decimal(amount)
    return {
        market: tuple(CashRow(account=a, amount=Money(m)) for a, m in sorted(accounts.items()))
        for market, accounts in sums.items()
    }


def _sold(held: Held) -> dict[MarketId, dict[tuple[int, Leg], Decimal]]:
    """Return the shares of each leg that all accounts together hold, by market."""
    sold: dict[MarketId, dict[tuple[int, Leg], Decimal]] = {}
    for (_, market, outcome, leg), position in held.items():
        legs = sold.setdefault(market, defaultdict(Decimal))
        legs[outcome, leg] += position.qty
    return sold


def _sold_of(contract: Contract, legs: Mapping[tuple[int, Leg], Decimal]) -> tuple[Qty, ...]:
    """Fold the legs as the market does: NO of several outcomes is minus one YES; of two, it is the other one."""
    if not contract.brackets:
        return (Qty(legs.get((0, Leg.YES), NOTHING)), Qty(legs.get((0, Leg.NO), NOTHING)))
    return tuple(
        Qty(legs.get((i, Leg.YES), NOTHING) - legs.get((i, Leg.NO), NOTHING)) for i in range(len(contract.brackets))
    )


def _holdings(held: Held) -> tuple[HoldingRow, ...]:
    return tuple(
        HoldingRow(
            account=account,
            market=market,
            outcome=outcome,
            leg=leg,
            qty=position.qty,
            cost=position.cost,
            realised=position.realised,
            fees=position.fees,
        )
        for (account, market, outcome, leg), position in held.items()
    )


def _money(text: str | None) -> Money | None:
    return None if text is None else money(text)


def _orders(connection: sqlite3.Connection) -> tuple[OrderRow, ...]:
    """Return all orders that are not ended and the last that are, oldest first."""
    ended = ", ".join(f"'{status.value}'" for status in sorted(ENDS, key=lambda s: s.value))
    columns = (
        "id, intent, at, venue, symbol, side, leg, price, qty, budget, tif, origin, status, filled, average, fee, why, "
        "tag, edge"
    )
    query = f"""SELECT {columns} FROM (
        SELECT rowid AS place, * FROM orders WHERE status NOT IN ({ended})
        UNION ALL SELECT * FROM (
            SELECT rowid AS place, * FROM orders WHERE status IN ({ended}) ORDER BY rowid DESC LIMIT {ORDERS}
        )
    ) ORDER BY place"""  # noqa: S608 - names of our own
    return tuple(_order(*row) for row in connection.execute(query))


def _order(
    order: str, intent: str, at: int, venue: str, symbol: str, side: str, leg: str, price: int | None, qty: str | None,
    budget: str | None, tif: str, origin: str, status: str, filled: str, average: str | None, fee: str, why: str,
    tag: str, edge: float | None,
) -> OrderRow:  # fmt: skip
    return OrderRow(
        id=OrderId(order),
        intent=intent,
        at=Nanos(at),
        instrument=InstrumentId(VenueId(venue), symbol),
        side=Side(side),
        leg=Leg(leg),
        price=price,
        qty=None if qty is None else Qty(Decimal(qty)),
        budget=_money(budget),
        tif=tif,
        origin=origin,
        status=Status(status).value,
        filled=Qty(Decimal(filled)),
        average=None if average is None else Decimal(average),
        fee=money(fee),
        why=why,
        tag=tag,
        edge=edge,
    )


def _fills(connection: sqlite3.Connection) -> tuple[FillRow, ...]:
    """Return the last fills, oldest first."""
    columns = "trade_id, order_id, at, venue, symbol, side, leg, price, qty, cost, fee, realised, slippage, tag"
    query = f"SELECT {columns} FROM fills ORDER BY rowid DESC LIMIT {FILLS}"  # noqa: S608 - names of our own
    rows = connection.execute(query).fetchall()
    return tuple(
        FillRow(
            trade_id=trade_id,
            order=OrderId(order),
            at=Nanos(at),
            instrument=InstrumentId(VenueId(venue), symbol),
            side=Side(side),
            leg=Leg(leg),
            price=Decimal(price),
            qty=Qty(Decimal(qty)),
            cost=money(cost),
            fee=money(fee),
            realised=money(realised),
            slippage=slippage,
            tag=tag,
        )
        for trade_id, order, at, venue, symbol, side, leg, price, qty, cost, fee, realised, slippage, tag in rows[::-1]
    )


def _readings(connection: sqlite3.Connection, markets: Iterable[MarketRow]) -> tuple[Reading, ...]:
    """Return the reports that markets not yet settled may need, and the last ones settled if ruled, oldest first."""
    rows = list(markets)
    over = sorted((m for m in rows if m.status in ENDED_MARKETS), key=lambda m: -(m.record or 0))
    since: dict[str, int] = {}
    for market in (*(m for m in rows if m.status not in ENDED_MARKETS), *over[:OVER]):
        for station in market.contract.stations:
            opens = market.contract.opens - DAY
            since[station.id] = min(opens, since.get(station.id, opens))
    query = "SELECT measured_at, body FROM readings WHERE station = ? AND measured_at >= ? ORDER BY measured_at, rowid"
    found = [row for station in sorted(since) for row in connection.execute(query, (station, since[station]))]
    return tuple(_reading.decode(body) for _, body in sorted(found, key=lambda row: row[0]))


def _pnl(connection: sqlite3.Connection) -> tuple[PnlPoint, ...]:
    """Return the last points of our result, and the last of each hour that a week's result is counted from."""
    query = f"""SELECT at, realised, unrealised, fees FROM pnl
        WHERE at >= (SELECT MIN(at) FROM (SELECT at FROM pnl ORDER BY at DESC LIMIT {POINTS}))
        OR at IN (
            SELECT MAX(at) FROM pnl WHERE at >= (SELECT MAX(at) FROM pnl) - {POINTS_OF} GROUP BY at / {HOUR}
        ) ORDER BY at"""  # noqa: S608 - numbers
    rows = connection.execute(query).fetchall()
    return tuple(
        PnlPoint(
            at=Nanos(at),
            realised=money(realised),
            unrealised=money(unrealised),
            fees=money(fees),
        )
        for at, realised, unrealised, fees in rows
    )


def _next_order(connection: sqlite3.Connection) -> int:
    """Return the first number no order of ours has had; ids are a prefix, a dash and a number."""
    numbers = [order.rpartition("-")[2] for (order,) in connection.execute("SELECT id FROM orders")]
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def _settlements(connection: sqlite3.Connection, found: ledger.Found) -> tuple[SettlementRow, ...]:
    """Return the settlement records that hold, in order, read from their sealed bodies."""
    sound = found.head.length if found.first_bad is None else found.first_bad
    query = "SELECT seq, prev, hash, body FROM settlements ORDER BY seq LIMIT ?"
    return tuple(_settlement(*row) for row in connection.execute(query, (sound,)))


def _settlement(seq: int, prev: str, hashed: str, body: str) -> SettlementRow:
    payload = msgspec.json.decode(body)["payload"]
    observed, spread = payload["observed_value"], payload.get("spread")
    verdict = Verdict(
        outcome=payload["outcome"],
        winner=payload["winner"],
        reason=payload["reason"],
        detail=payload["detail"],
        value=None if observed is None else Decimal(observed),
        stations=msgspec.convert(payload["stations"], tuple[StationValue, ...], strict=False),
        spread=None if spread is None else Decimal(spread),
    )
    return SettlementRow(
        seq=seq,
        prev=prev,
        hash=hashed,
        at=instant(payload["settled_at"]),
        market=MarketId(payload["market"]),
        title=payload["title"],
        verdict=verdict,
        paid=Money(sum((money(p["amount"]) for p in payload["payouts"] if p["account"] == YOU), Decimal(0))),
        supersedes=payload["supersedes"],
    )
