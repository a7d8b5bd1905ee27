from __future__ import annotations

from decimal import Decimal

import pytest

from app import keys
from app.preferences import GATES, Held, Preferences, row_of
from app.redact import Secrets
from app.setting_list import SETTINGS, limit_key
from app.setting_store import Store
from engine.core.ids import POLYMARKET
from engine.risk.limits import SPECS, Limits
from tests.app.program import CALM, program
from widgets.setting_card import MASK


def test_the_card_knows_which_way_a_limit_is_tighter(tmp_path) -> None:
    store, limits = Store(tmp_path / "none", {}), Limits(Decimal(1_000))
    for code, spec in SPECS.items():
        row = row_of(SETTINGS[limit_key(code)], store, {code: Held(limits[code], "It")}, {})
        assert limits.tightens(code, spec.highest) == (row.loss or limits[code] == spec.highest), code
        assert row.value == f"{limits[code]:f}"
    assert set(GATES.values()) == set(SPECS)


def test_keys_of_the_environment_are_named_field_by_field_and_never_shown(tmp_path) -> None:
    secret = "0x" + "ab" * 32
    environ = {"PK": secret, "SIGNATURE_TYPE": "0"}
    ring = keys.KeyRing(tmp_path, None, environ, Secrets())
    sources = {POLYMARKET: ring.given(POLYMARKET)}
    store = Store(tmp_path / "none", environ)
    rows = {key: row_of(one, store, {}, sources) for key, one in SETTINGS.items() if key.startswith("accounts.")}
    assert rows["accounts.polymarket.private_key"].source == "from environment PK"
    assert rows["accounts.polymarket.private_key"].value == MASK
    assert rows["accounts.polymarket.api_key"].source == "not given"
    assert rows["accounts.kalshi.key_id"].source == "not given"
    assert "ab" * 32 not in repr(rows) + repr(store.now)


@pytest.mark.limit(40)
async def test_the_dialog_changes_the_file_the_screen_and_the_limits(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        desk.window.registry.run("window.settings")
        dialog = desk.bridge.accounts.preferences.dialog
        await desk.until(lambda: dialog.row("limits.order_qty").value == "250")
        dialog.limited.emit("limits.order_qty", Decimal(100), "")
        await desk.until(lambda: dialog.row("limits.order_qty").value == "100")
        dialog.limited.emit("limits.order_qty", Decimal(10**9), "out of range")
        dialog.turn("Risk")
        dialog.limited.emit("limits.order_qty", Decimal(10**9), "out of range")
        assert "0 to 1000000 ct" in dialog.cards["limits.order_qty"].note.text()
        dialog.changed.emit("data.keep_journals", "60 d")
        assert (tmp_path / "settings.toml").read_text() == '[data]\nkeep_journals = "60 d"\n'
        assert dialog.row("data.keep_journals").waits
        dialog.turn("Data")
        dialog.changed.emit("data.keep_journals", "for ever")
        assert "for ever" in dialog.cards["data.keep_journals"].note.text()
        dialog.reset.emit("data.keep_journals")
        assert (dialog.row("data.keep_journals").source, dialog.row("data.keep_journals").waits) == ("default", False)
        assert dialog.row("start.desk").source == "command line"
        desk.window.registry.run("window.density")
        desk.window.registry.run("window.theme")
        assert dialog.row("look.density").value == "large"
        assert dialog.row("look.density").waits
        assert dialog.row("look.theme").value == "light"
        dialog.reject()


def test_every_dock_is_drawn_anew_when_numbers_are_written_otherwise(tmp_path, qapp) -> None:
    store, drawn = Store(tmp_path / "settings.toml", {}), []
    Preferences(store, None, None, None, None, None, lambda: drawn.append(1))  # type: ignore[arg-type]  # never opened
    store.set("look.theme", "light")
    assert drawn == []
    store.set("format.decimal", "comma")
    assert drawn == [1]
