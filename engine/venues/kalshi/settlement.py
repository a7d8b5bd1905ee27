"""Whether a settled Kalshi event is what it should be: one YES, and the bracket that holds the official value. Pure.

A determined market is not a final one: it may be disputed and amended. Profit is provisional until every market of
the event is settled and nothing here is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from engine.core.units import Qty
from engine.venues.kalshi.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Family, Instrument, Strike

VALUE = "expiration_value"
"""Fact of an instrument: the official value, once determined."""
_DECIDED = frozenset({"determined", "settled"})
_PLACES_MOST = 6


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How an event ended."""

    winner: InstrumentId | None
    """The one market that pays YES; None before, or where several or none do."""
    value: Decimal | None
    """The official value, where the venue states one number."""
    final: bool
    """Every market is settled: what was determined can no longer change."""
    flags: tuple[str, ...] = ()
    """What is wrong with it, a sentence each; empty when nothing is."""

    @property
    def provisional(self) -> bool:
        """Whether profit on it may still change, or has to be looked at."""
        return not self.final or bool(self.flags)


def reckon(family: Family, members: Sequence[Instrument], ours: Decimal | None = None) -> Reckoning:
    """Return how an event ended, and everything that does not fit.

    Parameters
    ----------
    family : Family
        Says whether exactly one market has to pay.
    members : sequence of Instrument
        All its markets as last listed.
    ours : Decimal, optional
        The value our own oracle found, in the strikes' unit.
    """
    decided = [each for each in members if each.status in _DECIDED]
    paid = [each for each in decided if each.result == "yes"]
    flags: list[str] = []
    value = _value(decided, flags)
    if decided and len(decided) == len(members):
        _count(family, decided, paid, flags)
        if value is not None:
            _place(members, paid, value, flags)
    elif len(paid) > 1 and family.exclusive:
        flags.append(f"{len(paid)} markets pay YES though they exclude each other")
    if ours is not None and value is not None and ours != value:
        flags.append(f"the venue says {value}, our oracle {ours}")
    final = bool(members) and all(each.status == "settled" for each in members)
    winner = paid[0].id if len(paid) == 1 else None
    return Reckoning(winner=winner, value=value, final=final, flags=tuple(flags))


def holds(strike: Strike, value: Decimal) -> bool:
    """Return whether a bracket holds a value given in whole units (degrees, dollars)."""
    counted = value.scaleb(decimals(strike))
    return (strike.low is None or counted >= strike.low) and (strike.high is None or counted <= strike.high)


def decimals(strike: Strike) -> int:
    """Return in how fine a step a strike counts: 2 where its unit reads ``0.01 $``."""
    step = strike.unit.partition(" ")[0]
    try:
        places = -int(Decimal(step).as_tuple().exponent)
    except (InvalidOperation, ValueError, TypeError):
        return 0
    return min(max(places, 0), _PLACES_MOST)


def payout(instrument: Instrument, held: Qty) -> Decimal | None:
    """Return what a signed holding of YES (negative: NO) is paid; None before the market is determined."""
    if instrument.status not in _DECIDED:
        return None
    worth = _worth(instrument.result)
    if worth is None:
        return None
    return held * worth if held >= 0 else -held * (1 - worth)


def _worth(result: str) -> Decimal | None:
    if result in {"yes", "no"}:
        return Decimal(result == "yes")
    try:
        return number(result)
    except ValueError:
        return None


def _value(decided: Sequence[Instrument], flags: list[str]) -> Decimal | None:
    """Return the one official value; flag it where the markets name different ones."""
    said = {text for each in decided if (text := each.fact(VALUE))}
    numbers = set()
    for text in said:
        try:
            numbers.add(number(text))
        except ValueError:
            return None  # a name, such as of a team: there is no bracket to hold it against
    if len(numbers) > 1:
        flags.append(f"the markets name different values: {', '.join(str(n) for n in sorted(numbers))}")
    return numbers.pop() if len(numbers) == 1 else None


def _count(family: Family, decided: Sequence[Instrument], paid: Sequence[Instrument], flags: list[str]) -> None:
    odd = [each.id.symbol for each in decided if each.result not in {"yes", "no"}]
    if odd:
        flags.append(f"{', '.join(odd)} ended neither YES nor NO")
    elif family.exclusive and len(paid) > 1:
        flags.append(f"{len(paid)} markets pay YES though they exclude each other")
    elif family.exhaustive and not paid:
        flags.append("no market pays YES though the brackets leave nothing out")


def _place(members: Sequence[Instrument], paid: Sequence[Instrument], value: Decimal, flags: list[str]) -> None:
    """Flag every market whose result is not what the value makes of its strike."""
    won = {each.id for each in paid}
    for each in members:
        if each.strike is None or each.result not in {"yes", "no"}:
            continue
        if holds(each.strike, value) != (each.id in won):
            flags.append(f"{each.id.symbol} ended {each.result.upper()}, but the official value was {value}")
