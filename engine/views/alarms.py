"""Alert rules of the trader, what they found, and the channels that tell of it.

A rule is looked at beside the kernel, on the views that the screen has; nothing of it enters the journal. The alerts
of the weather service are another thing: `engine.views.alerts`.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final

import msgspec

from engine.core.units import Nanos

MOST_RULES: Final = 200
DAY: Final = 24 * 60
"""Minutes."""
LONGEST: Final = 120
"""Characters of a rule's name or subject."""


class Kind(Enum):
    """What a rule looks at."""

    PRICE = "price"
    EDGE = "edge"
    OVERROUND = "overround"
    STATION = "station"
    FEED = "feed"
    PNL = "pnl"
    ORDER = "order"
    SETTLEMENT = "settlement"
    VOL = "vol"
    GREEKS = "greeks"


ABOVE: Final = "above"
"""At or over the level."""
BELOW: Final = "below"
"""At or under the level."""
FIELDS: Final[dict[Kind, tuple[tuple[str, str], ...]]] = {
    Kind.PRICE: (("bid", "bid"), ("ask", "ask"), ("mid", "mid")),
    Kind.EDGE: (("edge", "best edge"),),
    Kind.OVERROUND: (("overround", "sum of asks − 100"),),
    Kind.STATION: (("high", "running high"), ("low", "running low"), ("last", "last reading")),
    Kind.FEED: (("age", "age"), ("down", "down or stale")),
    Kind.PNL: (("day", "of the day"), ("week", "of the week"), ("total", "of the session")),
    Kind.ORDER: (
        ("filled", "filled"),
        ("partial", "partly filled"),
        ("refused", "refused or rejected"),
        ("lost", "unknown at the venue"),
        ("canceled", "cancelled or expired"),
    ),
    Kind.SETTLEMENT: (("settled", "settled"), ("disputed", "disputed")),
    Kind.VOL: (("atm", "volatility at the forward"),),
    Kind.GREEKS: (
        ("band", "delta beyond the hedger's band"),
        ("gamma_limit", "gamma beyond the hedger's limit"),
        ("delta", "delta, either way"),
        ("gamma", "gamma for 1 %, either way"),
        ("vega", "vega, either way"),
    ),
}
"""What of its kind a rule can look at, and in words."""
UNITS: Final = {
    Kind.PRICE: "c",
    Kind.EDGE: "c",
    Kind.OVERROUND: "c",
    Kind.STATION: "°F",
    Kind.FEED: "s",
    Kind.PNL: "$",
    Kind.VOL: "%",
    Kind.GREEKS: "",
}
"""Of the level; a kind that is not here has none."""
FIELD_UNITS: Final = {"delta": "coins", "gamma": "coins", "vega": "$/pt"}
"""Of the level of what one kind has in several units."""
BARE: Final = frozenset({"down", "band", "gamma_limit"})
"""Fields of kinds with a level that have none themselves."""
NEEDS_SUBJECT: Final = frozenset({Kind.PRICE, Kind.STATION})
"""Kinds that look at one thing; the others take all when none is named."""
WORDS: Final = {
    Kind.PRICE: "Price",
    Kind.EDGE: "Edge",
    Kind.OVERROUND: "Overround",
    Kind.STATION: "Station",
    Kind.FEED: "Feed age",
    Kind.PNL: "PnL",
    Kind.ORDER: "Order state",
    Kind.SETTLEMENT: "Settlement",
    Kind.VOL: "Implied vol",
    Kind.GREEKS: "Greeks",
}
_ALL: Final = {
    Kind.PRICE: "Any market",
    Kind.EDGE: "Any market",
    Kind.OVERROUND: "Any event",
    Kind.STATION: "Any station",
    Kind.FEED: "Any feed",
    Kind.PNL: "PnL",
    Kind.ORDER: "Any order",
    Kind.SETTLEMENT: "Any market",
    Kind.VOL: "Any expiry",
    Kind.GREEKS: "Any underlying",
}
SOUND: Final = "sound"
TRAY: Final = "tray"
TELEGRAM: Final = "telegram"
NTFY: Final = "ntfy"
WEBHOOK: Final = "webhook"
CHANNELS: Final = (SOUND, TRAY, TELEGRAM, NTFY, WEBHOOK)
CHANNEL_WORDS: Final = {
    SOUND: "Sound",
    TRAY: "Tray",
    TELEGRAM: "Telegram",
    NTFY: "ntfy",
    WEBHOOK: "Webhook",
}


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One alert rule."""

    id: str
    kind: Kind
    field: str
    """One of `FIELDS` of its kind."""
    subject: str = ""
    """``venue/symbol``, a market, a station, a feed; empty takes all where the kind can."""
    about: str = ""
    """The subject in words."""
    way: str = ABOVE
    level: Decimal | None = None
    """In the unit of `UNITS`."""
    name: str = ""
    on: bool = True
    urgent: bool = False
    """It may pass quiet hours and a mute, where the trader lets urgent ones pass."""
    channels: tuple[str, ...] = (SOUND, TRAY)

    def words(self) -> str:
        """Return the rule as a sentence, such as ``Chicago 86–87: bid at or above 40 c``."""
        about = self.about or self.subject or _ALL[self.kind]
        field = dict(FIELDS[self.kind]).get(self.field, self.field)
        if self.level is None:
            return f"{about}: {field}"
        side = "at or above" if self.way == ABOVE else "at or below"
        return f"{about}: {field} {side} {self.level:f} {unit(self.kind, self.field)}".rstrip()


class Hours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """When nothing is to be heard: minutes of the day on the clock of a zone; over midnight where it ends earlier."""

    on: bool = False
    zone: str = "UTC"
    """Of the IANA database."""
    starts: int = 22 * 60
    ends: int = 7 * 60
    urgent_passes: bool = True


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as it stands."""

    rule: Rule
    state: str
    """``off``, ``waiting`` (not looked at yet), ``no data``, ``watching`` or ``holds``."""
    value: str
    """What it last saw; empty before that."""
    times: int
    """How often it was met in this session."""
    last_at: Nanos | None
    held_back: int
    """Met since it was last told; told together when its wait is over."""
    wait_s: float | None
    """Until it may be told again."""


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """One way of telling."""

    name: str
    title: str
    state: str
    """``ready``, ``off``, ``no key``, ``sending``, ``failing`` or ``missing``."""
    detail: str
    sent: int
    failed: int
    waiting: int
    last_at: Nanos | None
    keyed: bool
    """It takes keys."""


