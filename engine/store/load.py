"""What a session starts from: a ledger read, summed and held against everything that would show a change.

The structure of the file, the sum of all cash (zero), the settlement chain and its checkpoint are checked before
anything is handed out.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.contract import Contract
from engine.core.errors import ChainBroken, StoreDamaged
from engine.core.ids import FEES, YOU, AccountId, MarketId, VenueId
from engine.core.snapshot import (
    CashRow,
    HoldingRow,
    MarketRow,
    Snapshot,
    StrategyDayRow,
)
from engine.core.units import DAY, NO_MONEY, NOTHING, Leg, Money, Nanos, Qty, Side
from engine.portfolio.position import FLAT, NotHeld, Position
from engine.store import database, evidence, history, migrations, records, requests, strategies

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.store.checkpoint import Checkpoint

POT: Final = "pot:"
"""Prefix of the account that holds a market's cash."""
OUTSIDE: Final = "outside"
"""Account that deposits come from."""
AT: Final = "@"
"""In the name of an account on a venue: ``you@kalshi``, ``market@kalshi``, ``fees@kalshi``."""

ATTEMPTS: Final = "attempts:"
"""Prefix in `meta`, before a market's id."""

_contract = msgspec.json.Decoder(Contract)
_prior = msgspec.json.Decoder(tuple[float, ...])

RESTED: Final = 1
"""In `trades.via`: the side of who had rested."""

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
        `chain_ok` is False, `chain_why` says why and nothing else is different, when the settlement chain or its
        checkpoint does not hold: a record with a fault is left out of `settlements`. Of a chain that holds,
        `chain_why` says what nothing proves.

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
    found = records.chain_of(connection)
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    return msgspec.structs.replace(
        session,
        account_name=meta.get("account_name", session.account_name),
        cash=_cash(cash),
        markets=markets,
        holdings=_holdings(held),
        resting=history.resting(connection),
        next_place=connection.execute("SELECT COALESCE(MAX(place), 0) + 1 FROM resting").fetchone()[0],
        orders=requests.with_hedges(connection, history.orders(connection)),
        fills=history.fills(connection),
        settlements=evidence.settlements(connection, found),
        attempts=_attempts(meta, markets),
        readings=evidence.readings(connection, markets),
        pnl=history.pnl(connection),
        limits=tuple(
            (key.removeprefix("limit:"), Decimal(v)) for key, v in sorted(meta.items()) if key[:6] == "limit:"
        ),
        halted=meta.get("halted", ""),
        halted_why=meta.get("halted_why", ""),
        halted_at=Nanos(int(meta.get("halted_at") or 0)),
        reduce_only=meta.get("reduce_only", "") in ("1", "true"),
        chain_next=found.head[0],
        chain_head=found.head[1],
        chain_ok=not (why := _doubt(found, checkpoint)),
        chain_why=why or _unproved(found, checkpoint),
        next_order=history.next_order(connection),
        next_trade=connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM trades").fetchone()[0],
        salt=meta.get("salt", session.salt),
        listings=history.rosters(connection),
        quote_nonce=requests.nonce(connection),
        quotes=requests.quotes(connection),
        rfq_trades=requests.trades(connection),
        venue_cash=_venue_cash(cash),
        held=history.held(connection),
        unpriced=history.unpriced(connection),
        venue_fills=requests.with_legs(connection, history.venue_fills(connection)),
        strategies=strategies.switched(connection),
        parameters=strategies.parameters(connection),
        strategy_days=strategies.days(connection),
        strategy_held=strategies.held(connection),
        strategy_memory=strategies.memory(connection),
        journal=history.journal(connection),
        market_notes=evidence.market_notes(connection),
    )


def earned(path: Path) -> tuple[StrategyDayRow, ...]:
    """Return what strategies brought by the ledger of a paper desk; nothing of one that is not there, or no desk's.

    A ledger of another version tells nothing either: it is brought up to date when its own desk is opened.
    """
    if not path.is_file() or migrations.applied(path) != migrations.names():
        return ()
    with database.reader(path) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
        return strategies.days(connection) if found is not None and found[0] == "paper" else ()


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
    query = "SELECT market, account, outcome, leg, side, qty, cost, fee, after, via FROM trades ORDER BY seq"
    for market, account, outcome, leg, side, qty, cost, fee, after, via in connection.execute(query):
        key = (account, market, outcome, Leg(leg))
        change = (Qty(Decimal(qty)), history.money(cost), history.money(fee))
        before = held.get(key, FLAT)
        held[key] = before.bought(*change) if Side(side) is Side.BUY else before.sold(*change)
        if via == RESTED:
            continue  # the other side of the trade before it
        sum_of = traded.get(market, Traded())
        traded[market] = Traded(sum_of.trades + 1, Qty(sum_of.volume + change[0]), after)
    return held, traded


