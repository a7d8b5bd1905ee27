"""Polymarket's events as families of instruments: strikes, grids, fees, source and station, all read from them. Pure.

What a market says of itself (tick, least order, fee, negative risk, strike, source) is read from it each time, never
from a table.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.errors import WireError
from engine.core.events import Listed
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import LEAST_RESTS, SPENDS, Family, Instrument, Strike
from engine.core.units import TICK, TICKS_PER_UNIT, Nanos, Qty, Ticks
from engine.venues.polymarket import numbers, wire_gamma
from engine.venues.polymarket.brackets import Proof, prove, strike_of
from engine.venues.polymarket.wire_gamma import Event, Market, inner
from engine.weather import source_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.source_terms import SourceTerms

RULES_ROOM: Final = 4_000
"""Characters of a rule text that are kept."""
TITLE_ROOM: Final = 300
LEAST_ORDER: Final = Decimal(5)
"""Where the market states none."""
BINARY: Final = 2
_TOKEN: Final = re.compile(r"[1-9][0-9]{0,77}")
_CONDITION: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_WINDOW: Final = re.compile(r"-updown-(5m|15m|4h)-(\d{9,11})$")
_MINUTES: Final = {"5m": "5 min", "15m": "15 min", "4h": "4 h"}


def listed(event: Event, at: Nanos) -> Listed | None:
    """Return an event as a family with its instruments; None when none of its markets can be traded.

    Raises
    ------
    WireError
        If a number or a time in it is none.
    """
    markets = event.markets or []
    made = [(one, _made(one, event, at)) for one in markets]
    instruments = [instrument for _, instrument in made if instrument is not None]
    if not instruments or not event.slug:
        return None
    proof = _proof(event, instruments, whole=len(instruments) == len(markets))
    family = _family(event, sorted(instruments, key=_order), proof)
    return Listed(at=at, family=family, instruments=tuple(sorted(instruments, key=_order)))


def of_market(found: Market, at: Nanos) -> Listed | None:
    """Return a market found by itself as the family of its event, of which it may be a part only."""
    event = found.events[0] if found.events else None
    slug = event.slug if event is not None and event.slug else found.slug
    alone = Event(
        slug=slug,
        title=event.title if event is not None else found.question,
        description=found.description,
        resolution_source=found.resolution_source,
        end_date=found.end_date,
        markets=[found],
        series=event.series if event is not None else None,
        series_slug=event.series_slug if event is not None else None,
    )
    return listed(alone, at)


def clob_market(raw: bytes, at: Nanos) -> Instrument | None:
    """Return the instrument of a market as ``/markets/{condition}`` of the CLOB describes it; without its fee.

    None where it has not two tokens to trade, as in its first minutes. Raises WireError if it is none.
    """
    found = wire_gamma.clob(raw)
    as_gamma = Market(
        question=found.question,
        condition_id=found.condition_id,
        slug=found.market_slug,
        description=found.description,
        outcomes=[token.outcome for token in found.tokens],
        outcome_prices=[_text(token) for token in found.tokens],
        clob_token_ids=[token.token_id for token in found.tokens],
        end_date=found.end_date_iso,
        active=found.active,
        closed=found.closed,
        accepting_orders=found.accepting_orders,
        order_price_min_tick_size=found.minimum_tick_size,
        order_min_size=found.minimum_order_size,
        neg_risk=found.neg_risk,
        uma_resolution_status="resolved" if any(token.winner for token in found.tokens) else None,
    )
    return _made(as_gamma, None, at)


def _family(event: Event, instruments: Sequence[Instrument], proof: Proof) -> Family:
    closes = [one.closes for one in instruments if one.closes is not None]
    units = {one.strike.unit for one in instruments if one.strike is not None}
    terms = _terms(event, instruments)
    return Family(
        id=FamilyId(f"{POLYMARKET}:{event.slug}"),
        title=event.title[:TITLE_ROOM],
        subtitle=_series(event)[:TITLE_ROOM],
        group=_group(event),
        members=tuple(one.id for one in instruments),
        exclusive=proof.exclusive,
        exhaustive=proof.exhaustive,
        why=proof.why,
        station=terms.station,
        source=instruments[0].source or terms.kind.value,
        terms=terms if terms.measure else None,
        unit=units.pop() if len(units) == 1 else "",
        closes=max(closes) if closes else None,
        negative_risk=bool(event.neg_risk) or all(one.fact("neg_risk") == "1" for one in instruments),
    )


def _proof(event: Event, instruments: Sequence[Instrument], *, whole: bool) -> Proof:
    """Return what is known of the family: proven from its sets of values, or stated by the venue, or neither."""
    if len(instruments) == 1 and whole:
        return Proof(True, False, "a single market: its NO pays where YES does not")
    from_sets = prove([one.strike for one in instruments])
    if not whole:
        return Proof(from_sets.exclusive, False, "some of the event's markets cannot be traded")
    if from_sets.exclusive:
        return from_sets
    if event.neg_risk and not event.neg_risk_augmented:
        return Proof(True, True, "negative risk: the venue states that exactly one pays")
    if event.neg_risk:
        return Proof(True, False, "negative risk to which the venue may add markets")
    return from_sets


def _made(found: Market, event: Event | None, at: Nanos) -> Instrument | None:
    """Return a market as an instrument; None when it has not two tokens, as in its first minutes.

    Raises WireError for a number or a time that is none.
    """
    names, tokens = inner(found.outcomes), inner(found.clob_token_ids)
    sound = len(names) == len(tokens) == BINARY and all(_TOKEN.fullmatch(token) for token in tokens)
    if not sound or not found.condition_id or not _CONDITION.fullmatch(found.condition_id):
        return None
    try:
        return _instrument(found, event, names, tokens, at)
    except (ValueError, ArithmeticError) as e:
        raise WireError(POLYMARKET, f"an unreadable market ({str(e)[:120]})", found.condition_id) from e


def _instrument(found: Market, event: Event | None, names: list[str], tokens: list[str], at: Nanos) -> Instrument:
    tick = _tick(found.order_price_min_tick_size)
    status, result = _status(found, at)
    title = found.group_item_title or ""
    strike = strike_of(title) if title and _is_yes(names) else None
    source = found.resolution_source or (event.resolution_source if event is not None else None) or ""
    slug = event.slug if event is not None else ""
    return Instrument(
        id=InstrumentId(POLYMARKET, found.condition_id or ""),
        title=found.question[:TITLE_ROOM],
        label=(title or names[0])[:80],
        family=FamilyId(f"{POLYMARKET}:{slug}") if slug else None,
        unit=TICK,
        grid=numbers.grid(tick),
        lot=numbers.LOT,
        least=_least(found.order_min_size),
        step=Decimal("0.01"),
        fee=_fee(found),
        opens=numbers.nanos(found.start_date),
        closes=numbers.nanos(found.end_date),
        status=status,
        strike=strike,
        result=result,
        settles_in="pUSD",
        nets=False,
        source=source[:TITLE_ROOM],
        rules=(found.description or "")[:RULES_ROOM],
        facts=_facts(found, names, tokens, tick, slug, neg_risk=_neg_risk(found, event)),
    )


def _neg_risk(found: Market, event: Event | None) -> bool:
    """Whether its orders are signed for the contract of negative risk: as the market says, else as its event does."""
    stated = found.neg_risk if found.neg_risk is not None or event is None else event.neg_risk
    return bool(stated)


def _facts(
    found: Market, names: list[str], tokens: list[str], tick: Ticks, slug: str, *, neg_risk: bool
) -> tuple[tuple[str, str], ...]:
    facts = {
        "condition": found.condition_id or "",
        "yes_token": tokens[0],
        "no_token": tokens[1],
        "yes": names[0][:80],
        "no": names[1][:80],
        "neg_risk": "1" if neg_risk else "0",
        SPENDS: "1",
        LEAST_RESTS: "1",
        "tick": numbers.price(tick),
        "slug": found.slug[:200],
        "event": slug[:200],
        "window_start": found.event_start_time or "",
        "fee": "unstated" if found.fees_enabled and found.fee_schedule is None else "",
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _status(found: Market, at: Nanos) -> tuple[str, str]:
    """Return where a market stands and, once that is known, what it paid.

    `closed` outranks what it says of acceptance: both have been seen true at once.
    """
    prices = inner(found.outcome_prices)
    result = _result(prices)
    uma = (found.uma_resolution_status or "").lower()
    if found.closed:
        final = uma == "resolved" or (not uma and result in {"yes", "no"})  # half and half may be a mere price
        return ("settled", result) if result and final else ("closed", "")
    if uma in {"proposed", "disputed"}:
        return "determined", result
    if not found.active:
        return "unopened", ""
    return ("paused", "") if found.accepting_orders is False else ("open", "")


def _result(prices: list[str]) -> str:
    try:
        pair = [numbers.number(price) for price in prices]
    except ValueError:
        return ""
    if pair == [1, 0]:
        return "yes"
    if pair == [0, 1]:
        return "no"
    return "0.5" if pair == [Decimal("0.5")] * 2 else ""


def _fee(found: Market) -> FeeRule:
    schedule = found.fee_schedule
    if found.fees_enabled is False or schedule is None or schedule.rate <= 0:
        return NO_FEE
    return wire_gamma.rule(schedule.rate, schedule.exponent, schedule.taker_only, found.slug)


def _tick(stated: Decimal | None) -> Ticks:
    """Return a tick size; a market of before they were stated has a cent."""
    count = Decimal(100) if stated is None else stated * TICKS_PER_UNIT
    if not count.is_finite() or not 1 <= count < TICKS_PER_UNIT or count != int(count):
        msg = f"no tick size: {stated}"
        raise ValueError(msg)
    return Ticks(int(count))


def _least(stated: Decimal | None) -> Qty:
    if stated is None or stated == 0:
        return Qty(LEAST_ORDER)
    if not stated.is_finite() or not numbers.LOT <= stated < 10**9:
        msg = f"no least order: {stated}"
        raise ValueError(msg)
    return Qty(stated)


def _text(token: wire_gamma.Token) -> str:
    if token.winner:
        return "1"
    return "0.5" if token.price is None else str(token.price)


def _is_yes(names: list[str]) -> bool:
    return [name.lower() for name in names] == ["yes", "no"]


def _order(one: Instrument) -> tuple[bool, int, str]:
    strike = one.strike or Strike()
    low = strike.low if strike.low is not None else (strike.high if strike.high is not None else 0)
    return strike.low is not None, low, one.label


def _series(event: Event) -> str:
    return event.series_slug or (event.series[0].slug if event.series else "")


def _group(event: Event) -> str:
    """Return the section of the markets tree an event belongs to."""
    window = _WINDOW.search(event.slug)
    if window is not None:
        return f"Crypto · {_MINUTES[window[1]]}"
    title = event.title.lower()
    if "highest temperature" in title:
        return "Weather · high"
    if "lowest temperature" in title:
        return "Weather · low"
    if "up or down" in title:
        return "Crypto · up or down"
    label = next((tag.label for tag in event.tags or [] if tag.label), None)
    return (label or "Other")[:40]


def _terms(event: Event, instruments: Sequence[Instrument]) -> SourceTerms:
    """Return what the rules of an event, and the source named beside them, say of who decides."""
    first = instruments[0]
    question = f"{event.title}. {first.rules or event.description or ''}"
    return source_rules.read(question, "", [("", text) for text in (first.source, event.resolution_source) if text])
