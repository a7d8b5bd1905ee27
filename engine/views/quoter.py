"""What the market maker has resting, market by market, and everything that made it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Nanos


class QuoterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One market; prices in cents of YES, None where it was not reckoned."""

    instrument: InstrumentId
    name: str
    venue: str
    kind: str
    """Marchetype, such as ``e2``."""
    state: str
    """OFF, LEARNING, QUOTING, WIDENED, SHADOW (nothing is sent), WAITING (nothing rests) or PULLED."""
    note: str
    """Why, in one sentence; empty while it quotes as usual."""
    phase: str
    """``observing``, ``calibrating`` or ``quoting``."""
    learnt: int
    """Returns seen."""
    wanted: int
    """Returns that are enough."""
    price: float | None
    """Mid of the others."""
    held: Decimal
    """Net YES shares."""
    room: float | None
    """Most net shares worth holding."""
    filled: float | None
    """Held over room, -1 to 1."""
    gamma: float | None
    structure: float | None
    sigma: float
    skew: float | None
    """Logits."""
    reservation: float | None
    """Percent."""
    half: float | None
    """Half-spread in cents, as it stands around the reservation."""
    bid: float | None
    ask: float | None
    """Our best that rests."""
    best_bid: float | None
    best_ask: float | None
    """Of the others."""
    rate: float
    """Trades a second over the last minute."""
    crowd: float
    """Different traders, or what stands in for them."""
    fills: int
    """Marked at the first horizon."""
    adverse: float | None
    """Part of those that were regretted."""
    unrealised: Decimal | None
    """Of what it holds, at the mid."""
    free: float | None
    """Cash above its floor."""


class MarkoutLine(msgspec.Struct, frozen=True, kw_only=True):
    """What our own fills of this session came to some time after: cents of YES a share, plus is in our favour."""

    seconds: float
    buys: int
    bought: float | None
    """Average over `buys`; None of none."""
    sells: int
    sold: float | None


class ToxicityLine(msgspec.Struct, frozen=True, kw_only=True):
    """How poisonous the flow of one market has been, and what became of our fills in it."""

    instrument: InstrumentId
    name: str
    sigma: float | None
    """Now; None before the first return."""
    widen_at: float | None
    """From which the quotes are widened, and..."""
    pull_at: float | None
    """...from which they are pulled; None where they never are."""
    trail: tuple[tuple[Nanos, float], ...]
    """The last hour, oldest first."""
    marks: tuple[MarkoutLine, ...]
    """By horizon, the shorter one first."""


class ToxicityView(msgspec.Struct, frozen=True, kw_only=True):
    """All markets that are made."""

    rows: tuple[ToxicityLine, ...]
    now: Nanos


class QuoterView(msgspec.Struct, frozen=True, kw_only=True):
    """All markets that are made."""

    rows: tuple[QuoterLine, ...]
    state: str
    """Of the strategy: off, shadow, paper or live."""
    sends: bool
    markets: str
    """As named in the parameters."""
    pulled: bool
    widen: float
    facts: tuple[tuple[str, str], ...]
    now: Nanos
