"""Entry point: ``python -m app``, the scripts ``atmx`` and ``atmx-terminal``, and the frozen executables."""

from __future__ import annotations

import io
import multiprocessing
import os
import sys


def main() -> int:
    """Run the command line of this process and return its exit code."""
    multiprocessing.freeze_support()
    _speak()
    from app.cli import run  # after freeze_support: a frozen worker must not parse the program's options

    return run(sys.argv[1:])


def _speak() -> None:
    """Write UTF-8 into files and pipes, as JSON is, and end on no sign that a screen's own encoding lacks.

    Without an output, as windowed programs on Windows are started and `>&-` has it, what is said goes nowhere: else it
    ends the program, and the next file that is opened would take the output's place.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for as long as the program runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            own = stream.isatty() or os.environ.get("PYTHONIOENCODING")
            stream.reconfigure(encoding=None if own else "utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
