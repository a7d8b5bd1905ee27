"""Backtests of a profile: saved reports, read as they are on disk, and one run at a time in a process of its own.

A run keeps its finished parts beside the reports, so that one that was cancelled goes on when it is started again. The
terminal never waits for it, and it ends with the terminal.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, QProcess, Signal

from app import starting
from engine.core.units import Nanos
from engine.views.backtests import BacktestsView, RunLine, RunningBacktest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.research.backtest_report import Report

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a report."""
MOST: Final = 200
"""Reports that are shown, the newest."""
LONGEST: Final = 300
PROGRESS: Final = re.compile(r"atmx: (\d{1,6}) of (\d{1,6}) parts")
NAME: Final = re.compile(r"r-(\d{4,8})\.json")
FILLS: Final = ("queue", "touch")


class Backtests(QObject):
    """Reads reports and runs one backtest."""

    changed = Signal()

    def __init__(self, folder: Path, strategies: Iterable[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._strategies = tuple(strategies)
        self._read: dict[str, tuple[int, RunLine | None]] = {}
        """By file: when it was changed, and what it said."""
        self._process: QProcess | None = None
        self._running: RunningBacktest | None = None
        self._file = folder / "none"
        self._last = ""

    def view(self) -> BacktestsView:
        """Return the saved runs and the one that goes."""
        found: list[RunLine] = []
        unread: list[str] = []
        files = sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []
        for file in sorted(files, key=lambda one: one.stat().st_mtime_ns, reverse=True)[:MOST]:
            line = self._line(file)
            if line is None:
                unread.append(file.name)
            else:
                found.append(line)
        return BacktestsView(
            rows=tuple(found), running=self._running, unread=tuple(unread), strategies=self._strategies
        )

    def start(self, data: str, strategies: str, fills: str) -> None:
        """Play a set; a run that goes is left alone."""
        if self._process is not None:
            return
        names = [one for one in re.split(r"[,\s]+", strategies) if one]
        folder = Path(data).expanduser()
        if not data.strip() or not folder.is_dir():
            self._end(f"{data.strip()[:120] or 'no folder'}: there is no such folder of recorded data")
            return
        if not names or fills not in FILLS:
            self._end("name at least one strategy")
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = self.folder / f"r-{self._next():04d}.json"
        words = ["backtest", str(folder), "--fills", fills, "--state", str(self.folder / "parts.jsonl")]
        words += [word for name in names for word in ("--strategy", name)]
        program, *rest = starting.command(*words, "--save", str(self._file.with_suffix(".half")))
        self._running = RunningBacktest(name=self._file.stem, done=0, of=None, going=True, said="")
        self._last = ""
        self._process = process = QProcess(self)
        process.readyReadStandardError.connect(self._hear)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        process.setStandardOutputFile(QProcess.nullDevice())
        process.start(program, rest)
        self.changed.emit()

    def cancel(self) -> None:
        """End the run; its finished parts are kept."""
        if self._process is not None:
            self._last = "cancelled; what was played is kept"
            self._process.kill()

    def stop(self) -> None:
        """End the run and wait for its process, as the terminal ends."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(2_000)

    def _hear(self) -> None:
        process = self._process
        if process is None or self._running is None:
            return
        text = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in text.splitlines():
            found = PROGRESS.fullmatch(line.strip())
            if found is not None:
                done, of = int(found[1]), int(found[2])
                self._running = msgspec.structs.replace(self._running, done=done, of=of)
            elif line.strip() and not self._last.startswith("cancelled"):
                self._last = line.strip()[:LONGEST].removeprefix("atmx: ")
        self.changed.emit()

    def _finished(self, code: int) -> None:
        half = self._file.with_suffix(".half")
        if code == 0 and half.exists():
            half.replace(self._file)
            self._end("")
        else:
            half.unlink(missing_ok=True)
            self._end(self._last or f"it ended with code {code}")

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end("it could not be started")

    def _end(self, said: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        before = self._running
        name = self._file.stem if before is None else before.name
        done, of = (0, None) if before is None else (before.done, before.of)
        self._running = RunningBacktest(name=name, done=done, of=of, going=False, said=said) if said else None
        self.changed.emit()

    def _next(self) -> int:
        taken = [int(found[1]) for file in self.folder.glob("r-*.json") if (found := NAME.fullmatch(file.name))]
        return max(taken, default=0) + 1

    def _line(self, file: Path) -> RunLine | None:
        try:
            facts = file.stat()
            known = self._read.get(file.name)
            if known is not None and known[0] == facts.st_mtime_ns:
                return known[1]
            body = file.read_bytes() if facts.st_size <= LARGEST else b""
        except OSError:
            return None
        line = None if not body else line_of(file.stem, Nanos(facts.st_mtime_ns), body)
        self._read[file.name] = (facts.st_mtime_ns, line)
        return line


def line_of(name: str, saved_at: Nanos, body: bytes) -> RunLine | None:
    """Return a report's file as a line; None for a file that is none."""
    from engine.research.backtest_report import Report

    try:
        report: Report = msgspec.json.decode(body, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    plan, total = report.plan, report.total
    won = float(total.gross)
    return RunLine(
        name=name, saved_at=saved_at, data=plan.data, strategies=", ".join(plan.strategies),
        parameters=", ".join(f"{key} {value}" for _, key, value in plan.parameters), fills=plan.fills.model,
        parts=report.parts, trades=total.fills, net=total.net,
        fee_share=float(total.fees) / won if won > 0.0 else None,
        sharpe=None if total.sharpe is None else total.sharpe.value, drawdown=total.drawdown, verdict=report.verdict,
        equity=report.equity,
    )  # fmt: skip