class FiredLine(msgspec.Struct, frozen=True, kw_only=True):
    """One time that rules were met and told, or kept quiet."""

    id: int
    at: Nanos
    rule: str
    """Id."""
    name: str
    text: str
    urgent: bool = False
    times: int = 1
    told: str = ""
    """Where, or why not: ``sound, tray``, ``quiet hours``, ``muted``."""


class AlarmsView(msgspec.Struct, frozen=True, kw_only=True):
    """The Alerts dock."""

    rules: tuple[RuleLine, ...]
    channels: tuple[ChannelLine, ...]
    history: tuple[FiredLine, ...]
    """Newest first."""
    hours: Hours
    quiet: bool
    """It is within the quiet hours now."""
    muted_s: float | None
    """Until a mute ends; None while there is none."""
    note: str = ""
    """What is wrong with the file of rules; empty when nothing is."""


def refusal(rule: Rule) -> str:
    """Return in one sentence why a rule cannot be; empty when it can."""
    if rule.field not in dict(FIELDS[rule.kind]):
        return f"{WORDS[rule.kind]} has no {rule.field[:20]!r}"
    if rule.kind in NEEDS_SUBJECT and not rule.subject:
        return f"{WORDS[rule.kind]}: choose what it looks at"
    if max(len(rule.subject), len(rule.name), len(rule.about), len(rule.id)) > LONGEST:
        return f"names have at most {LONGEST} characters"
    if rule.way not in {ABOVE, BELOW}:
        return f"a level is met {ABOVE} or {BELOW} it"
    if any(name not in CHANNELS for name in rule.channels):
        return "no such channel"
    needed = levelled(rule.kind, rule.field)
    if needed and (rule.level is None or not rule.level.is_finite() or abs(rule.level) > 1_000_000):
        return f"{WORDS[rule.kind]}: give a level in {unit(rule.kind, rule.field)}, within a million"
    return ""


def levelled(kind: Kind, field: str) -> bool:
    """Whether what a rule looks at has a level."""
    return kind in UNITS and field not in BARE


def unit(kind: Kind, field: str) -> str:
    """Return the unit of a level; empty where there is none."""
    return (UNITS.get(kind) or FIELD_UNITS.get(field, "")) if levelled(kind, field) else ""


def clock(minute: int) -> str:
    """Return a minute of the day as ``22:00``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute(text: str) -> int:
    """Return the minute of the day that a text such as ``22:00`` names.

    Raises
    ------
    ValueError
        If it names none.
    """
    hour, colon, rest = text.strip().partition(":")
    if not (colon and hour.isascii() and hour.isdecimal() and rest.isascii() and rest.isdecimal() and len(rest) == 2):
        msg = f"no time of day such as 22:00: {text[:20]!r}"
        raise ValueError(msg)
    found = 60 * int(hour) + int(rest)
    if int(rest) > 59 or found >= DAY:
        msg = f"no time of day: {text[:20]!r}"
        raise ValueError(msg)
    return found
