"""One field of one file by its index and a range of bytes, over real sockets; what is out of step is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import BadReport, NoAnswer
from engine.core.units import HOUR, Nanos
from engine.sources.grib_files import DEGREES, GUST, RAIN, Piece
from engine.sources.grib_index import hours
from engine.sources.http import Manner
from engine.weather.grids import HRRR
from tests.engine.sources.bucket import LEVELS, MDW, RUN, Bucket, I, J, hrrr, talk

pytest.importorskip("eccodes")
LAT, LON = np.array([MDW.lat, 41.9]), np.array([MDW.lon, -87.6])
FILE = "hrrr/f02.grib2"
TEMP = Piece(FILE, DEGREES, "TMP", "2 m above ground", hours(2))
HOUR_RAIN = Piece(FILE, RAIN, "APCP", "surface", hours(2, 1, "acc"))
ALL_RAIN = Piece(FILE, RAIN, "APCP", "surface", hours(2, 0, "acc"))


def fields(plus: float = 0.0):
    return [
        ("TMP", 2, 2, "", "", hrrr(290 + plus + 0.05 * (I - 1160) - 0.02 * (J - 650))),
        ("APCP", 0, 2, "acc", "", hrrr(5 + 0.1 * (I - 1160))),
        ("APCP", 1, 2, "acc", "", hrrr(1 + 0.01 * (J - 650))),
        ("GUST", 2, 2, "", "", hrrr(10.0)),
    ]


def bucket() -> Bucket:
    made = Bucket()
    made.put(FILE, RUN, fields())
    return made


def ij():
    return HRRR.ij(LAT, LON)


def test_a_field_is_fetched_by_its_bytes_alone_and_read_in_our_units() -> None:
    made = bucket()
    got = talk(made, lambda files, _: files.sample(RUN, [TEMP], LAT, LON))
    i, j = ij()
    kelvin = 290 + 0.05 * (i - 1160) - 0.02 * (j - 650)
    assert got.centre == pytest.approx(kelvin * 1.8 - 459.67, abs=5e-3)
    assert made.asked == [f"{FILE}.idx", FILE]
    second = int(made.files[f"{FILE}.idx"].split(b"\n")[1].split(b":")[1])
    assert made.ranges == [f"bytes=0-{second - 1}"]


def test_17_the_two_rains_of_a_file_are_told_apart() -> None:
    i, j = ij()
    for piece, want in ((HOUR_RAIN, 1 + 0.01 * (j - 650)), (ALL_RAIN, 5 + 0.1 * (i - 1160))):
        got = talk(bucket(), lambda files, _, piece=piece: files.sample(RUN, [piece], LAT, LON, 4.0))
        assert got.centre == pytest.approx(want, abs=2e-3)
        assert got.count.min() >= 4


def test_the_last_field_of_a_file_is_asked_for_to_its_end() -> None:
    made = bucket()
    piece = Piece(FILE, GUST, "GUST", "surface", hours(2))
    got = talk(made, lambda files, _: files.sample(RUN, [piece], LAT, LON))
    assert made.ranges[0].endswith("-")
    assert got.centre == pytest.approx(10 * 3.6 / 1.852)


def test_several_fields_are_made_one() -> None:
    got = talk(bucket(), lambda files, _: files.sample(RUN, [HOUR_RAIN, ALL_RAIN], LAT, LON, fold="sum"))
    i, j = ij()
    assert got.centre == pytest.approx(6 + 0.01 * (j - 650) + 0.1 * (i - 1160), abs=3e-3)


def test_a_file_that_is_not_out_is_not_asked_for_again_for_a_while() -> None:
    made = Bucket()

    async def ask(files, clock):
        found = [await files.there(FILE), await files.there(FILE)]
        made.put(FILE, RUN, fields())
        clock.at = Nanos(clock.at + 4 * HOUR // 60)
        return [*found, await files.there(FILE), await files.there(FILE)]

    assert talk(made, ask) == [False, False, True, True]
    assert made.asked == [f"{FILE}.idx"] * 2


def test_a_file_is_looked_for_though_the_clock_was_set_back() -> None:
    async def go(files, clock):
        assert not await files.there("hrrr/f03.grib2")
        clock.at = Nanos(clock.at - 24 * HOUR)
        made.put("hrrr/f03.grib2", RUN, fields())
        return await files.there("hrrr/f03.grib2")

    made = bucket()
    assert talk(made, go)


def test_an_index_older_than_its_file_is_asked_for_again() -> None:
    made = bucket()

    async def ask(files, _):
        await files.sample(RUN, [HOUR_RAIN], LAT, LON)
        old = made.files[FILE]
        made.put(FILE, RUN, [("GUST", 2, 2, "", "", hrrr(12.0)), *fields()])
        assert made.files[FILE] != old
        return await files.sample(RUN, [HOUR_RAIN], LAT, LON)

    got = talk(made, ask)
    assert got.centre == pytest.approx(1 + 0.01 * (ij()[1] - 650), abs=2e-3)
    assert made.asked.count(f"{FILE}.idx") == 2


def test_an_index_that_stays_wrong_is_refused_and_nothing_is_read_as_something_else() -> None:
    made = bucket()
    index = made.files[f"{FILE}.idx"].decode()
    swapped = index.replace("0-2 hour", "X").replace("1-2 hour", "0-2 hour").replace("X", "1-2 hour")
    made.files[f"{FILE}.idx"] = swapped.encode()
    with pytest.raises(BadReport, match="over minutes 0 to 120 in place of APCP"):
        talk(made, lambda files, _: files.sample(RUN, [HOUR_RAIN], LAT, LON))
    assert made.asked.count(f"{FILE}.idx") == 2


def test_a_range_that_breaks_off_is_asked_for_again() -> None:
    made = bucket()
    made.cut = 100
    got = talk(made, lambda files, _: files.sample(RUN, [TEMP], LAT, LON))
    assert not np.isnan(got.centre).any()
    assert len(made.ranges) == 2


def test_offsets_beyond_a_file_are_refused() -> None:
    made = bucket()
    made.files[FILE] = made.files[FILE][:50]
    piece = Piece(FILE, GUST, "GUST", "surface", hours(2))
    with pytest.raises(NoAnswer, match="HTTP 416"):
        talk(made, lambda files, _: files.sample(RUN, [piece], LAT, LON))


def test_who_sends_whole_files_is_not_asked_again() -> None:
    made = bucket()
    made.whole = True
    with pytest.raises(NoAnswer, match="sends whole files only") as caught:
        talk(made, lambda files, _: files.sample(RUN, [TEMP], LAT, LON))
    assert caught.value.lasting


def test_more_than_a_client_takes_is_not_swallowed() -> None:
    manner = Manner(every_s=0.0001, tries=1, largest=2_000)
    with pytest.raises(NoAnswer, match="more than 2000 bytes"):
        talk(bucket(), lambda files, _: files.sample(RUN, [TEMP], LAT, LON), manner=manner)


def test_another_run_in_the_same_place_is_refused() -> None:
    made = Bucket()
    made.put(FILE, Nanos(RUN - HOUR), fields())
    with pytest.raises(BadReport, match="no TMP at 2 m above ground, 2 h"):
        talk(made, lambda files, _: files.sample(RUN, [TEMP], LAT, LON))


@pytest.mark.parametrize("place", [("surface", 0.0), ("heightAboveGround", 80.0), ("isobaricInhPa", 2.0)])
def test_another_level_in_the_same_place_is_refused(monkeypatch: pytest.MonkeyPatch, place: tuple[str, float]) -> None:
    monkeypatch.setitem(LEVELS, "TMP", ("2 m above ground", *place))
    with pytest.raises(BadReport, match=f"at {place[0]} {place[1]:g} in place of TMP at 2 m above ground"):
        talk(bucket(), lambda files, _: files.sample(RUN, [TEMP], LAT, LON))


def test_a_field_in_a_unit_that_is_none_of_ours_is_refused() -> None:
    strange = replace(TEMP, quantity=replace(DEGREES, units={"degC": (1.0, 0.0)}))
    with pytest.raises(BadReport, match="temperature, F in 'K'"):
        talk(bucket(), lambda files, _: files.sample(RUN, [strange], LAT, LON))


def test_fields_of_different_units_are_not_added_up() -> None:
    odd = replace(ALL_RAIN, quantity=replace(RAIN, units={"kg m**-2": (2.0, 0.0)}))
    with pytest.raises(BadReport, match="rain, mm in different units"):
        talk(bucket(), lambda files, _: files.sample(RUN, [HOUR_RAIN, odd], LAT, LON))


def test_who_asks_says_so() -> None:
    made = bucket()
    talk(made, lambda files, _: files.there(FILE))
    assert all(agent.startswith("atmx (") for agent in made.agents)
