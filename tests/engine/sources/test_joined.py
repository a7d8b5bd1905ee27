from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import StationForecast
from engine.core.ids import StationId
from engine.core.reading import HourQuantiles
from engine.core.units import HOUR, Nanos
from engine.sources.joined import joined

AT = Nanos(1_783_000_000_000_000_000)
HOURS = st.lists(st.integers(0, 60), unique=True, max_size=20).map(sorted)


def told(run: str, hours, at: int = AT) -> StationForecast:
    laws = tuple(HourQuantiles(valid_at=Nanos(AT + n * HOUR), p10=70.0, p50=72.0, p90=74.0) for n in hours)
    return StationForecast(at=Nanos(at), station=StationId("KMDW"), run=run, hours=laws, spread=f"of {run}")


def test_the_model_speaks_first_and_the_grid_of_what_lies_beyond() -> None:
    made = joined(told("HRRR 18Z", range(19)), told("NWS 17:10Z", range(49), AT + 5))
    assert [h.valid_at for h in made.hours] == [AT + n * HOUR for n in range(49)]
    assert (made.run, made.at, made.spread) == ("HRRR 18Z + NWS 17:10Z", AT + 5, "of HRRR 18Z")


def test_a_model_alone_and_one_that_reaches_further_stay_as_they_are() -> None:
    model = told("ECMWF 12Z", range(0, 60, 3))
    assert joined(model, None) is model
    assert joined(model, told("NWS", range(49))) is model


def test_a_model_without_hours_leaves_it_to_the_grid() -> None:
    grid = told("NWS", range(3))
    assert joined(told("HRRR 18Z", ()), grid) is grid


@given(HOURS, HOURS)
def test_no_hour_is_told_twice_and_all_of_the_model_are(model, grid) -> None:
    made = joined(told("M", model), told("G", grid))
    hours = [h.valid_at for h in made.hours]
    assert hours == sorted(set(hours))
    assert {AT + n * HOUR for n in model} <= set(hours)
