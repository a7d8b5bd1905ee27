"""What the palette finds of a session: names, also of what no registry knows."""

from __future__ import annotations

from app.finding import venue_title
from engine.core.ids import EMBEDDED, KALSHI, VenueId


def test_a_venue_has_a_name_also_where_only_a_simulated_day_has_it() -> None:
    assert venue_title(KALSHI) == "Kalshi"
    assert venue_title(EMBEDDED) == "own exchange"
    assert venue_title(VenueId("moonbase")) == "Moonbase"
