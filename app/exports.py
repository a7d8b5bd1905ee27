"""Sheets as files: CSV as text, Parquet by way of DuckDB. A file that is there already is never written over."""

from __future__ import annotations

import json
import re
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError, Unavailable
from engine.core.when import iso
from engine.views.sheet import CSV, PARQUET, Sheet, Value, as_csv, text

if TYPE_CHECKING:
    from engine.core.units import Nanos

BOM: Final = "\ufeff"
"""Before the text of a CSV file: without it a spreadsheet takes UTF-8 for something else."""
MOST_TRIES: Final = 1_000


def write(sheet: Sheet, form: str, folder: Path, at: Nanos) -> Path:
    """Write a sheet into a folder, named after it and the moment; return the file.

    Raises
    ------
    InputError
        If the form is none, or no name is free.
    Unavailable
        If Parquet is asked for and DuckDB is not installed, or cannot do it.
    OSError
        If the file cannot be written.
    """
    if form not in {CSV, PARQUET}:
        msg = f"no form of export: {form!r}"
        raise InputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    path = free(folder, f"{_plain(sheet.name)}-{_stamp(at)}", form)
    try:
        if form == CSV:
            path.write_text(BOM + as_csv(sheet), "utf-8", newline="")
        else:
            parquet(sheet, path)
    except BaseException:
        path.unlink(missing_ok=True)  # its name was taken before anything was in it
        raise
    return path


def of_ledger(ledger: Path, table: str, folder: Path, at: Nanos) -> tuple[Path, int]:
    """Write a table that `atmx export` knows as CSV; return the file and how many rows it has.

    Raises
    ------
    InputError, StoreError
        If the ledger cannot be read, or no name is free.
    OSError
        If the file cannot be written.
    """
    from app.commands.export_columns import COLUMNS
    from app.commands.export_ledger import read

    records = read(ledger, table)
    headers = tuple(records[0]) if records else COLUMNS[table]
    rows = tuple(tuple(_flat(value) for value in record.values()) for record in records)
    return write(Sheet(table, headers, rows), CSV, folder, at), len(rows)


def _flat(value: object) -> Value:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)


def free(folder: Path, stem: str, suffix: str) -> Path:
    """Return a new, empty file: who asks at the same moment gets another.

    Raises
    ------
    InputError
        If a thousand files are called so already.
    OSError
        If none can be made in the folder.
    """
    for n in range(MOST_TRIES):
        path = folder / f"{stem}{f'-{n + 1}' if n else ''}.{suffix}"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    msg = f"{folder} has {MOST_TRIES} files called {stem}"
    raise InputError(msg)


def parquet(sheet: Sheet, path: Path) -> None:
    """Write a sheet as Parquet: whole numbers as such, binary fractions too, and all else, decimals included, as text.

    Raises
    ------
    Unavailable
        If DuckDB is not installed, or says that it cannot.
    """
    try:
        duckdb = import_module("duckdb")
    except ImportError as e:
        msg = "parquet needs the extra research, which is not installed: pip install 'atmx[research]'"
        raise Unavailable(msg) from e
    kinds = dict(zip(sheet.headers, _kinds(sheet), strict=True))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        lines = Path(folder) / "rows.json"
        with lines.open("w", encoding="utf-8") as out:
            for row in sheet.rows:
                plain = (v if v is None or isinstance(v, int | float) else text(v) for v in row)
                out.write(json.dumps(dict(zip(sheet.headers, plain, strict=True))) + "\n")
        try:
            connection.execute(
                "CREATE TABLE rows AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = ?)",
                [str(lines), kinds],
            )
            connection.table("rows").write_parquet(str(path))
        except duckdb.Error as e:
            msg = f"{path.name} was not written: {' '.join(str(e).split())[:200]}"
            raise Unavailable(msg) from e


def _kinds(sheet: Sheet) -> list[str]:
    """Return DuckDB's type of each column: by what is known in it, text where that differs or nothing is."""
    found = []
    for at in range(len(sheet.headers)):
        seen = {type(row[at]) for row in sheet.rows if row[at] is not None}
        if seen == {bool}:
            found.append("BOOLEAN")
        elif seen == {int}:
            found.append("BIGINT")
        elif seen in ({float}, {int, float}):
            found.append("DOUBLE")
        else:
            found.append("VARCHAR")
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "table"


def _stamp(at: Nanos) -> str:
    return re.sub(r"[-:]|\.\d+", "", iso(at))
