"""Keys given without a system keyring reach the desk: in memory from the first page, in a file by its passphrase."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.keys import KeyRing
from app.redact import Secrets
from app.terminal import Terminal
from engine.core.ids import KALSHI
from engine.store import checkpoint
from tests.app.program import Program, program
from widgets.keys import KeysDialog
from widgets.welcome import Welcome

NOBODY = {"rest": "http://127.0.0.1:9/trade-api/v2", "ws": "ws://127.0.0.1:9/trade-api/ws/v2"}
PASSPHRASE = "correct horse battery"


def made() -> dict[str, str]:
    """Keys of nobody, made now."""
    pem = Ed25519PrivateKey.generate().private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return {"key_id": "abcd-1234", "private_key": pem.decode()}


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "keyring", lambda: None)
    for name in ("KALSHI_API_KEY_ID", "KALSHI_PRIVATE_KEY", "KALSHI_PRIVATE_KEY_PATH"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path) -> Path:
    """Make a profile whose venues nobody answers for; return its list of addresses."""
    folder.mkdir(exist_ok=True)
    (folder / "settings.toml").write_text('[venues]\non = ["kalshi", "binance"]\n\n[weather]\non = []\n')
    addresses = folder / "addresses.json"
    addresses.write_text(
        json.dumps({"kalshi": NOBODY, "binance": {"rest": "http://127.0.0.1:9", "ws": "ws://127.0.0.1:9"}})
    )
    return addresses


@contextlib.asynccontextmanager
async def desk_of(folder: Path, *options: str) -> AsyncIterator[Program]:
    """Start the program on a profile whose venues nobody answers for."""
    async with program(folder, "--endpoints", str(written(folder)), *options) as desk:
        yield desk


def trades(terminal: Terminal) -> bool:
    """Whether Kalshi takes orders in the session that is open, which it does with keys alone."""
    assert terminal.session is not None
    return terminal.session.kernel.state.desks[KALSHI].facts.trades


async def dialog_of(desk: Program) -> KeysDialog:
    """Wait for the dialog of keys."""

    def shown() -> list[KeysDialog]:
        return [one for one in desk.window.findChildren(KeysDialog) if one.isVisible()]

    await desk.until(shown)
    return shown()[0]


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
@pytest.mark.limit(60)
async def test_keys_in_memory_are_given_on_the_first_page_and_taken_by_the_desk(tmp_path) -> None:
    async with desk_of(tmp_path / "p") as desk:
        await desk.until(lambda: desk.window.findChild(Welcome) is not None)
        page = desk.window.findChild(Welcome)
        desk.click(page.keys)
        menu = QApplication.activePopupWidget()
        assert [one.text() for one in menu.actions()] == ["Kalshi"]  # Binance takes none
        menu.actions()[0].trigger()
        menu.close()
        dialog = await dialog_of(desk)
        values = made()
        dialog.inputs["key_id"].setText(values["key_id"])
        dialog.inputs["private_key"].setPlainText(values["private_key"])
        assert dialog.place.currentData() == "session"
        desk.click(dialog.save)
        assert dialog.source.text() == "In use: kept in memory, until the program ends."
        await desk.until(lambda: dialog.found.lines[-1:] == (("a desk that is opened now takes them", True),))
        desk.click(page.live)
        await desk.until(lambda: desk.terminal.bridge is not None)
        assert not any(one.isVisible() for one in desk.window.findChildren(KeysDialog))
        assert trades(desk.terminal)

        desk.bridge.accounts.open_keys("kalshi")  # while the desk is open it is said that it takes no others
        again = await dialog_of(desk)
        desk.click(again.test)
        await desk.until(lambda: any("has not taken them" in words for words, _ in again.found.lines))


@pytest.mark.limit(60)
@pytest.mark.parametrize("unlocks", [True, False])
async def test_keys_in_a_file_wait_for_their_passphrase_before_the_desk_opens(tmp_path, unlocks) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    KeyRing(folder, None, {}, Secrets()).keep(KALSHI, made(), "file", PASSPHRASE)
    async with desk_of(folder, "--desk", "live") as desk:
        dialog = await dialog_of(desk)
        assert desk.terminal.session is None
        assert dialog.source.text().startswith("Locked: ")
        if not unlocks:
            desk.click(dialog.skip)
        else:
            assert not dialog.unlock.isEnabled()
            for words in ("something else", PASSPHRASE):
                QTest.keyClicks(dialog.passphrase, words)
                desk.click(dialog.unlock)
                await desk.until(lambda: any("another passphrase" in text for text, _ in dialog.found.lines))
        await desk.until(lambda: desk.terminal.bridge is not None)
        assert trades(desk.terminal) is unlocks


@pytest.mark.limit(60)
async def test_a_run_that_ends_by_itself_waits_for_no_passphrase(tmp_path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    KeyRing(folder, None, {}, Secrets()).keep(KALSHI, made(), "file", PASSPHRASE)
    async with desk_of(folder, "--desk", "live", "--exit-after", "600") as desk:
        await desk.until(lambda: desk.terminal.bridge is not None)
        assert not desk.window.findChildren(KeysDialog)
        assert not trades(desk.terminal)
        words = [one.row.text for one in desk.window.toasts.toasts]
        assert "keys that lie in a file are locked, so none are used: kalshi" in words


@pytest.mark.limit(60)
async def test_closed_at_the_passphrase_nothing_was_opened(tmp_path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    KeyRing(folder, None, {}, Secrets()).keep(KALSHI, made(), "file", PASSPHRASE)
    async with desk_of(folder, "--desk", "live") as desk:
        await dialog_of(desk)
    assert desk.code == 0
    assert not (folder / "ledger.db").exists()
