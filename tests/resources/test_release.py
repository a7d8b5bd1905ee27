"""The channel that a program asks for updates names both an address and keys, or neither; the licences are there."""

from __future__ import annotations

import runpy
from pathlib import Path

from app import updates

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_channel_can_be_read() -> None:
    shipped = updates.channel()
    assert bool(shipped.address) == bool(shipped.keys)
    assert all(len(bytes.fromhex(key)) == 32 for key in shipped.keys)


def test_a_manifest_made_here_is_news_to_an_older_program_and_to_no_other(tmp_path: Path) -> None:
    """The scripts of the release and the reader in the program agree, over a key made for this test."""
    made = runpy.run_path(str(ROOT / "packaging" / "manifest.py"))
    key, folder = tmp_path / "key.pem", tmp_path / "dist"
    folder.mkdir()
    (folder / "atmx-9.0.0-x86_64.run").write_bytes(b"packed")
    assert made["new_key"](key) == 0
    assert key.stat().st_mode & 0o077 == 0
    assert made["main"](folder, "9.0.0", key) == 0
    body, signature = (folder / "manifest.json").read_bytes(), (folder / "manifest.sig").read_text().strip()
    private = made["load_pem_private_key"](key.read_bytes(), password=None)
    public, now = made["_public"](private), updates.msgspec.json.decode(body)["made"]
    assert updates.judge(body, signature, [public], now, "0.1.0") == updates.Newer("9.0.0")
    assert updates.judge(body, signature, [public], now, "9.0.0") is None
    assert updates.judge(body, signature, [public], now + 100 * 86_400, "0.1.0") is None


def test_every_shipped_package_has_a_known_licence(tmp_path: Path) -> None:
    told = runpy.run_path(str(ROOT / "packaging" / "licences.py"))
    assert told["main"](ROOT / "locks" / "core.txt", tmp_path) == 0
    index = (tmp_path / "index.txt").read_text()
    assert "pyside6-essentials" in index.lower()
    assert (tmp_path / "numpy").is_dir()


def test_the_pages_of_the_site_are_made_from_the_code(tmp_path: Path) -> None:
    """Every gate, setting and strategy is on its page, and every page can be reached from the first."""
    pages = runpy.run_path(str(ROOT / "packaging" / "pages.py"))
    pages["main"](tmp_path / "pages")
    made = {file.stem: file.read_text() for file in (tmp_path / "pages" / "made").glob("*.md")}
    assert "MARKET_POSITION" in made["gates"]
    assert "ATMX_API_ON" in made["settings"]
    assert "hundredths of an inch" in made["settlement"]
    assert "`atmx bench trade_durable`" in made["benchmarks"]
    index = (tmp_path / "pages" / "index.md").read_text()
    for page in (tmp_path / "pages").rglob("*.md"):
        name = page.relative_to(tmp_path / "pages").as_posix()
        assert name == "index.md" or f"]({name})" in index
