"""``atmx price``: the models as calculators. They compute with the engine's own code and know no market."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from engine.core.errors import InputError
from engine.maths import kelly, lmsr

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Numbers = dict[str, float | list[float]]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("price", help="calculate with one of the models", description=__doc__)
    models = parser.add_subparsers(dest="model", metavar="MODEL", required=True)
    _add_lmsr(models)
    _add_kelly(models)


def _add_lmsr(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    words = "a trade with a market maker that always quotes: its cost, the price after it, what the maker can lose"
    parser = models.add_parser("lmsr", help=words, description=words)
    parser.add_argument("--b", type=float, required=True, metavar="SHARES", help="liquidity")
    parser.add_argument("--prior", default="0.5,0.5", metavar="P,P,…", help="probability of each outcome; even of two")
    parser.add_argument("--outcome", type=int, default=0, metavar="N", help="which is traded, counted from 0")
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--shares", type=float, metavar="N", help="so many, negative to sell")
    size.add_argument("--budget", type=float, metavar="MONEY", help="as many as it buys, negative to sell for it")
    size.add_argument("--to", type=float, metavar="P", help="as many as move the price there")
    _finish(parser, _lmsr)


def _add_kelly(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    words = "the part of a bankroll to stake on a share that pays 1 or nothing"
    parser = models.add_parser("kelly", help=words, description=words)
    parser.add_argument("--p", type=float, required=True, metavar="P", help="own probability that it pays")
    parser.add_argument("--price", type=float, required=True, metavar="P", help="asked for one share")
    parser.add_argument("--fee", type=float, default=0.0, metavar="MONEY", help="of one share")
    parser.add_argument("--fraction", type=float, default=0.5, metavar="F", help="of full Kelly; half unless told")
    parser.add_argument("--cap", type=float, default=0.15, metavar="F", help="most of the bankroll; 0.15 unless told")
    _finish(parser, _kelly)


def _finish(parser: argparse.ArgumentParser, work: Callable[[argparse.Namespace], Numbers]) -> None:
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run, work=work)


def run(args: argparse.Namespace) -> int:
    """Calculate and print.

    Raises
    ------
    InputError
        If an argument is out of its range.
    """
    try:
        numbers = args.work(args)
    except (ValueError, OverflowError) as e:
        msg = f"price {args.model}: {e}"
        raise InputError(msg) from e
    if args.json:
        sys.stdout.write(json.dumps(numbers) + "\n")
        return 0
    for name, value in numbers.items():
        text = " ".join(f"{v:.10g}" for v in (value if isinstance(value, list) else [value]))
        sys.stdout.write(f"{name.replace('_', ' '):<14} {text}\n")
    return 0


def _lmsr(args: argparse.Namespace) -> Numbers:
    before = lmsr.distribution([float(part) for part in args.prior.split(",")])
    if not 0 <= args.outcome < len(before):
        msg = f"outcome must be one of 0 to {len(before) - 1}, was {args.outcome}"
        raise ValueError(msg)
    price = before[args.outcome]
    if not 0.0 < price < 1.0:
        msg = f"the prior must leave every outcome a chance, and gives outcome {args.outcome} {price}"
        raise ValueError(msg)
    if args.shares is not None:
        shares = args.shares
    elif args.budget is not None:
        shares = lmsr.shares_for_budget(price, args.b, args.budget)
    else:
        shares = lmsr.shares_to_price(price, args.to, args.b)
    cost, after = lmsr.step(price, shares, args.b)
    rest = (1.0 - after) / (1.0 - price)  # the others keep their proportions
    return {
        "price": price,
        "shares": shares,
        "cost": cost,
        "average": cost / shares if shares else price,
        "price_after": after,
        "prices_after": [after if n == args.outcome else p * rest for n, p in enumerate(before)],
        "max_loss": lmsr.max_loss(before, args.b),
    }


def _kelly(args: argparse.Namespace) -> Numbers:
    return dict(kelly.stake(args.p, args.price, args.fee, args.fraction, args.cap)._asdict())
