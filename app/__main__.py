"""Entry point: ``python -m app``, the scripts ``atmx`` and ``atmx-terminal``, and the frozen executables."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Run the command line of this process and return its exit code."""
    multiprocessing.freeze_support()
    from app.cli import run  # after freeze_support: a frozen worker must not parse the program's options

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
