"""Events that go together, and what they may lose together.

Outcomes of one event exclude each other, which its payoff vector knows (`exposure`, `outcomes`). Events of one
station's day, of one neighbourhood (an H3 parent), or on one underlying come out alike, and nobody knows how alike:
so the worst loss of a group is the sum of the worst losses of its events.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ZERO: Final = Decimal(0)
_WINDOW: Final = re.compile(r"(?:^|[:/])([a-z0-9]{2,12})-(?:updown|up-or-down)-")
_COIN: Final = re.compile(r"(?:^|[:/])KX(BTC|ETH|SOL|XRP|DOGE)")
_LONG: Final = {"bitcoin": "BTC", "ethereum": "ETH", "solana": "SOL", "dogecoin": "DOGE"}


class Kind(Enum):
    """Why events go together."""

    __hash__ = object.__hash__

    EVENT = "event"
    DAY = "station's day"
    PLACE = "neighbourhood"
    UNDERLYING = "underlying"


class Group(NamedTuple):
    """Events that go together."""

    kind: Kind
    key: str
    name: str
    """For people."""


class Joint(NamedTuple):
    """What the events of a group may lose together."""

    group: Group
    events: int
    loss: Money


def underlying(event: str) -> str:
    """Return what an event's price hangs on, by the venue's own id of it, such as ``BTC``; empty where none is told."""
    found = _WINDOW.search(event) or _COIN.search(event)
    return "" if found is None else _LONG.get(found[1], found[1].upper())


def joint(losses: Mapping[str, Money], groups: Mapping[str, Iterable[Group]]) -> list[Joint]:
    """Return the worst loss of every group, the largest first; ties in the order they are met.

    Parameters
    ----------
    losses : worst loss of each event, open orders filled
    groups : the groups of each event
    """
    found: dict[Group, tuple[int, Decimal]] = {}
    for event, loss in losses.items():
        for group in groups.get(event, ()):
            count, total = found.get(group, (0, ZERO))
            found[group] = count + 1, total + loss
    made = [Joint(group, count, Money(total)) for group, (count, total) in found.items()]
    return sorted(made, key=lambda one: -one.loss)


def worst(losses: Mapping[str, Money], groups: Mapping[str, Iterable[Group]], event: str, after: Money) -> Joint | None:
    """Return the group of an event that could lose most if the event itself came to lose `after`; None without one."""
    best = None
    for group in groups.get(event, ()):
        others = [loss for one, loss in losses.items() if one != event and group in groups.get(one, ())]
        total = Money(sum(others, ZERO) + after)
        if best is None or total > best.loss:
            best = Joint(group, len(others) + 1, total)
    return best
