"""What the gates look at: one order, and the state it would meet, as plain numbers.

The kernel fills a probe from its state in the last step before an order is let through; the self-test and the
tests fill it by hand. A reference that is missing is None, and a gate that needs it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.units import NO_MONEY, Money, Nanos, Qty

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.instrument import Band
    from engine.risk.derivative_probe import Reach


@dataclass(slots=True)
class Probe:
    """One order and what it meets."""

    place: Place
    at: Nanos
    pressed_at: Nanos
    mode: str = "paper"
    storage_ok: bool = True
    chain_ok: bool = True
    halted: str = ""
    """Who or what halted trading; empty when nothing did."""
    reduce_only: bool = False
    reducing: bool = False
    """The order makes a position smaller, and what could be lost no larger."""
    status: str | None = "open"
    """Of the market; None when it is not known."""
    closes: Nanos | None = None
    declined: str = ""
    """Why the market itself would not trade it, as a code; empty when it would."""
    declined_text: str = ""
    qty: Qty | None = None
    """What would trade."""
    cost: Money | None = None
    """What it would cost (a sale: bring), before the fee; never negative."""
    fee: Money | None = None
    cash: Money | None = None
    duplicates: int = 0
    """Like orders within the limit of DUPLICATE."""
    last_2s: int = 0
    last_minute: int = 0
    open_orders: int = 0
    unknown: int = 0
    """Orders in this market whose outcome is not known."""
    crossing: int = 0
    """Own working orders on the other side."""
    source_age_s: float | None = None
    """Age of the newest report of the settlement stations; None before the first."""
    market_after: Decimal | None = None
    """Shares held in this market after it, both legs."""
    cell_after: Decimal | None = None
    """Most |net| shares in the cell after it, open orders filled."""
    group_after: Decimal | None = None
    """The same over the cells around."""
    cell_before: Decimal | None = None
    group_before: Decimal | None = None
    """Without it; None lets nothing pass beyond the limit."""
    event_loss_after: Money | None = None
    at_risk_after: Money | None = None
    day: Money = NO_MONEY
    week: Money = NO_MONEY
    venue: bool = False
    """It is for a venue: the fields below count. The embedded exchange has none of these."""
    armed: bool = False
    """Orders may reach the venue: always outside live mode."""
    link_down: str = "not known"
    """Why one of the venue's links is down; empty while both are up."""
    unreconciled: str = "not known"
    """Why our account was not held against the venue's; empty once it was."""
    skew_ms: float | None = None
    """Our clock less the venue's; 0 outside live mode, where no venue checks a time."""
    stale: str | None = None
    """Why the book is not to be trusted; empty while it is."""
    heard_s: float | None = None
    """Since the venue's market link brought anything."""
    grid: tuple[Band, ...] | None = None
    top: int | None = None
    """Ticks of the certain price."""
    mid: float | None = None
    """Middle of the book of YES in ticks."""
    least: Decimal | None = None
    step: Decimal | None = None
    can: frozenset[str] | None = None
    venue_orders: int = 0
    """Orders let through to this venue in the last second."""
    venue_rate: float = 0.0
    """Orders a second that the venue takes; 0 where it does not say."""
    tied: Money | None = None
    """Cash that it needs at worst, fee included: what it opens, not what it closes."""
    whole: bool = False
    """It is one of the sales that together end all positions of a market: what is left between them is not a hedge."""
    disputed: str = ""
    """Why results of its event cannot be right; empty while nothing speaks against them."""
    reach: Reach | None = None
    """Of an option, a future or a perpetual; None of anything else, which does not meet the gates of these."""
    strategy: str = ""
    """Who wants it; empty of the trader's own orders, which do not meet the gates below."""
    strategy_halted: str = ""
    """Why the strategy may send nothing until it is switched on again; empty while it may."""
    strategy_minute: int = 0
    """Orders and amendments of it that were let through in the last minute of the session's clock."""
    strategy_repeats: int = 0
    """Like orders of it since anybody else moved the book."""
    strategy_fills: int = 0
    """Executions of it in the last minute of the session's clock."""
    window_orders: int = 0
    """Orders of it in this event, since the event was listed."""
    market_orders: int = 0
    """Open orders in this market, whoever's."""
    messages: int = 0
    """Orders, amendments and cancels of it in the last ten minutes."""
    executions: int = 0
    """Its fills in the same time."""
    model_age_s: float | None = None
    """Age of what it last decided by; None before it had anything."""
    markout: float | None = None
    """Mean cents a share that its last fills were worth a while later; None while they are too few to say."""
    strategy_after: Money | None = None
    """What it has staked after this order, its open orders filled."""
    strategies_after: Money | None = None
    """The same of all strategies."""
    strategy_before: Money | None = None
    strategies_before: Money | None = None
    """Without this order: closing what others hold may be a stake of its own; None lets nothing pass beyond a limit."""
    window_delta_after: Decimal | None = None
    """Coins, either way, of all Up/Down windows of its underlying after it, open orders filled; 0 of what is none."""
    window_delta_before: Decimal | None = None
    window_gamma_after: Decimal | None = None
    """Coins for 1 % that those are short of."""
    window_gamma_before: Decimal | None = None
    correlated: str = ""
    """The group of events, of those that this order is in, that could lose most together."""
    correlated_after: Money | None = None
    """Worst loss of that group after it, open orders filled."""
    venue_after: Money | None = None
    """Worst loss of all that is held and open on this venue after it."""
    gross_after: Money | None = None
    """What all positions cost, and all open orders tie up, after it; nothing is set off against anything."""
    hedging: bool = False
    """It is owed to a trade that binds already, and what could be lost is no larger with it."""
