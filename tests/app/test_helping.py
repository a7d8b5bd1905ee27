"""The guide in the program: shipped pages, found by words, that load and open nothing from elsewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument

import resources
from app import helping
from widgets.help import PICTURE, HelpDialog, Page

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)]+)\)")


def test_every_shipped_page_has_a_title_and_links_only_to_pages_that_there_are() -> None:
    pages = helping.pages()
    names = {page.name for page in pages}
    assert pages[0].name == "start"
    for page in pages:
        assert page.text.startswith("# "), page.name
        for link in LINK.findall(page.text):
            assert link.removesuffix(".md") in names or PICTURE.fullmatch(link), (page.name, link)
    assert resources.path("help", "start.md").is_file()


def test_each_picture_of_a_page_is_there_small_and_made_by_the_generator() -> None:
    made = _made()
    named = [
        found[1] for page in helping.pages() for link in LINK.findall(page.text) if (found := PICTURE.fullmatch(link))
    ]
    assert named
    assert sorted(named) == sorted({f"{name}.png" for name in made}), "named once each, and none that no page shows"
    kept = {path.name: path.stat().st_size for path in resources.path("help", "pictures").glob("*")}
    assert set(kept) == set(named)
    assert max(kept.values()) < 150_000
    assert sum(kept.values()) < 1_000_000


def _made() -> dict[str, tuple[str, str | None]]:
    """Return what `packaging/pictures.py` says it makes, read without running it."""
    tree = ast.parse((ROOT / "packaging" / "pictures.py").read_text(encoding="utf-8"))
    values = (
        one.value for one in tree.body if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "GUIDE"
    )
    found: dict[str, tuple[str, str | None]] = ast.literal_eval(next(values))
    return found


def test_the_pages_show_their_own_pictures_and_nobody_elses(qtbot, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    QImage(900, 300, QImage.Format.Format_RGB32).save(str(folder / "ladder.png"))
    QImage(9, 9, QImage.Format.Format_RGB32).save(str(tmp_path / "secret.png"))
    dialog = HelpDialog((Page("start", "Start", "# Start\n\n![Ladder](pictures/ladder.png)"),), pictures=folder)
    qtbot.addWidget(dialog)
    image = QTextDocument.ResourceType.ImageResource.value
    shown = dialog.page.loadResource(image, QUrl("pictures/ladder.png"))
    assert isinstance(shown, QImage)
    assert (shown.width(), shown.height()) == (670, 223)
    for name in ("pictures/../secret.png", "file:///etc/hostname", "https://example.invalid/pictures/ladder.png",
                 "pictures/none.png", "secret.png", "pictures/ladder.png?x", "//host/pictures/ladder.png"):  # fmt: skip
        assert dialog.page.loadResource(image, QUrl(name)) is None, name
    assert (
        dialog.page.loadResource(QTextDocument.ResourceType.StyleSheetResource.value, QUrl("pictures/ladder.png"))
        is None
    )


def test_words_find_pages_and_links_turn_them(qtbot, monkeypatch, tmp_path: Path) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    rain = "# Rain\n\nHow rain settles. ![x](https://example.invalid/x.png) [wind](wind.md) [out](https://example.invalid/)"
    dialog = HelpDialog(
        (Page("start", "Start", "# Start\n\nFirst."), Page("rain", "Rain", rain), Page("wind", "Wind", "# Wind"))
    )
    qtbot.addWidget(dialog)
    dialog.search.setText("rain settles")
    assert [page.name for page in dialog.found] == ["rain"]
    assert "How rain settles" in dialog.page.toPlainText()
    dialog.page.anchorClicked.emit(QUrl("https://example.invalid/"))
    assert dialog.found[dialog.titles.currentRow()].name == "rain"
    dialog.page.anchorClicked.emit(QUrl("wind.md"))
    assert dialog.found[dialog.titles.currentRow()].name == "wind"
    assert dialog.search.text() == ""
    dialog.search.setText("no such words")
    assert dialog.page.toPlainText() == "No page has all of these words."
    assert not dialog.open_page("nowhere")
    assert opened == []


def test_pages_have_room_between_their_parts_and_no_line_of_code_is_wider_than_the_page(qtbot) -> None:
    text = "# One\n\nSome words.\n\n## Two\n\n```\na = b\nc = d\n```\n\n| x | y |\n|---|---|\n| 1 | 2 |\n"
    dialog = HelpDialog((Page("one", "One", text),))
    qtbot.addWidget(dialog)
    forms, block = {}, dialog.page.document().begin()
    while block.isValid():
        forms[block.text()] = block.blockFormat()
        block = block.next()
    assert forms["Two"].topMargin() > 0.0
    assert forms["Some words."].bottomMargin() > 0.0
    assert forms["a = b"].bottomMargin() == 0.0 < forms["c = d"].bottomMargin()
    for page in helping.pages():
        for code in re.findall(r"^```\n(.*?)^```", page.text, re.DOTALL | re.MULTILINE):
            assert max(map(len, code.splitlines())) <= 84, page.name
