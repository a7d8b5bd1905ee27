"""Logging: rotating file, redaction filter, feed for the log panel.

The file holds one JSON object a line, stderr one readable line each, and the panel
gets `Line`s. All three pass the same redaction. Works for `structlog` and for
libraries that use `logging`.

`structlog` brings some ninety modules, a quarter of a second of a start: it is loaded with the first line there is to
write, and set up at once only where something has loaded it before.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import logging.handlers
import sys
from collections import deque
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TextIO

from typing_extensions import override

from app.redact import secrets
from engine.core.units import Nanos

if TYPE_CHECKING:
    import structlog

FILE: Final = "atmx.jsonl"
FILE_BYTES: Final = 5_000_000
FILES_KEPT: Final = 5
LONGEST: Final = 4_000
"""Characters of one text: foreign text must not fill the disk."""
RECENT: Final = 2_000
NOISY: Final = {"qasync": logging.WARNING, "asyncio": logging.WARNING, "httpx": logging.WARNING}
NO_WINDOW_SYSTEM: Final = "This plugin does not support "
"""How Qt begins what its offscreen platform says of every window; nothing is wrong then."""

Fields = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One log line as the panel shows it; plain text, already redacted."""

    at: Nanos
    level: int
    logger: str
    text: str


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _one_line(text: str) -> str:
    """Escape line ends and control characters: a message must not look like two, nor steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _redact(_: object, __: str, fields: Fields) -> Fields:
    """Hide secrets and bound texts, just before a line is written."""
    for name, value in list(fields.items()):
        shown = secrets.field(name, value)
        fields[name] = _bounded(shown) if isinstance(shown, str) else shown
    return fields


def _iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _from_record(_: object, __: str, fields: Fields) -> Fields:
    """Take time, level and logger from the record, whichever library made it."""
    record: logging.LogRecord = fields["_record"]
    if not fields["_from_structlog"]:
        fields.pop("message", None)  # left on the record by any formatter before ours
    fields["at"] = _iso(record.created)
    fields["level"] = record.levelname.lower()
    fields["logger"] = record.name
    fields["thread"] = record.threadName
    return fields


def _as_json(_: object, __: str, fields: Fields) -> str:
    return json.dumps(fields, ensure_ascii=False, default=str)


def _as_line(_: object, __: str, fields: Fields) -> str:
    """Render as ``14:32:07.120Z warning engine.host  text  key=value``, a traceback below it."""
    trace = fields.pop("exception", None)
    at, level, logger, text = (str(fields.pop(name, "")) for name in ("at", "level", "logger", "event"))
    fields.pop("thread", None)
    rest = " ".join(f"{name}={_one_line(str(value))}" for name, value in fields.items())
    head = f"{at[11:]} {level:<7} {logger}  {_one_line(text)}{'  ' + rest if rest else ''}"
    return f"{head}\n{trace}" if trace else head


def _set_up() -> None:
    """Have what is logged by way of `structlog` go where everything goes."""
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


class _Formatter(logging.Formatter):
    """Formats as `render` does; what it takes for that is loaded with the first line."""

    def __init__(self, render: Callable[[object, str, Fields], str]) -> None:
        super().__init__()
        self._render = render
        self._inner: structlog.stdlib.ProcessorFormatter | None = None

    @override
    def format(self, record: logging.LogRecord) -> str:
        if self._inner is None:
            _set_up()
            self._inner = _formatter(self._render)
        return self._inner.format(record)


def _formatter(render: Callable[[object, str, Fields], str]) -> structlog.stdlib.ProcessorFormatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            _from_record,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact,
            render,
        ],
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
    )


class _Feed(logging.Handler):
    """Keeps the last lines and hands each to the panel."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[Line] = deque(maxlen=RECENT)
        self.seen = 0
        """Those and the ones before them that went."""
        self.tell: Callable[[Line], None] | None = None
        self.setFormatter(_Formatter(lambda _, __, fields: _panel_text(fields)))

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = Line(
                at=Nanos(int(record.created * 1e6) * 1_000),
                level=record.levelno,
                logger=record.name,
                text=self.format(record),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            self.handleError(record)
            return
        self.lines.append(line)
        self.seen += 1
        if self.tell is not None:
            self.tell(line)


def _panel_text(fields: Fields) -> str:
    trace = str(fields.get("exception", ""))
    shown = {k: v for k, v in fields.items() if k not in {"at", "level", "logger", "thread", "event", "exception"}}
    rest = " ".join(f"{name}={value}" for name, value in shown.items())
    last = trace.strip().rsplit("\n", 1)[-1]
    return _one_line(" ".join(part for part in (str(fields.get("event", "")), rest, last) if part))


class Logs:
    """The process's logging, from `open` to `close`."""

    def __init__(self, handlers: list[logging.Handler], feed: _Feed, level: int) -> None:
        self._feed = feed
        self._handlers = [*handlers, feed]
        root = logging.getLogger()
        self._before = root.level, {name: logging.getLogger(name).level for name in NOISY}
        for handler in self._handlers:
            root.addHandler(handler)
        root.setLevel(level)
        for name, least in NOISY.items():
            logging.getLogger(name).setLevel(max(level, least))
        logging.captureWarnings(True)

    def recent(self) -> tuple[Line, ...]:
        """Return the last lines, oldest first."""
        return tuple(self._feed.lines)

    def numbered(self) -> tuple[tuple[Line, ...], int]:
        """Return the last lines, oldest first, and how many came before them."""
        lines = tuple(self._feed.lines)
        return lines, self._feed.seen - len(lines)

    def feed(self, tell: Callable[[Line], None] | None) -> None:
        """Hand every further line to `tell`, on whichever thread logged it; None stops it."""
        self._feed.tell = tell

    def close(self) -> None:
        """Write out what is buffered and take our handlers away."""
        root = logging.getLogger()
        logging.captureWarnings(False)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        level, noisy = self._before
        root.setLevel(level)
        for name, was in noisy.items():
            logging.getLogger(name).setLevel(was)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_logs(folder: Path | None, *, level: int = logging.INFO, stream: TextIO | None = None) -> Logs:
    """Start logging to `folder`, to stderr and to the panel's feed.

    Parameters
    ----------
    folder : Path or None
        The profile's ``logs`` folder, which exists; None writes no file.
    level : int, default INFO
        The least level kept.
    stream : text stream, default stderr
        Where the readable lines go; a windowed Windows program has no stderr and gets none.
    """
    if "structlog" in sys.modules:
        _set_up()
    handlers: list[logging.Handler] = []
    if folder is not None:
        file = logging.handlers.RotatingFileHandler(
            folder / FILE, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True
        )
        file.setFormatter(_Formatter(_as_json))
        handlers.append(file)
    out = stream if stream is not None else sys.stderr
    if out is not None:
        readable = logging.StreamHandler(out)
        readable.setFormatter(_Formatter(_as_line))
        handlers.append(readable)
    return Logs(handlers, _Feed(), level)


def hear_qt() -> None:
    """Log what Qt says, under the logger ``qt``, instead of letting it go to stderr unredacted."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler  # commands run without Qt

    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    log = logging.getLogger("qt")

    def heard(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        level = logging.DEBUG if message.startswith(NO_WINDOW_SYSTEM) else levels.get(kind, logging.WARNING)
        log.log(level, "%s", message, extra={"category": context.category or ""})

    qInstallMessageHandler(heard)
