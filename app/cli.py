"""The command line: which module does which command, and how errors end.

A command's module is imported only when it is asked for, so that the terminal starts without them. Exit codes:
0 done, 1 the answer is no, 2 bad usage or input, 3 the environment lacks something. Bad input never shows a
traceback.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from typing_extensions import override

from app import __version__
from engine.core.errors import InputError, StoreError, Unavailable, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final[dict[str, str]] = {
    "doctor": "app.commands.doctor",
    "kill": "app.commands.kill",
    "high": "app.commands.high",
    "settle": "app.commands.settle",
    "chain": "app.commands.chain",
    "record": "app.commands.record",
    "replay": "app.commands.replay",
    "price": "app.commands.price",
    "fees": "app.commands.fees",
    "decode": "app.commands.decode",
    "bench": "app.commands.bench",
    "export": "app.commands.export",
    "sandbox": "app.commands.sandbox",
    "settlements": "app.commands.backtest_settlement",
    "backtest": "app.commands.backtest",
    "sweep": "app.commands.sweep",
    "train": "app.commands.train",
    "features": "app.commands.features",
    "fetch": "app.commands.fetch",
    "providers": "app.commands.providers",
    "report": "app.commands.report",
    "diagnose": "app.commands.diagnose",
}
NO: Final = 1
BAD_INPUT: Final = 2
LACKING: Final = 3
FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}
"""What the system says of an output that takes no more."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line; those of commands are of this kind, too."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: error: {_line(message)} (--help says more)\n")


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    parser = _parser(argv)
    try:
        args = parser.parse_args(argv)
    except SystemExit as e:  # argparse has said what is wrong
        return e.code if isinstance(e.code, int) else BAD_INPUT
    try:
        code = int(args.run(args))
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written shows here, not after the exit code is chosen
    except Unavailable as e:
        return _fail(e, LACKING)
    except (UserError, StoreError) as e:
        return _fail(e, BAD_INPUT)
    except BrokenPipeError:  # the reader of our output went away
        _drop_output()
        return 0
    except OSError as e:
        return _fail_file(e)
    except KeyboardInterrupt:
        return 130
    return code


def _fail_file(error: OSError) -> int:
    """Name the file that the system refused; of an error that names none, only our output's is known."""
    if error.filename is not None:
        return _fail(InputError(f"{error.filename}: {error.strerror}"), BAD_INPUT)
    if error.errno not in FULL:
        raise error
    _drop_output()
    return _fail(Unavailable(f"the output cannot be written: {error.strerror}"), LACKING)


def _drop_output() -> None:
    """Let what waits to be printed go nowhere: Python would try again at the end, and fail with a code of its own."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="atmx",
        description="Trading terminal for weather, event and options markets. Without a command it opens the terminal.",
    )
    parser.add_argument("--version", action="version", version=f"atmx {__version__}")
    _terminal_options(parser)
    asked = [word for word in argv if word in COMMANDS]
    wanted = list(COMMANDS) if {"-h", "--help"} & set(argv) and not asked else asked[:1]
    if wanted:
        commands = parser.add_subparsers(dest="command", metavar="COMMAND")
        for name in wanted:
            import_module(COMMANDS[name]).add(commands)
    parser.set_defaults(run=_terminal)
    return parser


def _terminal_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", type=Path, metavar="DIR", help="keep every file of this program under DIR")
    parser.add_argument("--demo", action="store_true", help="a simulated day with paper money, no network")
    parser.add_argument("--desk", choices=("paper", "live"), help="venues' own prices; live begins disarmed")
    parser.add_argument("--replay", metavar="SESSION", help="play a recorded session: its name, a journal, or latest")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="venues elsewhere: what atmx sandbox printed")
    parser.add_argument("--exit-after", type=float, metavar="S", help="leave after S seconds")
    parser.add_argument("--headless", action="store_true", help="no screen: trade a demo day, or open --desk paper")
    parser.add_argument("--shots", type=Path, metavar="DIR", help="save a PNG of every workspace before leaving")
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="save a PNG of every dock in every state")
    parser.add_argument("--size", default="", metavar="WxH", help="window size, such as 1366x768")
    parser.add_argument("--theme", choices=("dark", "light", "contrast"), help="for this session")
    parser.add_argument("--seed", type=int, help="which simulated day")
    parser.add_argument("--speed", type=float, metavar="X", help="of the simulated day's clock")
    parser.add_argument("--safe", action="store_true", help="default layout, no strategies, no live desk")
    parser.add_argument("--reset-layout", action="store_true", help="forget the saved layout")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="record a performance trace, for ui.perfetto.dev")
    parser.add_argument("--json", action="store_true", help="print one JSON document on leaving")


def _terminal(args: argparse.Namespace) -> int:
    from app import memory

    with memory.unwatched():
        return int(import_module("app.terminal").run(args))


def _fail(error: Exception, code: int) -> int:
    sys.stderr.write(f"atmx: {_line(str(error))}\n")
    return code


def _line(text: str) -> str:
    """Return a text as one line; signs of a file that cannot be read would work on the screen they are shown on."""
    return "".join(sign if sign.isprintable() else "·" for sign in " ".join(text.split()))
