"""The models a session asks: where they are, in which order, and what it takes to ask them.

NBM is asked first, since it is calibrated against stations, then HRRR with the spread of GEFS, then GEFS itself and
ECMWF. JMA is asked where it is named: it comes from a service that is free for non-commercial use only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from engine.core.units import Nanos
from engine.sources import ecmwf, ecmwf_index, gefs, grib_files, grib_index, hrrr, nbm, open_meteo
from engine.sources.ecmwf import Ecmwf
from engine.sources.gefs import Gefs
from engine.sources.grib_files import Files
from engine.sources.grib_reader import GribReader
from engine.sources.hrrr import Hrrr
from engine.sources.http import Client
from engine.sources.modelled import Modelled
from engine.sources.nbm import Nbm
from engine.sources.open_meteo import OpenMeteo
from engine.sources.rounds import Rounds

if TYPE_CHECKING:
    from engine.sources.forecasts import Forecasts

HRRR, GEFS, NBM, ECMWF, JMA = "hrrr", "gefs", "nbm", "ecmwf", "jma"
ORDER: Final = (NBM, HRRR, GEFS, ECMWF, JMA)
USUAL: Final = (NBM, HRRR, GEFS, ECMWF)
"""Those that anybody may ask."""
TITLES: Final = {HRRR: hrrr.NAME, GEFS: gefs.NAME, NBM: nbm.NAME, ECMWF: ecmwf.NAME, JMA: open_meteo.NAME}
PLACES: Final[Mapping[str, str]] = {
    HRRR: hrrr.BASE, GEFS: gefs.BASE, NBM: nbm.BASE, ECMWF: ecmwf.BASE, JMA: open_meteo.BASE,
}  # fmt: skip
CREDITS: Final[Mapping[str, str]] = {ECMWF: ecmwf.CREDIT, JMA: open_meteo.CREDIT}
"""What has to be shown wherever a number of theirs is."""
NOTES: Final[Mapping[str, str]] = {JMA: open_meteo.NOTE}
_MANNERS = {HRRR: hrrr.MANNER, GEFS: gefs.MANNER, NBM: nbm.MANNER, ECMWF: ecmwf.MANNER, JMA: open_meteo.MANNER}


@dataclass(slots=True)
class Models:
    """The models of a session, what they are asked through, and the process that reads their files."""

    asked: Modelled
    reader: GribReader
    clients: dict[str, Client] = field(default_factory=dict)

    async def close(self) -> None:
        """Close every connection and end the process."""
        for client in self.clients.values():
            await client.close()
        await self.reader.close()


def usual() -> tuple[str, ...]:
    """Return the models that are asked where the settings name none: none where their files cannot be read."""
    return USUAL if find_spec("eccodes") is not None else ()


def build(
    names: Sequence[str],
    now: Callable[[], Nanos],
    rng: random.Random,
    rounds: Rounds,
    *,
    places: Mapping[str, str] = PLACES,
    contact: str = "",
) -> Models:
    """Return the models by these names, in `ORDER`; nothing is asked yet.

    Raises
    ------
    ValueError
        If a name is none of them.
    """
    if unknown := [name for name in names if name not in ORDER]:
        msg = f"no model is called {unknown[0][:20]!r}; there are {', '.join(ORDER)}"
        raise ValueError(msg)
    reader = GribReader()
    clients = {
        name: Client(
            TITLES[name], places[name], now, rng=rng, manner=_MANNERS[name], contact=contact,
            judge=open_meteo.judge if name == JMA else grib_files.judge,
        )
        for name in ORDER if name in names
    }  # fmt: skip
    made: dict[str, Forecasts] = {}
    ensemble = Gefs(Files(clients[GEFS], reader, now)) if GEFS in clients else None
    for name, client in clients.items():
        made[name] = _model(name, client, reader, now, ensemble)
    return Models(Modelled(tuple(made.values()), now, rounds, reader), reader, clients)


def _model(name: str, client: Client, reader: GribReader, now: Callable[[], Nanos], ensemble: Gefs | None) -> Forecasts:
    if name == JMA:
        return OpenMeteo(client, now)
    if name == ECMWF:
        return Ecmwf(Files(client, reader, now, index=ecmwf.index, parse=ecmwf_index.parse))
    if name == GEFS and ensemble is not None:
        return ensemble
    files = Files(client, reader, now, parse=grib_index.parse)
    return Nbm(files) if name == NBM else Hrrr(files, ensemble)
