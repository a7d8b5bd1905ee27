from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import settings
from app.setting import Kind
from app.setting_list import SETTINGS
from app.setting_store import Store, edited
from app.settings import Source
from engine.core.errors import ConfigError, InputError

WRITTEN = """# my desk
[venues]
on = ["kalshi"]  # "#" alone

[venues.kalshi]
series = [
  "KXHIGHCHI",  # the first
  "KXHIGHNY",
]
environment = "demo"
"""


def test_a_change_leaves_comments_and_the_other_values_alone(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(WRITTEN)
    store = Store(path, {})
    store.set("venues.on", "kalshi, binance")
    store.set("venues.kalshi.series", "KXHIGHMIA")
    store.set("look.theme", "light")
    assert path.read_text() == (
        '# my desk\n[venues]\non = ["kalshi", "binance"]  # "#" alone\n\n[venues.kalshi]\nseries = ["KXHIGHMIA"]\n'
        'environment = "demo"\n\n[look]\ntheme = "light"\n'
    )
    store.reset("venues.kalshi.series")
    assert store["venues.kalshi.series"].source is Source.DEFAULT
    assert settings.load(path, {}).venues.kalshi.environment == "demo"


def test_who_listens_hears_a_change_at_once_and_only_what_changed(tmp_path) -> None:
    store, heard = Store(tmp_path / "settings.toml", {}), []
    store.when("look.theme", heard.append)
    store.when("look.reduce_motion", heard.append)
    store.set("look.theme", "light")
    store.set("look.theme", "light")
    store.reset("look.theme")
    assert heard == ["dark", False, "light", "dark"]


def test_what_is_felt_later_says_so(tmp_path) -> None:
    store = Store(tmp_path / "settings.toml", {})
    store.set("look.density", "large")
    store.set("look.theme", "light")
    assert store.waits("look.density")
    assert not store.waits("look.theme")
    store.reset("look.density")
    assert not store.waits("look.density")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[look]\ntheme = "dark"\n[weather]\nstations = ["KAUS"]\n')
    environ = {"ATMX_LOOK_THEME": "light", "STATION_ID": "KMDW KNYC", "CITY": "Chicago", "TRADE_MODE": ""}
    store = Store(path, environ, {"look.theme": "dark"})
    assert store["look.theme"] == ("dark", Source.COMMAND_LINE)
    assert store["weather.stations"] == (("KMDW", "KNYC"), Source.ENVIRONMENT)
    assert store["start.desk"] == ("ask", Source.DEFAULT)
    assert store.now.venues.kalshi.series == ("KXHIGHCHI",)
    assert Store(path, environ)["look.theme"] == ("light", Source.ENVIRONMENT)
    assert Store(path, {})["look.theme"] == ("dark", Source.FILE)
    for key in ("look.theme", "weather.stations"):
        with pytest.raises(InputError, match="wins over the file"):
            store.reset(key)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("TRADE_MODE", "armed", ("start.desk", "'armed'", "ask, demo, paper, live")),
        ("MAX_EXPOSURE_FRAC", "1.5", ("limits.max_exposure_frac", "1.5", "0 to 1")),
        ("CITY", "Paris", ("venues.kalshi.city", "'Paris'", "CHI")),
        ("STATION_ID", "Midway", ("weather.stations", "'Midway'", "KMDW")),
        ("CLOB_HOST", "http://evil.example", ("venues.polymarket.host", "https")),
        ("CHAIN_ID", "80002", ("venues.polymarket.chain_id", "80002", "137")),
        ("STRAT_LATENCY_ARB", "live", ("strategies.latency_arb", "'live'", "paper")),
        ("ATMX_LIMIT_AT_RISK", "-5", ()),
        ("ATMX_LIMITS_AT_RISK", "-5", ("limits.at_risk", "-5", "0 to 1000000 $")),
    ],
)
def test_a_bad_variable_is_refused_with_name_key_value_and_range(tmp_path, name, text, words) -> None:
    if not words:
        assert settings.load(tmp_path / "none", {name: text}) == settings.Settings()
        return
    with pytest.raises(ConfigError) as refused:
        settings.load(tmp_path / "none", {name: text})
    for word in (name, *words):
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_secret_and_a_limit_have_no_place_in_the_file(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[accounts.polymarket]\nprivate_key = 'f00d'\n")
    with pytest.raises(ConfigError, match="keyring keeps it") as refused:
        settings.load(path, {})
    assert "f00d" not in str(refused.value)
    path.write_text("[limits]\nat_risk = 5\n")
    with pytest.raises(ConfigError, match="ATMX_LIMITS_AT_RISK"):
        settings.load(path, {})
    path.unlink()
    store = Store(path, {})
    for key in ("accounts.polymarket.private_key", "limits.at_risk"):
        with pytest.raises(InputError, match="no place in a file"):
            store.set(key, "5")
    assert not path.exists()


def test_a_value_out_of_range_and_a_disk_that_refuses_change_nothing(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    store = Store(path, {})
    with pytest.raises(InputError, match="24 to 100000000"):
        store.set("weather.visual_crossing.daily_records", "3")
    path.mkdir()
    with pytest.raises(InputError, match="was not changed"):
        store.set("look.theme", "light")
    assert store["look.theme"].value == "dark"


def test_a_file_spoiled_by_hand_meanwhile_is_not_changed(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    store = Store(path, {})
    path.write_text('[look]\ndensity = "vast"\n')
    with pytest.raises(InputError, match=r"was not changed: .*look\.density"):
        store.set("look.theme", "light")
    assert path.read_text() == '[look]\ndensity = "vast"\n'
    store.set("look.density", "large")
    assert store["look.density"].value == "large"


def test_what_cannot_be_edited_alone_is_left_to_the_trader(tmp_path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('look = { theme = "light", density = "large" }\n')
    store = Store(path, {})
    with pytest.raises(InputError, match="not changed"):
        store.set("look.theme", "dark")
    assert path.read_text() == 'look = { theme = "light", density = "large" }\n'
    assert store["look.theme"].value == "light"


@pytest.mark.parametrize("key", [one.key for one in SETTINGS.values() if one.kept])
def test_every_default_goes_through_the_file_and_the_field(tmp_path, key) -> None:
    one, path = SETTINGS[key], tmp_path / "settings.toml"
    if one.default is None:
        return
    assert one.typed(one.shown(one.default)) == one.default
    path.write_text(edited("", key, one.toml(one.default)))
    assert settings.load(path, {})[key] == (one.default, Source.FILE)


def test_every_key_has_a_variable_of_its_own_help_a_page_and_words_for_its_range() -> None:
    from app.setting_list import PAGES

    names = [one.env for one in SETTINGS.values()]
    assert len(names) == len(set(names))
    for one in SETTINGS.values():
        assert one.page in PAGES, one.key
        assert one.help, one.key
        assert one.help.endswith(".") or one.key.startswith("accounts."), one.key
        assert "allowed" in one.allowed(), one.key
    for name in ("CITY", "STATION_ID", "TRADE_MODE", "PK", "CLOB_API_KEY", "CLOB_SECRET", "CLOB_PASS_PHRASE",
                 "CLOB_HOST", "FUNDER_ADDRESS", "SIGNATURE_TYPE", "CHAIN_ID", "MAX_EXPOSURE_FRAC"):  # fmt: skip
        assert name in names


@given(st.integers(1, 3_650))
def test_a_span_reads_back(days) -> None:
    one = SETTINGS["data.keep_journals"]
    assert one.kind is Kind.DURATION
    assert one.typed(one.shown(days * 86_400)) == days * 86_400
    assert one.typed(f"{days * 24}h") == days * 86_400


@given(st.text())
def test_what_a_setting_takes_reads_back(text) -> None:
    for one in SETTINGS.values():
        with contextlib.suppress(ValueError):
            value = one.typed(text)
            assert one.typed(one.shown(value)) == value


def test_numbers_take_a_comma_and_no_thousands() -> None:
    one = SETTINGS["limits.at_risk"]
    assert one.typed("0,5") == one.typed("0.5") == Decimal("0.5")
    for text in ("1,250.00", "1.250,00", "1 250", "1e99", "NaN", ""):
        with pytest.raises(ValueError, match="allowed"):
            one.typed(text)
