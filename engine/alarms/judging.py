"""Alert rules over time: when one becomes met, and when that is told.

A rule is met when what it looks at becomes so: at its first look what is so already only shows, but for feeds and the
result, where that must not wait for a change. What becomes unknown stays as it was. Told is the first time at once;
what follows is gathered and told together after 30 s, then 60 s, … up to five minutes, and at once again after five
quiet minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.alarms import seeing
from engine.views.alarms import ABOVE, Kind, unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.alarms.seeing import Seen
    from engine.core.ids import Topic
    from engine.views.alarms import Rule

FIRST_WAIT_S: Final = 30.0
LONGEST_WAIT_S: Final = 300.0
NAMED: Final = 3
"""Things that one telling names; more are counted."""
AT_ONCE: Final = frozenset({Kind.FEED, Kind.PNL, Kind.GREEKS})
"""Kinds that are told even if they are met at the first look."""
NONE_YET: Final = frozenset({Kind.ORDER, Kind.SETTLEMENT, Kind.GREEKS})
"""Kinds of which there may be none to look at without anything being unknown."""
MOST_HELD: Final = 1_000


class Fired(NamedTuple):
    """What is to be told of a rule."""

    rule: Rule
    text: str
    """Amounts included."""
    brief: str
    """Without amounts, for what others may see: a tray, a locked screen."""
    times: int


@dataclass(slots=True)
class Standing:
    """What is remembered of one rule."""

    rule: Rule
    looked: bool = False
    held: dict[str, bool] = field(default_factory=dict)
    """By key: whether it was so at the last look that knew."""
    known: bool = False
    """Something could be seen at the last look."""
    value: str = ""
    times: int = 0
    waiting: list[str] = field(default_factory=list)
    """Met and not told yet; at most `MOST_HELD`."""
    more: int = 0
    """Beyond that."""
    quiet_until: float = 0.0
    wait_s: float = 0.0
    """The last one; 0 before the first."""


class Watch:
    """All rules. Times are seconds on any steady clock."""

    def __init__(self) -> None:
        self.standings: dict[str, Standing] = {}

    def take(self, rules: Iterable[Rule]) -> None:
        """Take the rules as they are now; one that was changed, or switched off and on, begins anew."""
        found = {}
        for rule in rules:
            known = self.standings.get(rule.id)
            same = known is not None and _asks(known.rule) == _asks(rule)
            if known is not None and same:
                known.rule = rule
                found[rule.id] = known
            else:
                found[rule.id] = Standing(rule)
        self.standings = found

    def topics(self) -> frozenset[Topic]:
        """Return the views that are looked at."""
        return frozenset(seeing.needs(one.rule) for one in self.standings.values() if one.rule.on)

    def look(self, views: Mapping[Topic, object], now_s: float) -> tuple[Fired, ...]:
        """Look once; return what is to be told, in the order of the rules."""
        told = []
        for standing in self.standings.values():
            if not standing.rule.on:
                continue
            for words in _met(standing, views):
                standing.times += 1
                _hold(standing, words)
            fired = _tell(standing, now_s)
            if fired is not None:
                told.append(fired)
        return tuple(told)


def _asks(rule: Rule) -> tuple[object, ...]:
    """Return what makes a rule ask something else."""
    return rule.kind, rule.field, rule.subject, rule.way, rule.level, rule.on


def _met(standing: Standing, views: Mapping[Topic, object]) -> list[str]:
    """Return what became so since the last look, in words."""
    rule = standing.rule
    seen = seeing.see(rule, views)
    prime = not standing.looked and rule.kind not in AT_ONCE
    held: dict[str, bool] = {}
    met = []
    for one in seen:
        before, so = standing.held.get(one.key), _so(rule, one)
        if so is None:
            if before is not None:
                held[one.key] = before
            continue
        held[one.key] = so
        if so and not before and not prime:
            met.append(_words(rule, one))
    if views.get(seeing.needs(rule)) is not None:  # without its view nothing was looked at, and nothing is forgotten
        standing.looked, standing.held = True, held
    known = any(one.value is not None or one.met is not None for one in seen)
    standing.known = known or (rule.kind in NONE_YET and standing.looked)
    standing.value = _value(rule, seen)
    return met


def _so(rule: Rule, one: Seen) -> bool | None:
    if rule.level is None or one.met is not None:
        return one.met
    if one.value is None:
        return None
    return one.value >= rule.level if rule.way == ABOVE else one.value <= rule.level


def _words(rule: Rule, one: Seen) -> str:
    if one.text or one.value is None or rule.level is None:
        return one.text or one.name
    measure = unit(rule.kind, rule.field)
    side = "at or above" if rule.way == ABOVE else "at or below"
    return f"{one.name} {_plain(one)} {measure}, {side} {rule.level:f}"


def _plain(one: Seen) -> str:
    value = one.value
    if value is None:
        return ""
    digits = f"{value:f}"
    return f"{value:.2f}" if len(digits.partition(".")[2]) > 2 else digits


def _value(rule: Rule, seen: tuple[Seen, ...]) -> str:
    """Return what a rule that looks at one thing saw; of many, how many are so."""
    if not seen:
        return ""
    if len(seen) > 1 or rule.kind in {Kind.ORDER, Kind.SETTLEMENT}:
        return f"{sum(_so(rule, one) is True for one in seen)} of {len(seen)}"
    one = seen[0]
    return f"{_plain(one)} {unit(rule.kind, rule.field)}".strip() if one.value is not None else one.text


def _hold(standing: Standing, words: str) -> None:
    if len(standing.waiting) < MOST_HELD:
        standing.waiting.append(words)
    else:
        standing.more += 1


def _tell(standing: Standing, now_s: float) -> Fired | None:
    """Tell what is held once the wait is over; each telling that had to wait makes the next wait longer."""
    times = len(standing.waiting) + standing.more
    if not times or now_s < standing.quiet_until:
        return None
    calm = standing.wait_s == 0.0 or now_s >= standing.quiet_until + LONGEST_WAIT_S
    standing.wait_s = FIRST_WAIT_S if calm else min(LONGEST_WAIT_S, 2 * standing.wait_s)
    standing.quiet_until = now_s + standing.wait_s
    named, left = standing.waiting[:NAMED], times - min(NAMED, len(standing.waiting))
    text = "; ".join(named) + (f"; and {left} more" if left else "")
    standing.waiting, standing.more = [], 0
    rule = standing.rule
    return Fired(rule, text, _brief(rule, times), times)


def _brief(rule: Rule, times: int) -> str:
    often = f", {times} times" if times > 1 else ""
    if rule.kind is Kind.PNL:
        return f"PnL {rule.way} its level{often}"
    return f"{rule.words()}{often}"
