"""What Polymarket lists in the sandbox, as its pages name it: events, their markets and the tokens of each outcome.

The floor holds the instruments; everything here is read from their facts when they are brought to it, and found by
whatever name a request uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from zlib import crc32

from engine.core.ids import POLYMARKET, FamilyId
from engine.core.units import SECOND, Leg, Nanos
from engine.sandbox.floor_order import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Family, Instrument
    from engine.sandbox.floor import Floor
    from engine.sandbox.floor_order import Notice


@dataclass(frozen=True, slots=True)
class Tag:
    """A label of an event page."""

    number: str
    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """Events that return."""

    number: str
    slug: str
    title: str
    recurrence: str


@dataclass(frozen=True, slots=True)
class PolyMarket:
    """One market: two tokens that together pay one unit."""

    id: InstrumentId
    """The floor's name of its first outcome."""
    number: str
    condition: str
    slug: str
    question: str
    item: str
    """Its name among its event's: ``26-27°F``."""
    outcomes: tuple[str, str]
    tokens: tuple[str, str]
    question_id: str
    least: Decimal
    """Shares of a resting order, at least."""
    fee_type: str
    delay_s: int = 0
    """How long an order is held back that would take."""

    def leg(self, token: str) -> Leg:
        """Return which leg a token of it is."""
        return Leg.YES if token == self.tokens[0] else Leg.NO

    def token(self, leg: Leg) -> str:
        """Return the token of a leg."""
        return self.tokens[0 if leg is Leg.YES else 1]

    def outcome(self, leg: Leg) -> str:
        """Return the word for a leg."""
        return self.outcomes[0 if leg is Leg.YES else 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolyEvent:
    """One question with one or more markets."""

    number: str
    slug: str
    title: str
    text: str
    source: str
    tags: tuple[Tag, ...]
    series: Series | None
    markets: tuple[PolyMarket, ...]
    listed: Nanos
    ends: Nanos
    starts: Nanos | None
    """Of a window."""
    neg_risk: str
    """Id of the negative-risk market; empty where each market stands alone."""


class Catalogue:
    """All events on the floor, as they are brought to it."""

    def __init__(self, floor: Floor, families: Mapping[str, Family]) -> None:
        """Read what a floor has, and listen for more; `families` has the titles."""
        self._floor = floor
        self._families = families
        self._members: dict[str, dict[InstrumentId, PolyMarket]] = {}
        self._by: dict[str, tuple[str, InstrumentId]] = {}
        self.by_id: dict[InstrumentId, PolyMarket] = {}
        """Every market by the floor's name of it."""
        for instrument in floor.instruments.values():
            self._add(instrument)
        floor.listeners.append(self._hear)

    def market(self, name: str) -> tuple[PolyEvent, PolyMarket] | None:
        """Return the market of a condition, slug, number or token."""
        slug, key = self._by.get(name, ("", None))
        event = self.event(slug)
        if event is None or key is None or key not in self._members[slug]:
            return None
        return event, self._members[slug][key]

    def of_token(self, token: str) -> PolyMarket | None:
        """Return the market of a token, of nothing else."""
        market = self.by_id.get(self._by[token][1]) if token in self._by else None
        return market if market is not None and token in market.tokens and market.id in self._floor.books else None

    def event(self, name: str) -> PolyEvent | None:
        """Return the event of a slug or a number."""
        slug = name if name in self._members else self._by.get(f"event {name}", ("", None))[0]
        alive = [m for key, m in self._members.get(slug, {}).items() if key in self._floor.instruments]
        return self._event(slug, tuple(alive)) if alive else None

    def events(self) -> Iterator[PolyEvent]:
        """Yield every event that is on the floor, as listed."""
        return (event for slug in list(self._members) if (event := self.event(slug)) is not None)

    def markets(self) -> Iterator[tuple[PolyEvent, PolyMarket]]:
        """Yield every market, as listed."""
        return ((event, market) for event in self.events() for market in event.markets)

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Listing):
            self._add(notice.instrument)

    def _add(self, instrument: Instrument) -> None:
        slug = instrument.fact("event")
        if instrument.id.venue != POLYMARKET:
            return
        if instrument.id not in self.by_id:
            self._clear()
        market = _market(instrument)
        self._members.setdefault(slug, {})[instrument.id] = self.by_id[instrument.id] = market
        for name in (market.condition, market.slug, market.number, *market.tokens):
            self._by[name] = slug, instrument.id
        self._by[f"event {instrument.fact('event_id')}"] = slug, instrument.id

    def _clear(self) -> None:
        """Forget events that have left the floor."""
        gone = {slug for slug, found in self._members.items() if not any(k in self._floor.instruments for k in found)}
        if gone:
            for slug in gone:
                for key in self._members[slug]:
                    del self.by_id[key]
            self._members = {slug: found for slug, found in self._members.items() if slug not in gone}
            self._by = {name: where for name, where in self._by.items() if where[0] not in gone}

    def _event(self, slug: str, markets: tuple[PolyMarket, ...]) -> PolyEvent:
        first = self._floor.instruments[markets[0].id]
        family = self._families.get(FamilyId(f"{POLYMARKET}:{slug}"))
        start = first.fact("window_start")
        return PolyEvent(
            number=first.fact("event_id"), slug=slug, title=family.title if family else first.title, text=first.rules,
            source=first.source, tags=_tags(first), series=_series(first), markets=markets,
            listed=Nanos(first.opens or 0), ends=Nanos(first.closes or 0),
            starts=Nanos(int(start) * SECOND) if start else None, neg_risk=first.fact("neg_risk_market"),
        )  # fmt: skip


def _market(instrument: Instrument) -> PolyMarket:
    fact = instrument.fact
    return PolyMarket(
        id=instrument.id, number=fact("market_id"), condition=fact("condition"), slug=fact("slug"),
        question=instrument.title, item=instrument.label if fact("neg_risk") == "true" else "",
        outcomes=(fact("yes_name"), fact("no_name")), tokens=(fact("yes_token"), fact("no_token")),
        question_id=fact("question_id"), least=Decimal(fact("min_size") or 5), fee_type=fact("fee_type"),
        delay_s=int(fact("delay_s") or 0),
    )  # fmt: skip


def _tags(instrument: Instrument) -> tuple[Tag, ...]:
    slug = instrument.fact("tag")
    return (Tag(_number(slug), slug, slug.capitalize()),) if slug else ()


def _series(instrument: Instrument) -> Series | None:
    slug = instrument.fact("series")
    if not slug:
        return None
    recurrence = slug.rpartition("-")[2] if instrument.fact("window_start") else "daily"
    return Series(_number(slug), slug, slug.replace("-", " ").capitalize(), recurrence)


def _number(slug: str) -> str:
    return str(10_000 + crc32(slug.encode()) % 90_000)
