"""The embedded exchange as an operator answers for it: what it can pay, who holds much, whose trades look odd."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import HOUSE, embedded
from engine.core.units import NO_MONEY
from engine.exchange.market import ENDED
from engine.kernel.project import names
from engine.views.oversight import OversightLine, OversightView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.units import Money
    from engine.exchange.market import Market
    from engine.kernel.state import State

REPORTABLE: Final = Decimal("0.25")
"""A position is reported from this share of the most that one account may hold in a cell on."""
NEAR: Final = 0.8
_ORDER: Final = {"LOOK": 0, "NEAR": 1, "OK": 2}
_HELP: Final = {
    "ROUND_TRIPS": "Bought and sold again and again, and left with nothing: turnover without a purpose of its own.",
    "WITHDRAWN": "Orders that stood for seconds only, while the account traded the other way.",
}


def view(state: State) -> OversightView:
    """Return what is watched now."""
    rows = [*_conduct(state), *_positions(state), *_means(state)]
    rows.sort(key=lambda row: _ORDER[row.state])
    return OversightView(rows=tuple(rows), flags=sum(row.state == "LOOK" for row in rows))


def _means(state: State) -> Iterator[OversightLine]:
    """Whether the house can pay whatever comes."""
    exchange = state.exchange
    cash = exchange.cash.get(HOUSE, NO_MONEY)
    owed = sum((_dearest(m) - m.pot for m in exchange.markets.values() if m.status not in ENDED), Decimal(0))
    pots = sum((m.pot for m in exchange.markets.values()), Decimal(0))
    subsidies, limit = exchange.subsidies(), exchange.rules.subsidy_limit
    yield _line("House funds", f"${cash:,.2f}", "at least $0", 0.0 if cash >= 0 else 1.0, "What the house holds free.")
    yield _line(
        "Dearest outcomes over their pots", f"${max(owed, Decimal(0)):,.2f}", "$0.00", 0.0 if owed <= 0 else 1.0,
        f"What open markets would pay if each came out as dear as it can, less ${pots:,.2f} in their pots.",
    )  # fmt: skip
    yield _line(
        "Worst-case subsidies", f"${subsidies:,.2f}", f"${limit:,.0f}", float(subsidies / limit) if limit else None,
        "What the house can lose on all open markets together; it was put into their pots when they were listed.",
    )  # fmt: skip
    held = sum(market.status == "disputed" for market in exchange.markets.values())
    yield _line("Disputed markets", str(held), "0", 1.0 if held else 0.0, "Nothing is paid before they are ruled.")


def _dearest(market: Market) -> Money:
    """Return what the outcome pays that costs most."""
    return max((market.liability(k) for k in range(len(market.prior))), default=NO_MONEY)


def _line(who: str, measured: str, bar: str, share: float | None, words: str) -> OversightLine:
    state = "OK" if share is None or share < NEAR else "NEAR" if share < 1.0 else "LOOK"
    return OversightLine(
        kind="MEANS", state=state, who=who, where="", measured=measured, bar=bar, share=share, at=None, help=words
    )


def _positions(state: State) -> Iterator[OversightLine]:
    """Accounts that hold much in a cell."""
    most = state.exchange.rules.max_cell
    for account in sorted({account for market in state.exchange.markets.values() for account in market.stakes}):
        for cell, net in state.exchange.exposures(account).items():
            share = abs(net) / most
            if share >= REPORTABLE:
                yield OversightLine(
                    kind="POSITION", state="NEAR" if share >= Decimal(str(NEAR)) else "OK", who=str(account),
                    where=str(cell), measured=f"{net:+,.2f}", bar=f"{most:,.0f}", share=float(share), at=None,
                    help=f"YES less NO shares in a cell, from {REPORTABLE:.0%} of the limit on.",
                )  # fmt: skip


def _conduct(state: State) -> Iterator[OversightLine]:
    for flag in state.conduct.flags(state.now):
        yield OversightLine(
            kind=flag.kind, state="LOOK", who=str(flag.account),
            where=names.instrument(state, embedded(flag.market, flag.outcome)), measured=flag.text, bar=str(flag.bar),
            share=None, at=flag.at, help=_HELP[flag.kind],
        )  # fmt: skip
