from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.research import provider_sets
from tests.shared import shared


def test_a_folder_without_any_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no set of providers' days"):
        provider_sets.checks(tmp_path)


def test_a_set_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "frames/weather/lcd"
    folder.mkdir(parents=True)
    (folder / "meteostat_vs_ncei_daily_pairs.csv").write_text(
        "city,DATE,ncei_tmax_f,meteostat_tmax_c\nny,2026-01-02,x,1\n"
    )
    with pytest.raises(InputError, match="no number: 'x'"):
        provider_sets.checks(tmp_path)


def test_five_minute_rows_are_held_against_what_settled(tmp_path: Path) -> None:
    folder = tmp_path / "frames/weather/synoptic"
    folder.mkdir(parents=True)
    head = "trade_date,city,event_ticker,settlement_tmax_f,settlement_source_url,station"
    (folder / "cli_settlements_x.csv").write_text(f"{head}\n2026-01-30,il,K,71.0,u,KMDW\n")
    rows = [f"KMDW,2026-01-30T{hour:02}:20:00+00:00,{71.6 if hour == 20 else 50}" for hour in range(6, 24)]
    rows += [f"KMDW,2026-01-31T{hour:02}:20:00+00:00,50" for hour in range(6)]
    (folder / "obs_5min_x.csv").write_text("station,valid_utc,temp_f\n" + "\n".join(rows) + "\n")
    (found,) = provider_sets.checks(tmp_path)
    assert (found.provider, found.station, found.n, found.equal) == ("five_minute", "KMDW", 1, 1)  # 22 °C: 71 or 72


def test_the_recorded_sets_come_out_as_they_were_measured() -> None:
    found = {(one.provider, one.station): one for one in provider_sets.checks(shared("frames").parent)}
    own = found["asos", "KATL"]
    assert (own.n, round((own.equal or 0) * own.n), own.above, own.usable) == (52, 49, 0, True)
    assert found["asos 24 h group", "KATL"].equal == 1
    assert found["asos whole Celsius", "KATL"].usable is False
    hourly = found["greatest hour, whole Celsius", "KNYC"]
    assert (hourly.n, round((hourly.equal or 0) * hourly.n), hourly.usable) == (1_459, 560, False)
    crossing = found["visual_crossing days, not locked", "KNYC"]
    assert (crossing.n, crossing.above, crossing.usable) == (10, 0, None)
