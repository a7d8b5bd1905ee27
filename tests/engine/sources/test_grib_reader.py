"""The worker process that decodes GRIB: what it reads, and that it is replaced when it hangs, dies or is left."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from engine.core.errors import BadReport, NoAnswer
from engine.core.when import instant
from engine.sources import grib_reader
from engine.sources.grib_message import Facts
from engine.sources.grib_reader import GribReader
from engine.weather.gridded import Field
from engine.weather.grids import HRRR
from tests.engine.sources import workers

pytest.importorskip("eccodes")
from engine.sources.grib_decode import coded

FACTS = Facts(
    run=instant("2026-07-01T12:00:00Z"), start=180, end=180, kind="", parameter=(0, 0, 0), name="2t", unit="K",
    level_kind="heightAboveGround", level=2.0,
)  # fmt: skip
FIELD = Field(HRRR, 280 + np.random.default_rng(5).random((30, 30)) * 20, i0=1540, j0=690)
MESSAGE = coded(FACTS, FIELD)
LAT, LON = HRRR.places(np.array([1545.0, 1550.3, 1700.0]), np.array([700.0, 699.7, 700.0]))


def talk(ask, **more):
    async def go():
        reader = GribReader(**more)
        try:
            return await ask(reader), reader.started
        finally:
            await reader.close()

    return asyncio.run(go())


def test_a_message_is_read_at_places_as_its_field_is() -> None:
    read, started = talk(lambda reader: reader.read([MESSAGE], LAT, LON, 5.0))
    want = FIELD.sample(LAT, LON, 5.0)
    assert (read.facts, started) == ((FACTS,), 1)
    assert read.samples.centre[:2] == pytest.approx(want.centre[:2], abs=1e-3)
    assert np.isnan(read.samples.centre[2])
    assert read.samples.count.tolist() == want.count.tolist()
    assert read.samples.mean[:2] == pytest.approx(want.mean[:2], abs=1e-3)
    assert (read.samples.most[:2], read.samples.least[:2]) == (
        pytest.approx(want.most[:2], abs=1e-3), pytest.approx(want.least[:2], abs=1e-3),
    )  # fmt: skip


def test_one_process_reads_many_messages_and_an_unreadable_one_does_not_end_it() -> None:
    async def ask(reader: GribReader) -> list[str]:
        said = []
        for body in (MESSAGE, b"GRIB" + bytes(60), MESSAGE[:200], MESSAGE):
            try:
                said.append((await reader.read([body], LAT, LON)).facts[0].name)
            except BadReport as e:
                said.append(str(e)[:41])
        return said

    refused = "a GRIB message that cannot be decoded"
    said, started = talk(ask)
    assert (said[0], said[3], started) == ("2t", "2t", 1)
    assert all(text.startswith(refused) for text in said[1:3])


@pytest.mark.parametrize(
    ("work", "why"), [(workers.hang, "took too long and was ended"), (workers.die, "died"), (workers.babble, "died")]
)
def test_a_process_that_hangs_or_dies_is_told_of_and_replaced(work, why: str) -> None:
    async def ask(reader: GribReader) -> None:
        for _ in range(2):
            with pytest.raises(NoAnswer, match=f"the process that reads GRIB {why}") as caught:
                await reader.read([MESSAGE], LAT, LON)
            assert not caught.value.lasting

    assert talk(ask, work=work, patience_s=0.6 if work is workers.hang else 20.0)[1] == 2


def test_after_a_death_the_next_message_is_read_again() -> None:
    async def ask(reader: GribReader) -> str:
        with pytest.raises(NoAnswer, match="died"):
            await reader.read([MESSAGE], LAT, LON, 7.0)
        return (await reader.read([MESSAGE], LAT, LON)).facts[0].name

    assert talk(ask, work=workers.die_or_serve) == ("2t", 2)


def test_who_gives_up_waiting_does_not_leave_his_answer_to_the_next() -> None:
    async def ask(reader: GribReader) -> tuple[int, ...]:
        first = asyncio.create_task(reader.read([MESSAGE], LAT, LON, 5.0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return (await reader.read([MESSAGE], LAT[:1], LON[:1])).samples.centre.shape

    assert talk(ask)[0] == (1,)


def test_a_process_is_ended_to_rest_and_started_again() -> None:
    async def ask(reader: GribReader) -> bool:
        await reader.read([MESSAGE], LAT, LON)
        process = reader._process
        await reader.rest()
        gone = process is not None and reader._process is None
        await reader.read([MESSAGE], LAT, LON)
        return gone

    assert talk(ask) == (True, 2)


def test_a_decoder_that_cannot_be_loaded_is_said_once_and_no_process_started_again() -> None:
    async def ask(reader: GribReader) -> None:
        for _ in range(2):
            with pytest.raises(NoAnswer, match="no ecCodes here") as caught:
                await reader.read([MESSAGE], LAT, LON)
            assert caught.value.lasting

    assert talk(ask, work=workers.absent)[1] == 1


def test_without_eccodes_one_sentence_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grib_reader, "find_spec", lambda _: None)
    assert "is not installed" in talk(lambda reader: reader.tried())[0]
    with pytest.raises(NoAnswer, match=r"ecCodes is not installed \(extra `grib`\)") as caught:
        talk(lambda reader: reader.read([MESSAGE], LAT, LON))
    assert caught.value.lasting


def test_more_than_a_process_takes_at_once_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grib_reader, "MOST_BYTES", 1_000)

    async def ask(reader: GribReader) -> None:
        with pytest.raises(BadReport, match="more than 1000 bytes"):
            await reader.read([MESSAGE], LAT, LON)

    assert talk(ask)[1] == 0


def test_a_process_that_has_read_for_long_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grib_reader, "RENEWED", 2)

    async def ask(reader: GribReader) -> None:
        for _ in range(3):
            await reader.read([MESSAGE], LAT, LON)

    assert talk(ask, work=workers.answer_all)[1] == 2


def test_a_machine_that_reads_grib_says_so_and_a_death_is_no_answer() -> None:
    assert talk(lambda reader: reader.tried()) == ("", 1)
    assert talk(lambda reader: reader.tried(), work=workers.absent)[0] == "no ecCodes here"
    with pytest.raises(NoAnswer, match="died"):
        talk(lambda reader: reader.tried(), work=workers.die)


def test_places_come_in_two_rows_of_one_length() -> None:
    with pytest.raises(ValueError, match="places must be two rows"):
        talk(lambda reader: reader.read([MESSAGE], LAT, LON[:1]))
