"""Which models a session asks, and in which order."""

from __future__ import annotations

import asyncio
import random

import pytest

from app import setting_list
from engine.core.contract import Metric
from engine.core.units import HOUR, Nanos
from engine.sources import models
from engine.sources.forecasts import Wanted
from engine.sources.modelled import WHAT
from engine.sources.rounds import Rounds
from tests.engine.sources.bucket import CELLS, MDW, RUN, Bucket, served


def build(names, **more):
    return models.build(names, lambda: RUN, random.Random(1), Rounds(), **more)


def test_models_are_asked_in_their_order_and_jma_only_where_it_is_named() -> None:
    made = build(("jma", "ecmwf", "gefs", "hrrr", "nbm"))
    assert [model.name for model in made.asked.models] == ["NBM", "HRRR", "GEFS", "ECMWF", "JMA"]
    assert "jma" not in models.USUAL
    assert "non-commercial" in models.NOTES["jma"]
    assert {model.credit for model in made.asked.models} == {"", *models.CREDITS.values()}


def test_hrrr_takes_its_spread_from_the_ensemble_that_is_asked_too() -> None:
    with_it, without = build(("hrrr", "gefs")), build(("hrrr",))
    assert with_it.asked.models[0].ensemble is with_it.asked.models[1]
    assert without.asked.models[0].ensemble is None


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no model is called 'icon'; there are nbm, hrrr, gefs, ecmwf, jma"):
        build(("icon",))


def test_empty_buckets_are_told_of_model_by_model_and_end_nothing() -> None:
    rounds = Rounds()
    wanted = Wanted(Metric.TEMP_MAX, Nanos(RUN + 6 * HOUR), Nanos(RUN + 30 * HOUR), CELLS)

    async def go():
        async with served(Bucket()) as base:
            places = dict.fromkeys(models.ORDER, base)
            made = models.build(models.USUAL, lambda: RUN, random.Random(1), rounds, places=places)
            try:
                return await made.asked.ask([MDW], [wanted])
            finally:
                await made.close()

    assert asyncio.run(go()) == ()
    assert {name for (name, what), one in rounds.by.items() if what == WHAT and one.why} == set(models.USUAL)


@pytest.mark.parametrize("there", [True, False])
def test_without_a_decoder_none_is_asked_that_was_not_named(there: bool, monkeypatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: object() if there else None)
    assert models.usual() == (models.USUAL if there else ())


def test_the_settings_know_them_all() -> None:
    assert set(setting_list.MODELS) == set(models.ORDER) == set(models.PLACES)
