"""Which venue and instrument price an asset and hedge what is held of it: a table that the settings keep.

A request for an option on ``ETH`` names the asset as its venue calls it; what its forward is, and where its delta is
laid off, follows from here and never from an instrument's name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.core.ids import DERIBIT, InstrumentId, VenueId
from engine.core.snapshot import AssetRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHAPE: Final = r"[A-Za-z0-9]{1,20}=[a-z0-9_-]{1,40}/[A-Za-z0-9._-]{1,80}"
"""Of one entry: the asset, the venue, and the instrument on it."""
WORDS: Final = "an asset, a venue and an instrument on it, such as BTC=deribit/BTC-PERPETUAL,"
_ENTRY: Final = re.compile(SHAPE)
DEFAULT: Final = (
    AssetRow(asset="BTC", instrument=InstrumentId(DERIBIT, "BTC-PERPETUAL")),
    AssetRow(asset="ETH", instrument=InstrumentId(DERIBIT, "ETH-PERPETUAL")),
    AssetRow(asset="SOL", instrument=InstrumentId(DERIBIT, "SOL_USDC-PERPETUAL")),
)


def written(row: AssetRow) -> str:
    """Return an entry as settings keep it."""
    return f"{row.asset}={row.instrument.venue}/{row.instrument.symbol}"


def read(entries: Iterable[str]) -> tuple[AssetRow, ...]:
    """Return the table that some entries say; of an asset that is named twice the last one counts.

    Raises
    ------
    ValueError
        If one is no entry.
    """
    found: dict[str, AssetRow] = {}
    for entry in entries:
        if _ENTRY.fullmatch(entry) is None:
            msg = f"{entry[:80]!r} is not {WORDS} as a table of assets needs"
            raise ValueError(msg)
        asset, _, where = entry.partition("=")
        venue, _, symbol = where.partition("/")
        found[asset.upper()] = AssetRow(asset=asset.upper(), instrument=InstrumentId(VenueId(venue), symbol))
    return tuple(found.values())


def table(rows: Iterable[AssetRow]) -> Mapping[str, AssetRow]:
    """Return rows by asset."""
    return {row.asset: row for row in rows}
