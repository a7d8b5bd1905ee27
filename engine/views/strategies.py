"""The registry of strategies: what each line does, why it is silent, what it sent and what it earned."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import StrategyId
from engine.core.units import Money, Nanos


class MarkoutView(msgspec.Struct, frozen=True, kw_only=True):
    """What prices did some time after the fills of this session."""

    seconds: int
    cents: float | None
    """A share, positive went our way; None before the first."""
    count: int


class StrategyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the registry."""

    name: StrategyId
    title: str
    trigger: str
    help: str
    state: str
    """``off``, ``shadow``, ``paper`` or ``live``: what it was switched to."""
    sends: bool
    """Whether what it wants is sent in this session, now."""
    halted: str
    """Why it stopped by itself; empty while it did not."""
    held: str
    """What halts it that no switch of its own ends: trading is halted, or a loss of the day or the week has halted it;
    empty while nothing does."""
    side: str
    fair: float | None
    """0 to 1, as `ask`."""
    ask: float | None
    edge: float | None
    """Cents a share."""
    z: float | None
    size: float | None
    """Part of the bankroll."""
    cooldown_s: float | None
    orders: int | None
    """As its limit counts them; sent today where it has no limit."""
    orders_limit: int | None
    working: int
    fills: int
    """Since the ledger began; in the shadow, of this session."""
    exposure: Money
    """What its positions cost."""
    realised: Money
    unrealised: Money | None
    """None while one of its positions has no price."""
    fees: Money
    net: Money | None
    """Realised and unrealised less fees: of what was sent, or in the shadow of what would have been."""
    markouts: tuple[MarkoutView, ...]
    code: str
    """Why it is silent; empty while it is not, or off."""
    why: str
    refusals: tuple[tuple[str, int], ...]
    """Gates that refused it and how often, most first."""
    intents: int
    digest: str
    """Of all its intents."""
    last: str
    """Its last intent in words."""
    last_at: Nanos | None
    last_said: str
    """What became of it."""


class StrategiesView(msgspec.Struct, frozen=True, kw_only=True):
    """All lines."""

    rows: tuple[StrategyLine, ...]
    mode: str
    account_name: str
    armed: bool
    now: Nanos


class ParameterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a strategy may be told."""

    name: str
    kind: str
    """``number``, ``whole``, ``switch``, ``choice`` or ``text``."""
    value: str
    default: str
    low: float | None
    high: float | None
    unit: str
    help: str
    choices: tuple[str, ...]


class ReadinessLine(msgspec.Struct, frozen=True, kw_only=True):
    """One bar on the way to live: what there is of it, from days on paper and live, and what is wanted."""

    name: str
    found: float | None
    """None where it cannot be computed: then it is not passed."""
    wanted: float
    at_least: bool
    """Whether more is better; of a drawdown less is."""
    part: bool
    """Found and wanted are parts of one, and shown as percent."""
    passed: bool
    n: int | None = None
    """Days that a ratio is of."""


class StrategyDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One line with what it may be told, and how often it was silent for each reason."""

    line: StrategyLine
    parameters: tuple[ParameterLine, ...]
    reasons: tuple[tuple[str, int], ...]
    readiness: tuple[ReadinessLine, ...]
    earns_live: bool
    """Whether it goes live only once all of them are passed."""
    days: tuple[tuple[int, Decimal], ...]
    """UTC days since 1970 and their result after fees, newest first; the last thirty."""
