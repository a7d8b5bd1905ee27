"""The log file is JSON lines, the panel and stderr get plain lines, and no secret is in any of them."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections import deque

import pytest
import structlog

from app import logs
from app.redact import secrets


@pytest.fixture
def opened(tmp_path):
    stream = io.StringIO()
    with logs.open_logs(tmp_path, level=logging.DEBUG, stream=stream) as opened:
        yield opened, stream, tmp_path / logs.FILE


def _rows(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_line_reaches_the_file_the_stream_and_the_panel(opened):
    log, stream, file = opened
    structlog.get_logger("engine.host").info("filled", order=7, price="0.41")
    (row,) = _rows(file)
    assert (row["event"], row["order"], row["price"]) == ("filled", 7, "0.41")
    assert (row["level"], row["logger"]) == ("info", "engine.host")
    assert row["at"].endswith("Z")
    assert "filled  order=7 price=0.41" in stream.getvalue()
    (line,) = log.recent()
    assert (line.text, line.level, line.logger) == ("filled order=7 price=0.41", logging.INFO, "engine.host")
    assert line.at > 1_600_000_000 * 10**9


def test_libraries_that_use_logging_are_written_alike(opened):
    _, stream, file = opened
    logging.getLogger("websockets").warning("closed %s", "1006", extra={"venue": "kalshi"})
    (row,) = _rows(file)
    assert (row["event"], row["venue"], row["logger"]) == ("closed 1006", "kalshi", "websockets")
    assert "closed 1006" in stream.getvalue()


def test_no_secret_reaches_any_of_the_three(opened):
    log, stream, file = opened
    secrets.hide("hunter2hunter2")
    try:
        structlog.get_logger().warning("sent hunter2hunter2", api_key="AKIA1234567", nested={"password": "pw123456"})
        logging.getLogger("httpx").warning("Authorization: Bearer abcdefgh12345678")
        try:
            int("key was hunter2hunter2")
        except ValueError:
            structlog.get_logger().exception("failed")
    finally:
        secrets.forget("hunter2hunter2")
    written = file.read_text(encoding="utf-8") + stream.getvalue() + "".join(line.text for line in log.recent())
    for secret in ("hunter2", "AKIA", "pw123456", "abcdefgh"):
        assert secret not in written
    assert "ValueError" in written


def test_foreign_text_cannot_forge_a_line_or_steer_a_terminal(opened):
    log, stream, file = opened
    structlog.get_logger().info("market named a\nERROR b\x1b[2J", title="<b>x</b>\r\n")
    assert len(_rows(file)) == 1
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert log.recent()[0].text.isprintable()
    assert "<b>x</b>" in log.recent()[0].text


def test_a_text_without_end_is_cut(opened):
    _, stream, file = opened
    structlog.get_logger().info("x" * 100_000)
    assert len(file.read_text(encoding="utf-8")) < 2 * logs.LONGEST
    assert "…" in stream.getvalue()


def test_a_traceback_is_kept_in_the_file_and_its_last_line_shown(opened):
    log, _, file = opened
    try:
        {}["no such cell"]
    except KeyError:
        logging.getLogger("app").exception("map")
    (row,) = _rows(file)
    assert "Traceback" in row["exception"]
    assert log.recent()[0].text == "map KeyError: 'no such cell'"


def test_the_panel_hears_further_lines_until_it_stops(opened):
    log, _, _ = opened
    heard: list[str] = []
    logging.getLogger("a").info("before")
    log.feed(lambda line: heard.append(line.text))
    logging.getLogger("a").info("now")
    log.feed(None)
    logging.getLogger("a").info("after")
    assert heard == ["now"]
    assert [line.text for line in log.recent()] == ["before", "now", "after"]


def test_the_last_lines_are_numbered_as_they_came(opened, monkeypatch):
    log, _, _ = opened
    monkeypatch.setattr(log._feed, "lines", deque(maxlen=3))
    for n in range(30):
        logging.getLogger("a").info("line %d", n)
    lines, before = log.numbered()
    assert [line.text for line in lines] == ["line 27", "line 28", "line 29"]
    assert before == 27


def test_warnings_are_logged(opened):
    _, _, file = opened
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning" in _rows(file)[0]["event"]


def test_levels_below_the_least_are_dropped(tmp_path):
    stream = io.StringIO()
    with logs.open_logs(tmp_path, stream=stream) as opened:
        logging.getLogger("a").debug("quiet")
        logging.getLogger("httpx").info("quiet")
        logging.getLogger("a").info("heard")
        assert [line.text for line in opened.recent()] == ["heard"]


def test_the_file_is_turned_over_before_it_fills_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "FILE_BYTES", 2_000)
    with logs.open_logs(tmp_path, stream=io.StringIO()):
        for n in range(200):
            logging.getLogger("a").info("line %d %s", n, "x" * 50)
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 1 + logs.FILES_KEPT
    assert max(sizes) <= 2_000


def test_closing_gives_logging_back_as_it_was(tmp_path):
    root = logging.getLogger()
    before = root.level, list(root.handlers), logging.getLogger("httpx").level
    with logs.open_logs(None, stream=io.StringIO()):
        assert len(root.handlers) == len(before[1]) + 2
    assert (root.level, list(root.handlers), logging.getLogger("httpx").level) == before


def test_what_qt_says_is_logged(opened, qapp):
    from PySide6.QtCore import qInfo, qInstallMessageHandler, qWarning

    log, _, _ = opened
    logs.hear_qt()
    try:
        qInfo("hello from Qt")
        qWarning("a real one")
        qWarning("This plugin does not support raise()")
    finally:
        qInstallMessageHandler(None)
    said = {line.text: line.level for line in log.recent() if line.logger == "qt"}
    assert any("hello from Qt" in text for text in said)
    assert [level for text, level in said.items() if "a real one" in text] == [logging.WARNING]
    assert not any(level >= logging.WARNING for text, level in said.items() if "plugin" in text)
