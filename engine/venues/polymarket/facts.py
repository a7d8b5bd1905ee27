"""What is known of each market: its instrument, and which token is which leg. Shared by feed, gateway and directory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from engine.core.errors import VenueError
from engine.core.ids import POLYMARKET
from engine.core.units import Leg
from engine.venues.polymarket import listing, wire_gamma
from engine.venues.polymarket.cache import Cache
from engine.venues.polymarket.wire_market import Whose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.events import Listed
    from engine.core.fee_rule import FeeRule
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Band, Instrument
    from engine.venues.port import Now
    from engine.venues.rest import Rest

YES: Final = Leg.YES
ROOM: Final = 4_096


class Tokens(NamedTuple):
    """Ids of a market's tokens."""

    yes: str
    no: str

    def of(self, leg: Leg) -> str:
        """Return the token of a leg."""
        return self.yes if leg is YES else self.no


class Facts:
    """Instruments by id and legs by token; what is not known is asked of the CLOB."""

    def __init__(self, clob: Rest, now: Now, room: int = ROOM) -> None:
        self.clob = clob
        self._now = now
        self._instruments: Cache[InstrumentId, Instrument] = Cache(now, room)
        self._fees: Cache[InstrumentId, FeeRule] = Cache(now, room)
        self._whose: dict[str, Whose] = {}

    @property
    def whose(self) -> Mapping[str, Whose]:
        """By token id: whose it is."""
        return self._whose

    def learn(self, instrument: Instrument) -> None:
        """Remember an instrument of this venue."""
        tokens = tokens_of(instrument)
        for gone in self._instruments.put(instrument.id, instrument):
            self._whose = {token: whose for token, whose in self._whose.items() if whose.instrument != gone}
        self._whose[tokens.yes] = Whose(instrument.id, Leg.YES)
        self._whose[tokens.no] = Whose(instrument.id, Leg.NO)

    def regrid(self, name: InstrumentId, grid: tuple[Band, ...]) -> None:
        """Remember that orders may lie elsewhere now."""
        known = self._instruments.any(name)
        if known is not None:
            self._instruments.put(name, replace(known, grid=grid))

    def known(self, name: InstrumentId) -> Instrument | None:
        """Return an instrument as last heard of, without asking."""
        return self._instruments.any(name)

    async def get(self, name: InstrumentId) -> Instrument:
        """Return an instrument, asked of the CLOB if it is not known.

        Raises
        ------
        VenueError
            If the venue does not know it, cannot be asked or its answer not be read.
        """
        known = self._instruments.any(name)
        if known is not None:
            return known
        found = listing.clob_market(await self.clob.read(f"/markets/{name.symbol}"), self._now())
        if found is None or found.id != name:
            raise VenueError(POLYMARKET, f"{name.symbol[:80]} has no tokens to trade yet")
        found = await self.with_fee(found)
        self.learn(found)
        return found

    async def with_fee(self, instrument: Instrument) -> Instrument:
        """Return an instrument with the fee that the CLOB states, where its listing did not say.

        A market whose fee cannot be asked stays without one; a fee is never guessed.
        """
        fee = self._fees.fresh(instrument.id)
        if fee is None:
            try:
                fee = wire_gamma.short_fee(await self.clob.read(f"/clob-markets/{instrument.id.symbol}"))
            except VenueError:
                return instrument
            self._fees.put(instrument.id, fee)
        stated = tuple((name, value) for name, value in instrument.facts if name != "fee")
        return replace(instrument, fee=fee, facts=stated)

    async def complete(self, listed: Listed) -> Listed:
        """Return a listing whose fees are all stated, and remember its instruments."""
        instruments = tuple(
            [await self.with_fee(one) if one.fact("fee") == "unstated" else one for one in listed.instruments]
        )
        for one in instruments:
            self.learn(one)
        return replace(listed, instruments=instruments)


def tokens_of(instrument: Instrument) -> Tokens:
    """Return an instrument's tokens. Raises VenueError if it has none, and so is no market of this venue."""
    found = _tokens(instrument.facts)
    if found is None:
        raise VenueError(POLYMARKET, f"{instrument.id.symbol} has no tokens")
    return found


@lru_cache(maxsize=ROOM)
def _tokens(facts: tuple[tuple[str, str], ...]) -> Tokens | None:
    said = dict(reversed(facts))
    yes, no = said.get("yes_token"), said.get("no_token")
    return Tokens(yes, no) if yes and no else None
