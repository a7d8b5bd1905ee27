"""What a fetch brought, as the archive keeps it: pieces of services, and what the terminal itself heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

import resources
from engine.core.errors import InputError, StoreDamaged
from engine.core.reading import Reading
from engine.core.snapshot import StationRow
from engine.core.units import DAY, Nanos
from engine.core.when import at_minute
from engine.sources import harvest
from engine.store import database
from engine.store.archive import Gap, Load, Minute, Statement

if TYPE_CHECKING:
    from datetime import date

    from app.commands.fetch import Done
    from engine.sources.harvest import Crop, Piece
    from engine.store.archive import Archive
    from engine.store.profile import Profile


def load(piece: Piece, crop: Crop) -> Load:
    """Return what a piece brought as rows of the archive."""
    return Load(
        readings=crop.readings,
        minutes=[
            Minute(
                m.station, m.at, m.source, m.temp_f, m.dew_f, m.wind_kt, m.gust_kt, m.precip_hundredths_in, m.suspect
            )
            for m in crop.minutes
        ],
        statements=[Statement(station, daily) for station, daily in crop.daily],
        stations=piece.stations,
        gaps=[Gap(one.station, piece.source, one.opens, one.closes, one.why) for one in crop.missing],
        daily=piece.source in harvest.OF_DAYS,
        looked=(piece.source, piece.opens, piece.closes),
        known_at=crop.known_at,
    )


def nothing(piece: Piece, why: str) -> Load:
    """Return a piece that nobody answered, as a gap of each of its stations."""
    gaps = [Gap(row.id, piece.source, piece.opens, piece.closes, why) for row in piece.stations]
    looked = (piece.source, piece.opens, piece.closes)
    return Load(stations=piece.stations, gaps=gaps, daily=piece.source in harvest.OF_DAYS, looked=looked)


def session(profile: Profile, archive: Archive, *, live: bool, first: date, last: date, done: Done) -> None:
    """Copy the reports that the terminal heard from its ledger into the archive.

    Raises
    ------
    InputError
        If there is no ledger.
    StoreDamaged
        If a report in it cannot be read.
    """
    path = profile.ledger("live" if live else "paper")
    if path is None or not path.is_file():
        raise InputError(f"{path}: there is no such ledger")
    opens, closes = at_minute(first, 0, 0), Nanos(at_minute(last, 0, 0) + DAY)
    query = "SELECT body FROM readings WHERE measured_at >= ? AND measured_at < ? ORDER BY measured_at"
    with database.reader(path) as connection:
        bodies = [str(body) for (body,) in connection.execute(query, (opens, closes))]
    try:
        readings = [msgspec.json.decode(body, type=Reading) for body in bodies]
    except msgspec.MsgspecError as e:
        raise StoreDamaged(f"{path}: a report cannot be read ({e})") from e
    heard = {reading.station for reading in readings}
    rows = [StationRow(**row) for row in resources.load_stations() if row["id"] in heard]
    done.pieces, done.rows = 1, len(readings)
    done.new = archive.keep(Load(readings=readings, stations=rows))
