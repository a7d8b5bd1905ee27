from __future__ import annotations

import pytest

from app import settings
from app.settings import Settings
from engine.core.errors import ConfigError


def written(tmp_path, text: str):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold(tmp_path) -> None:
    assert settings.load(tmp_path / "settings.toml") == Settings()
    assert set(Settings().venues.on) == {"kalshi", "polymarket", "binance"}


def test_what_the_file_says_holds(tmp_path) -> None:
    path = written(
        tmp_path, '[venues]\non = ["kalshi"]\n[venues.kalshi]\nenvironment = "demo"\nseries = ["KXHIGHNY"]\n'
    )
    found = settings.load(path)
    assert found.venues.on == ("kalshi",)
    assert (found.venues.kalshi.environment, found.venues.kalshi.series) == ("demo", ("KXHIGHNY",))


def test_the_weather_is_asked_in_ones_own_name(tmp_path) -> None:
    text = "[weather]\non = ['nws']\ncontact = 'desk@example.org'\nstations = ['KMDW']\nareas = ['IL']\n"
    text += "private_file = 'mine.csv'\n"
    found = settings.load(written(tmp_path, text)).weather
    assert found.private_file == "mine.csv"
    assert (found.on, found.contact, found.stations, found.areas) == (("nws",), "desk@example.org", ("KMDW",), ("IL",))
    assert Settings().weather.on == ("iem", "nws", "visual_crossing")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[venues]\non = ['nyse']\n", ("venues.on", "'nyse'", "kalshi, polymarket, binance")),
        ("[venues.kalshi]\nenvironment = 'live'\n", ("venues.kalshi.environment", "'live'", "prod, demo")),
        ("[venues.binance]\nseries = ['BTC USDT']\n", ("venues.binance.series", "'BTC USDT'", "letters")),
        ("[venues.binance]\nseries = " + str(["A"] * 65) + "\n", ("venues.binance.series", "65", "64")),
        ("[venues]\non = 3\n", ("venues.on has 3", "a list", "kalshi, polymarket, binance")),
        ("[venue]\n", ("unknown key 'venue'", "venues, weather")),
        ("[weather]\non = ['awc']\n", ("weather.on", "'awc'", "iem, nws, visual_crossing")),
        ("[weather]\nmodels = ['gfs']\n", ("weather.models", "'gfs'", "hrrr, nbm, gefs, ecmwf, jma")),
        ("[weather]\ncontact = 'a b'\n", ("weather.contact", "'a b'", "without spaces")),
        ("[weather]\nstations = ['Midway']\n", ("weather.stations", "'Midway'", "KMDW")),
        ("[weather]\nareas = " + str(["NY"] * 57) + "\n", ("weather.areas", "57", "56")),
        ("[weather]\nprivate_file = '" + "x" * 1001 + "'\n", ("weather.private_file", "1000")),
        ("[weather.visual_crossing]\ndaily_records = 3\n", ("daily_records", "3", "24 to 100000000")),
        ("[weather.visual_crossing]\nkey = 'x'\n", ("unknown key 'weather.visual_crossing.key'", "daily_records")),
        ("[venues\n", ("settings.toml",)),
    ],
)
def test_a_bad_value_is_refused_with_file_key_and_range(tmp_path, text, names) -> None:
    with pytest.raises(ConfigError) as refused:
        settings.load(written(tmp_path, text))
    assert "settings.toml" in str(refused.value)
    for name in names:
        assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_bytes_that_are_no_text_and_files_too_large_are_refused(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError):
        settings.load(path)
    path.write_bytes(b"#" * (settings.LARGEST + 1))
    with pytest.raises(ConfigError, match="larger"):
        settings.load(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.load(tmp_path)
