"""What is known of Derive's instruments: how each is counted and signed for, and the index it has now."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from engine.core.ids import DERIVE, InstrumentId

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.units import Nanos
    from engine.venues.derive.wire_instruments import Spec

MOST: Final = 20_000
"""Instruments remembered."""


class Catalogue:
    """Instruments by name. Tick and lot of one never change in a session, or its prices would change their meaning."""

    def __init__(self) -> None:
        self._specs: OrderedDict[str, Spec] = OrderedDict()
        self._indexes: dict[str, tuple[Decimal, Nanos]] = {}

    def learn(self, specs: Iterable[Spec]) -> list[Spec]:
        """Take in what was listed; return it as far as it fits what was known before."""
        taken = []
        for one in specs:
            name = one.id.symbol
            known = self._specs.get(name)
            if known is not None and (known.unit, known.lot) != (one.unit, one.lot):
                continue  # it is counted anew: what we hold of it is in the old measure until the next start
            self._specs[name] = one
            taken.append(one)
        while len(self._specs) > MOST:
            self._specs.popitem(last=False)
        return taken

    def find(self, symbol: str) -> Spec | None:
        """Return an instrument, or None while it is not known."""
        return self._specs.get(symbol)

    def of(self, instrument: InstrumentId) -> Spec | None:
        """Return an instrument of this venue, or None."""
        return self._specs.get(instrument.symbol) if instrument.venue == DERIVE else None

    def reckoned(self, symbol: str, index: Decimal, at: Nanos) -> None:
        """Take in the index that the venue reckons an instrument with."""
        self._indexes[symbol] = index, at

    def index(self, symbol: str) -> tuple[Decimal, Nanos] | None:
        """Return that index and when it was told, or None."""
        return self._indexes.get(symbol)