def _quick_check(path: Path, connection: sqlite3.Connection) -> None:
    found = [text for (text,) in connection.execute("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        msg = f"{path} is damaged: {'; '.join(found)[:300]}"
        raise StoreDamaged(msg)


def _doubt(found: records.Found, checkpoint: Checkpoint | None) -> str:
    """Return why the chain is not known to be the one that was sealed; nothing is known against it without a key."""
    if not found.ok:
        return f"record {found.first_bad} is not what was sealed"
    try:
        if checkpoint is not None:
            checkpoint.hold(found)
    except ChainBroken as e:
        return str(e)
    except OSError as e:
        return f"its checkpoint cannot be read ({e.strerror})"
    return ""


def _unproved(found: records.Found, checkpoint: Checkpoint | None) -> str:
    """Return that nothing proves a sound chain; the first record makes the checkpoint, so somebody took it away."""
    if checkpoint is None or not found.head.length or checkpoint.hold(found):
        return ""
    return "its checkpoint is gone: nothing shows that no record was cut off its end"


def _markets(
    connection: sqlite3.Connection,
    held: Held,
    traded: Mapping[MarketId, Traded],
    cash: Mapping[AccountId, Money],
) -> tuple[MarketRow, ...]:
    sold, organic = _sold(held), _organic(connection)
    payouts, fees_back = _payouts(connection), _fees_back(connection)
    columns = "id, contract, b, prior, fee_rate, created_at, status, winner, record, phase, kind, b_now, counted"
    query = f"SELECT {columns} FROM markets ORDER BY rowid"  # noqa: S608 - names of our own
    rows = []
    for market, contract, b, prior, fee_rate, created_at, status, winner, record, *hybrid in connection.execute(query):
        phase, kind, b_now, counted = hybrid
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
                payouts=payouts.get(market, ()) if status in evidence.ENDED_MARKETS else (),
                fees_back=fees_back.get(market, ()) if status in evidence.ENDED_MARKETS else (),
                phase=phase or 1,
                kind=kind or "",
                b_now=b_now,
                offset=() if counted is None else _prior.decode(counted),
                organic=tuple(organic.get(market, ())),
            )
        )
    return tuple(rows)


def _attempts(meta: Mapping[str, str], markets: Iterable[MarketRow]) -> tuple[tuple[MarketId, int], ...]:
    closed = (MarketId(row.contract.id) for row in markets if row.status == "closed")
    return tuple((market, int(meta[ATTEMPTS + market])) for market in closed if ATTEMPTS + market in meta)


def _organic(connection: sqlite3.Connection) -> dict[MarketId, list[tuple[Nanos, Qty]]]:
    """Return what people traded with each other in the day before the last trade, by market and oldest first."""
    found: dict[MarketId, list[tuple[Nanos, Qty]]] = {}
    query = f"""SELECT market, at, qty FROM trades
        WHERE via = {RESTED} AND at > (SELECT MAX(at) FROM trades) - {DAY} ORDER BY seq"""  # noqa: S608 - our own
    for market, at, qty in connection.execute(query):
        found.setdefault(market, []).append((Nanos(at), Qty(Decimal(qty))))
    return found


def _cash(balances: Mapping[AccountId, Money]) -> tuple[CashRow, ...]:
    """Return the accounts that can spend; pots belong to their markets, and the outside is not ours to count."""
    free = sorted((a, m) for a, m in balances.items() if a != OUTSIDE and AT not in a and not a.startswith(POT))
    return tuple(CashRow(account=account, amount=amount) for account, amount in free)


def _venue_cash(balances: Mapping[AccountId, Money]) -> tuple[tuple[VenueId, Money], ...]:
    """Return what our own double entry says we have on each venue: the accounts ``you@venue``."""
    ours = YOU + AT
    found = sorted((a.removeprefix(ours), m) for a, m in balances.items() if a.startswith(ours))
    return tuple((VenueId(venue), amount) for venue, amount in found)


def _payouts(connection: sqlite3.Connection) -> dict[MarketId, tuple[CashRow, ...]]:
    """Return what each account but the pot got of each settlement, net of what later rulings took back."""
    query = """SELECT ref, account, amount FROM cash
        WHERE kind IN ('payout', 'refund', 'remainder', 'clawback') ORDER BY seq"""
    return _sums(
        (m, account, amount) for m, account, amount in connection.execute(query) if not account.startswith(POT)
    )


def _fees_back(connection: sqlite3.Connection) -> dict[MarketId, tuple[CashRow, ...]]:
    """Return what each account got back in fees of each market that is void; a fee paid names its order instead."""
    query = "SELECT ref, account, amount FROM cash WHERE kind = 'fee' AND ref IN (SELECT id FROM markets) ORDER BY seq"
    return _sums((m, account, amount) for m, account, amount in connection.execute(query) if account != FEES)


def _sums(rows: Iterable[tuple[MarketId, AccountId, str]]) -> dict[MarketId, tuple[CashRow, ...]]:
    sums: dict[MarketId, dict[AccountId, Decimal]] = {}
    for market, account, amount in rows:
        sums.setdefault(market, defaultdict(Decimal))[account] += Decimal(amount)
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
