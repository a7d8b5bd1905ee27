"""Which exchange, by the library's own name, and where: the library knows the addresses unless others are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.ids import VenueId

PREFIX = "ccxt-"
"""An exchange is the venue ``ccxt-NAME``."""
OWN = frozenset({"deribit", "derive", "polymarket", "kalshi"})
"""Exchanges with a connector of their own here, which is the better one."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One exchange."""

    exchange: str
    sandbox: bool = False
    """The exchange's own test network."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Of the library's table of addresses, those to replace."""
    options: Mapping[str, object] = field(default_factory=dict)


def exchange_of(venue: str) -> str:
    """Return the library's name of a venue's exchange; empty for a venue that is none of CCXT's."""
    return venue.removeprefix(PREFIX) if venue.startswith(PREFIX) else ""


def venue_of(exchange: str) -> VenueId:
    """Return the venue of an exchange."""
    return VenueId(f"{PREFIX}{exchange}")
