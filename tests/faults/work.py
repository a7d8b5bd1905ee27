"""What a busy exchange asks the store to keep, without the exchange: trades, orders, fills, cash, settlements.

Every keep is whole in itself: its cash sums to zero, and what it says stands in its own rows, so that after a crash
a test can tell from the ledger alone which keeps are there and that none is there by half.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from engine.core.contract import Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.effects import Row
from engine.core.ids import Cell, StationId
from engine.core.snapshot import Snapshot
from engine.core.units import HOUR, SECOND, Nanos
from engine.oracle import chain

if TYPE_CHECKING:
    from collections.abc import Mapping

Rows = tuple[Row, ...]

START = Nanos(1_782_000_000 * SECOND)
MARKET = "ATMX-872664c1effffff-PRECIP-2P5MM-20260703"
CONTRACT = Contract(
    id=MARKET,
    title="CHI rain > 2.5 mm",
    place="Chicago",
    metric=Metric.PRECIPITATION,
    unit=Unit.MM,
    cell=Cell("872664c1effffff"),
    stations=(EvidenceStation(id=StationId("KMDW"), km=Decimal("3.10"), weight=Decimal(1)),),
    tier=Tier.A,
    opens=START,
    closes=Nanos(START + 24 * HOUR),
    threshold=Decimal("2.5"),
)
SESSION = Snapshot(profile="test", mode="paper", account_name="Test")
ACCOUNTS = ("you", "sim-01", "sim-02", "sim-03")
POT = f"pot:{MARKET}"


def cash(at: int, ref: str, *lines: tuple[str, str, str]) -> Rows:
    """Return double entry lines of (account, amount, kind)."""
    return tuple(
        Row("cash", {"at": at, "account": account, "amount": amount, "kind": kind, "ref": ref})
        for account, amount, kind in lines
    )


def market_row(status: str = "open", winner: int | None = None, record: int | None = None) -> Row:
    """Return the market's row."""
    values: dict[str, str | int | float | None] = {
        "id": MARKET,
        "contract": msgspec.json.encode(CONTRACT).decode(),
        "b": 100.0,
        "prior": "[0.5,0.5]",
        "fee_rate": "0",
        "created_at": START,
        "status": status,
        "winner": winner,
        "record": record,
        "phase": 1,
        "kind": None,
        "b_now": None,
        "counted": None,
    }
    return Row("markets", values)


def opening() -> Rows:
    """Return deposits, the market and its subsidy."""
    deposits = [line for a in ACCOUNTS for line in ((a, "100000", "deposit"), ("outside", "-100000", "deposit"))]
    house = (("house", "100000", "deposit"), ("outside", "-100000", "deposit"))
    subsidy = (("house", "-69.314719", "subsidy"), (POT, "69.314719", "subsidy"))
    return (*cash(START, "", *deposits, *house), market_row(), *cash(START, MARKET, *subsidy))


class Work:
    """Makes keeps one after the other, going on from where a ledger stands.

    Parameters
    ----------
    seed : int
        Same seed and snapshot, same keeps.
    known : Snapshot
        As `load` returned it.
    settle : float in [0, 1]
        How many of the keeps are settlement records.
    """

    def __init__(self, seed: int, known: Snapshot, settle: float = 0.1) -> None:
        self._chance = random.Random(seed)
        self._settle = settle
        self.trade = known.next_trade
        self.link = known.chain_next
        self.head = known.chain_head

    def next(self) -> tuple[Rows, str]:
        """Return the next keep's rows and its `then`."""
        return self.settlement() if self._chance.random() < self._settle else self.bought()

    def bought(self) -> tuple[Rows, str]:
        """Return a purchase, as the kernel writes one."""
        seq, account = self.trade, self._chance.choice(ACCOUNTS)
        self.trade += 1
        at = START + seq * SECOND
        qty = Decimal(self._chance.randint(1, 40_000_000)).scaleb(-6)
        cost = (qty / 2).quantize(Decimal("0.000001"))
        order = f"o-{seq:06d}"
        rows = (
            *cash(at, order, (account, f"-{cost:f}", "cost"), (POT, f"{cost:f}", "cost")),
            Row(
                "trades",
                {
                    "seq": seq, "at": at, "market": MARKET, "account": account, "outcome": 0, "leg": "YES",
                    "side": "buy", "qty": f"{qty:f}", "cost": f"{cost:f}", "fee": "0", "order_id": order,
                    "intent": f"i-{seq}", "before": 5_000, "after": 5_001,
                },
            ),
            order_row(seq, at, "filled", filled=f"{qty:f}"),
            Row(
                "fills",
                {
                    "trade_id": f"x-{seq:06d}", "order_id": order, "at": at, "venue": "lmsr", "symbol": f"{MARKET}/0",
                    "side": "buy", "leg": "YES", "price": "0.5", "qty": f"{qty:f}", "cost": f"{cost:f}", "fee": "0",
                    "realised": "0", "slippage": None, "tag": "",
                },
            ),
        )  # fmt: skip
        return rows, f"t:{seq}"

    def settlement(self, **changes: object) -> tuple[Rows, str]:
        """Return a settlement record with the payment that belongs to it."""
        seq = self.link
        sealed = chain.seal(seq, self.head, payload(seq) | changes)
        self.link, self.head = sealed.seq + 1, sealed.hash
        at = START + seq * SECOND
        rows = (
            Row("settlements", {"seq": sealed.seq, "prev": sealed.prev, "hash": sealed.hash, "body": sealed.body}),
            *cash(at, f"s-{seq}", ("you", "0.25", "payout"), ("house", "-0.25", "payout")),
        )
        return rows, f"s:{seq}"


def payload(number: int) -> dict[str, object]:
    """Return the payload of a settlement record."""
    return {
        "contract_id": MARKET, "title": CONTRACT.title, "contract": {"threshold": "2.5"}, "market": MARKET,
        "settled_at": "2026-07-04T06:00:00Z", "outcome": "YES", "winner": 0, "reason": None,
        "detail": f"record {number}", "observed_value": "3.1", "threshold": "2.5", "unit": "mm", "stations": [],
        "evidence": [
            {"station": "KMDW", "measured_at": START, "kind": "routine", "source": "IEM", "raw": f"METAR KMDW {number}"}
        ],
        "payouts": [{"account": "you", "amount": "0.25"}], "supersedes": None, "ruled_by": None, "code_version": "test",
    }  # fmt: skip


def order_row(number: int, at: int, status: str, **changes: str | int | float | None) -> Row:
    """Return an order's whole row."""
    values: dict[str, str | int | float | None] = {
        "id": f"o-{number:06d}", "intent": f"i-{number}", "at": at, "venue": "lmsr", "symbol": f"{MARKET}/0",
        "side": "buy", "leg": "YES", "price": None, "qty": "1", "budget": None, "tif": "IOC", "origin": "hand",
        "tag": "", "status": status, "filled": "0", "average": None, "fee": "0", "edge": 1.5, "why": "",
        "mode": "paper",
        "client": None,
        "venue_order": None,
        "until": None,
        "post_only": None,
        "reduce_only": None,
        "strategy": None,
    }  # fmt: skip
    return Row("orders", values | changes)


def amounts(known: Snapshot) -> Mapping[str, Decimal]:
    """Return free cash by account."""
    return {row.account: row.amount for row in known.cash}
