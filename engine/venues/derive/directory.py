"""What Derive lists: ``ETH`` (perpetual, spot and the nearest expiries), ``ETH-20270326`` (one), ``ETH-PERP``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueRefused, WireError
from engine.core.ids import DERIVE
from engine.venues.derive import wire, wire_instruments
from engine.venues.derive.asking import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.events import Listed
    from engine.venues.derive.asking import Calls
    from engine.venues.derive.catalogue import Catalogue
    from engine.venues.derive.wire_instruments import InstrumentRow, Spec
    from engine.venues.port import Now

PAGE: Final = 1_000
KINDS: Final = ("perp", "erc20", "option")
EXPIRIES: Final = 4
"""Of a currency, when no expiry is named: a venue's whole chain is more than anybody watches at once."""
_CURRENCY: Final = re.compile(r"[A-Z0-9]{2,16}")
_EXPIRY: Final = re.compile(r"([A-Z0-9]{2,16})-([0-9]{8})")
_NAME: Final = re.compile(r"[A-Z0-9_]{2,16}(?:-[A-Z0-9_]{1,24}){1,4}")
_NONE: Final = frozenset({12001})
"""There is no such thing, which of a kind may also mean that none is listed."""


class Directory:
    """Asks what is listed, and remembers how each is counted and signed for."""

    def __init__(self, calls: Calls, catalogue: Catalogue, now: Now) -> None:
        self._calls = calls
        self._catalogue = catalogue
        self._now = now

    async def find(self, what: str) -> Sequence[Listed]:
        """Return the families of a currency, of one expiry, or of one instrument.

        Raises
        ------
        VenueError
            If the venue cannot be asked or its answer not be read; `VenueRefused` for what it does not know.
        """
        name = what.strip().upper()
        if match := _EXPIRY.fullmatch(name):
            rows = [row for row in await self._kind(match[1], "option") if _expiry(row) == match[2]]
        elif _CURRENCY.fullmatch(name):
            rows = [row for kind in KINDS for row in await self._kind(name, kind)]
            nearest = sorted({_expiry(row) for row in rows} - {""})[:EXPIRIES]
            rows = [row for row in rows if _expiry(row) in {"", *nearest}]
        elif _NAME.fullmatch(name):
            rows = [await self._row(name)]
        else:
            raise VenueRefused(DERIVE, "symbol", f"no currency, expiry or instrument: {what[:60]!r}")
        if not rows:
            raise VenueRefused(DERIVE, "symbol", f"nothing is listed of {name[:60]}")
        return wire_instruments.listed(self._learned(rows), self._now())

    async def look(self, symbols: Iterable[str]) -> Sequence[Listed]:
        """Return the families of instruments that nobody looked up yet; one the venue does not know is left out.

        Raises
        ------
        VenueError
            If the venue cannot be asked.
        """
        rows = []
        for symbol in symbols:
            try:
                rows.append(await self._row(symbol))
            except VenueRefused:
                continue
        return wire_instruments.listed(self._learned(rows), self._now())

    async def spec(self, symbol: str) -> Spec | None:
        """Return an instrument, asked for where it is not known; None where the venue does not know it either.

        Raises
        ------
        VenueError
            If the venue cannot be asked.
        """
        if self._catalogue.find(symbol) is None:
            await self.look([symbol])
        return self._catalogue.find(symbol)

    async def _kind(self, currency: str, kind: str) -> list[InstrumentRow]:
        rows: list[InstrumentRow] = []
        params = {"currency": currency, "instrument_type": kind, "expired": False}
        try:
            async for page in self._calls.pages(
                "public/get_all_instruments", params, wire_instruments.INSTRUMENTS, PAGE
            ):
                rows += page.instruments
        except Refused as e:
            if e.error.code not in _NONE:
                raise
        return rows

    async def _row(self, symbol: str) -> InstrumentRow:
        try:
            return await self._calls.ask(
                "public/get_instrument", {"instrument_name": symbol}, wire_instruments.INSTRUMENT
            )
        except Refused as e:
            raise VenueRefused(DERIVE, "symbol", f"{symbol[:60]}: {e}") from e

    def _learned(self, rows: Iterable[InstrumentRow]) -> list[Spec]:
        """Return what could be read; one instrument that cannot must not hide the others."""
        specs = []
        failed: WireError | None = None
        for row in rows:
            try:
                specs.append(wire.understood(wire_instruments.spec, row.instrument_name, row, self._now()))
            except WireError as e:
                failed = e
        if failed is not None and not specs:
            raise failed
        return self._catalogue.learn(specs)


def _expiry(row: InstrumentRow) -> str:
    parts = row.instrument_name.split("-")
    return parts[1] if row.option_details is not None and len(parts) > 1 else ""
