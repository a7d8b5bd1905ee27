"""A table as other programs take it: exact values under headers, as CSV, tab-separated text or Markdown. Pure.

Money stays decimal text, never rounded; a moment is two columns, ISO 8601 in UTC and nanoseconds; unknown is an
empty cell. A text that a spreadsheet would run as a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.when import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.units import Nanos

Value = str | int | float | Decimal | bool | None
NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet runs; some take the wide forms for the same signs."""
CSV: Final = "csv"
PARQUET: Final = "parquet"
TSV: Final = "tsv"
MARKDOWN: Final = "markdown"


class Sheet(NamedTuple):
    """Rows under headers, each as long as these."""

    name: str
    """Of the file, such as ``fills``."""
    headers: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def moment(at: Nanos | None) -> tuple[Value, Value]:
    """Return a moment as ISO 8601 in UTC and in nanoseconds since 1970; both empty when unknown."""
    return ("", None) if at is None else (iso(at), int(at))


def text(value: Value) -> str:
    """Return a value as text, every digit of it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else ""
    if isinstance(value, float):
        return repr(value) if value == value and abs(value) != float("inf") else ""
    return str(value)


def safe(words: str) -> str:
    """Return a text as a cell that no spreadsheet runs; numbers stay as they are."""
    if words.startswith(FORMULA) and not NUMBER.fullmatch(words):
        return f"'{words}"
    return words


def as_csv(sheet: Sheet) -> str:
    """Return the sheet as CSV (RFC 4180 but for its line ends, which are single)."""
    out = io.StringIO()
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in _texts(sheet, safe):  # a carriage return ends a row for most readers, and Python quotes none of it
        (quoted if any("\r" in cell for cell in row) else plain).writerow(row)
    return out.getvalue()


def as_tsv(sheet: Sheet) -> str:
    """Return the sheet as tab-separated lines, for a spreadsheet's paste."""
    return "\n".join("\t".join(row) for row in _texts(sheet, lambda words: safe(_one_line(words))))


def as_markdown(sheet: Sheet) -> str:
    """Return the sheet as a Markdown table; nothing in a cell is markup."""
    rows = _texts(sheet, _plain_markdown)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"|{'---|' * len(sheet.headers)}")
    return "\n".join(lines) + "\n"


def _texts(sheet: Sheet, shape: Callable[[str], str]) -> list[list[str]]:
    rows: list[Sequence[Value]] = [sheet.headers, *sheet.rows]
    return [[shape(text(value)) for value in row] for row in rows]


def _one_line(words: str) -> str:
    return " ".join(words.split()) if any(sign in words for sign in "\t\r\n") else words


def _plain_markdown(words: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", _one_line(words))
