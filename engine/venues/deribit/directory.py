"""What Deribit lists: the options of a coin by expiry, its futures and its perpetual, inverse or in USDC.

The list of a currency costs twenty times what other requests do, so it is remembered for a while; in between, news of
states (`instrument.state`) tell what was added and what ended.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueRefused, WireError
from engine.core.ids import DERIBIT
from engine.core.units import MINUTE
from engine.venues.deribit import asking, wire, wire_instruments
from engine.venues.deribit.endpoints import INSTRUMENTS
from engine.venues.skipped import Skipped, name_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from engine.core.events import Listed
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.core.units import Nanos
    from engine.venues.deribit.numbers import Scale
    from engine.venues.deribit.wire_instruments import Row
    from engine.venues.port import Now
    from engine.venues.rest import Rest

LIFE: Final = MINUTE
"""For how long the list of a currency is taken as known."""
OWN: Final = frozenset({"BTC", "ETH"})
"""Coins with a currency of their own; what is about another is settled in USDC."""
LINEAR: Final = "USDC"
ROWS_MOST: Final = 20_000
_NAME: Final = re.compile(r"[A-Z0-9]{2,12}(_USD[CT])?(-[0-9A-Z_]{1,24}(-[0-9Dd]{1,16}-[CP])?)?")


class Directory:
    """Asks for instruments. All of it is public."""

    def __init__(self, rest: Rest, now: Now) -> None:
        self._rest = rest
        self._now = now
        self.scales: dict[str, Scale] = {}
        """Of everything listed so far, by name. They never change in a session, or ticks would change their meaning."""
        self.instruments: dict[str, Instrument] = {}
        self.listings = 0
        """How often something was listed."""
        self.skipped = Skipped()
        """Rows that could not be read while others could."""
        self._known: dict[str, tuple[Nanos, list[Listed]]] = {}

    async def find(self, what: str) -> Sequence[Listed]:
        """Return the families of a coin (``BTC``), of its linear side (``BTC_USDC``), of an expiry, or of a name.

        Several may be named, with commas between them. ``BTC-27NOV26`` is the options of that day, ``BTC-OPTIONS``
        those of all days, ``BTC-FUTURES`` all futures and the perpetual, ``BTC-PERPETUAL`` the same. A coin that has
        no options in its own money is found on the linear side (``SOL``).

        Raises
        ------
        VenueError
            If the venue cannot be asked, does not list it, or its answer cannot be read.
        """
        found: dict[str, Listed] = {}
        for word in what.split(","):
            if word.strip():
                found |= {one.family.id: one for one in await self._one(word.strip().upper())}
        return list(found.values())

    async def every(self, currency: str) -> list[Listed]:
        """Return all families of a currency of the venue: ``BTC``, ``ETH``, ``USDC``.

        Raises
        ------
        VenueError
            As `find`.
        """
        at = self._now()
        known = self._known.get(currency)
        if known is not None and 0 <= at - known[0] < LIFE:
            return known[1]
        params = {"currency": currency, "expired": False}
        raw = await asking.ask(self._rest, self._now, "public/get_instruments", params, cost=INSTRUMENTS)
        listed = self._listed(raw, at)
        self._known[currency] = (at, listed)
        return listed

    async def one(self, name: str) -> Instrument:
        """Return one instrument by its name, one that has ended too.

        Raises
        ------
        VenueError
            As `find`.
        """
        raw = await asking.ask(self._rest, self._now, "public/get_instrument", {"instrument_name": name})
        row = wire.body(wire_instruments.ROW, raw)
        if row.instrument_name != name or not (found := self._instruments([row])):
            raise WireError(DERIBIT, f"another instrument than {name[:80]}, or one we cannot read", bytes(raw))
        return found[0]

    def stale(self) -> None:
        """Forget the lists: something was added or ended."""
        self._known.clear()

    def scale(self, one: InstrumentId) -> Scale | None:
        """Return the ticks and lots of an instrument; None for one that was never listed."""
        return self.scales.get(one.symbol)

    async def _one(self, name: str) -> list[Listed]:
        if not _NAME.fullmatch(name):
            raise VenueRefused(DERIBIT, "no_name", "a coin or an expiry is named like BTC, BTC_USDC or BTC-27NOV26")
        chain, _, rest = name.partition("-")
        coin, _, settled = chain.partition("_")
        own = coin in OWN and not settled
        listed = await self.every(coin if own else settled or LINEAR)
        chain = chain if own or settled else f"{coin}_{LINEAR}"
        mine = [one for one in listed if one.family.id.partition(":")[2].rpartition("-")[0] == chain]
        if rest == "OPTIONS":
            mine = [one for one in mine if not one.family.id.endswith("-FUTURES")]
        elif rest:
            full = f"{chain}-{rest}"
            mine = [one for one in mine if _holds(one, full)]
        if not mine:
            raise VenueRefused(DERIBIT, "instrument", f"nothing of {name[:40]} is listed")
        return mine

    def _listed(self, raw: msgspec.Raw, at: Nanos) -> list[Listed]:
        rows = self._rows(raw)
        return wire_instruments.families(rows, self._instruments(rows), at)

    def _instruments(self, rows: Sequence[Row]) -> list[Instrument]:
        self.listings += 1
        instruments: list[Instrument] = []
        for row in rows:
            try:
                known = self.scales.get(row.instrument_name)
                one = wire.understood(wire_instruments.instrument, row.instrument_name, row, known)
            except WireError as e:
                self.skipped.add(row.instrument_name, str(e))
                continue
            instruments.append(one)
            self.instruments[one.id.symbol] = one
            if known is None:
                self.scales[one.id.symbol] = wire_instruments.scale(row)
        return instruments

    def _rows(self, raw: msgspec.Raw) -> list[Row]:
        """Return what we trade of a list; a row that cannot be read does not hide the others."""
        items = wire.body(wire_instruments.RAW, raw)
        if len(items) > ROWS_MOST:
            raise WireError(DERIBIT, f"a list of {len(items)} instruments")
        rows: list[Row] = []
        for item in items:
            try:
                row = wire.body(wire_instruments.ROW, item)
            except WireError as e:
                self.skipped.add(name_in(item, "instrument_name"), str(e))
                continue
            if row.kind in wire_instruments.KINDS:
                rows.append(row)
        if items and not rows and self.skipped.count:
            raise WireError(DERIBIT, "a list of instruments of which none can be read", bytes(raw))
        return rows


def _holds(one: Listed, name: str) -> bool:
    return one.family.id.endswith(f":{name}") or any(member.symbol == name for member in one.family.members)
