"""Every table of the ledger: its columns, its key, and what becomes of a row whose key is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


class Rule(Enum):
    """What happens to a row whose key is known."""

    INSERT = ""
    """It is refused: what was booked stays as it was booked."""
    UPSERT = "ON CONFLICT ({key}) DO UPDATE SET {sets}"
    """It replaces what its columns held."""
    IGNORE = "ON CONFLICT DO NOTHING"
    """It is the same thing told twice, and counts once."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the ledger."""

    rule: Rule
    key: tuple[str, ...]
    columns: tuple[str, ...]
    optional: frozenset[str]
    money: frozenset[str]
    """Columns that hold decimal strings."""
    seldom: int
    """How many columns at the end may be NULL: those that few rows have."""

    def insert(self, name: str, values: Sequence[str]) -> str:
        """Return the statement that puts in a whole row, made of these expressions."""
        return f"INSERT INTO {name} ({', '.join(self.columns)}) VALUES ({', '.join(values)}) {self.tail()}"  # noqa: S608 - ours

    def tail(self) -> str:
        """Return what the rule adds to the end of that."""
        sets = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c not in self.key)
        return self.rule.value.format(key=", ".join(self.key), sets=sets)


def _table(rule: Rule, key: str, columns: str, optional: str = "", money: str = "") -> Table:
    names, may_lack = tuple(columns.split()), frozenset(optional.split())
    seldom = next((i for i, name in enumerate(reversed(names)) if name not in may_lack), len(names))
    return Table(rule, tuple(key.split()), names, may_lack, frozenset(money.split()), seldom)


TABLES: Final[dict[str, Table]] = {
    "meta": _table(Rule.UPSERT, "key", "key value"),
    "cash": _table(Rule.INSERT, "seq", "seq at account amount kind ref", "seq", "amount"),
    "markets": _table(
        Rule.UPSERT,
        "id",
        "id contract b prior fee_rate created_at status winner record phase kind b_now counted",
        "winner record phase kind b_now counted",
        "fee_rate",
    ),
    "trades": _table(
        Rule.INSERT,
        "seq",
        "seq at market account outcome leg side qty cost fee order_id intent before after via",
        "via",
        "qty cost fee",
    ),
    "orders": _table(
        Rule.UPSERT,
        "id",
        "id intent at venue symbol side leg price qty budget tif origin tag status filled average fee edge why mode "
        "client venue_order until post_only reduce_only strategy",
        "price qty budget average edge client venue_order until post_only reduce_only strategy",
        "qty budget filled average fee",
    ),
    "fills": _table(
        Rule.IGNORE,
        "trade_id",
        "trade_id order_id at venue symbol side leg price qty cost fee realised slippage tag nets maker",
        "slippage nets maker",
        "price qty cost fee realised",
    ),
    "resting": _table(
        Rule.UPSERT,
        "order_id",
        "order_id place at account market outcome leg side price qty reserved until",
        "until",
        "qty reserved",
    ),
    "settlements": _table(Rule.INSERT, "seq", "seq prev hash body"),
    "readings": _table(Rule.UPSERT, "station measured_at kind source raw", "station measured_at kind source raw body"),
    "pnl": _table(Rule.UPSERT, "at", "at realised unrealised fees", money="realised unrealised fees"),
    "listings": _table(Rule.UPSERT, "family", "family body"),
    "strategies": _table(Rule.UPSERT, "name", "name state halted halted_at"),
    "parameters": _table(Rule.UPSERT, "strategy name", "strategy name value"),
    "strategy_days": _table(
        Rule.UPSERT,
        "strategy day",
        "strategy day realised fees fills orders asked blind halts",
        "asked blind halts",
        "realised fees",
    ),
    "journal": _table(
        Rule.UPSERT,
        "order_id",
        "order_id at who venue symbol side leg price qty fair market edge book_age report_age reason average filled "
        "fee later close paid settled_at note tags",
        "price qty fair market edge book_age report_age average later close paid settled_at",
        "qty filled fee",
    ),
    "market_notes": _table(Rule.UPSERT, "market", "market at note"),
    "features": _table(Rule.IGNORE, "family at strategy", "family at strategy body"),
    "strategy_memory": _table(Rule.UPSERT, "strategy name", "strategy name at body"),
    "rfq_quotes": _table(Rule.UPSERT, "client", "client trace at status body sums", "sums"),
    "rfq_trades": _table(Rule.UPSERT, "key", "key trace client at state body"),
    "traces": _table(Rule.INSERT, "seq", "seq trace at what text", "seq"),
    "strategy_held": _table(
        Rule.UPSERT, "strategy venue symbol leg", "strategy venue symbol leg qty cost quoted", "quoted", "qty cost"
    ),
}
"""Every table of the ledger. `migrations` holds the same as SQL, and a test holds them together."""
WIDTH: Final = max(len(table.columns) for table in TABLES.values())
