"""The stations that every simulated day is built on: the shipped list."""

from __future__ import annotations

import pytest

import resources
from engine.core.snapshot import StationRow
from engine.sandbox import day
from engine.sandbox.contracts import Board
from engine.sandbox.outlook import Outlook


@pytest.fixture(scope="session")
def stations() -> tuple[StationRow, ...]:
    return tuple(StationRow(**row) for row in resources.load_stations())


@pytest.fixture(scope="session")
def world(stations):
    """Return a function from a seed to its weather, forecasts and markets, as a day makes them."""

    def make(seed: int):
        skies = day.skies(seed, day.build(seed, stations).stations)
        outlook = Outlook(seed, skies)
        return skies, outlook, Board(skies, outlook, day.START)

    return make
