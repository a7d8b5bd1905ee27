"""``atmx fees``: what a venue takes of one trade, to the last digit.

Cost is what the account pays, fee included (of a sale, what it gets is negative); breakeven is the probability at
which nothing is gained. One fill is assumed: an order filled in parts may be rounded in each of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.units import Qty, Side
from engine.maths.fees import trade_fee

if TYPE_CHECKING:
    from engine.core.units import Money

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

VENUES: Final = ("kalshi", "polymarket", "lmsr")
RULES: Final = {
    "kalshi": FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal(0)),
    "polymarket": FeeRule(kind="polymarket"),
    "lmsr": NO_FEE,
}
"""Where neither market nor series states its own. Polymarket's markets each do; without --rate there is no fee."""
MOST: Final = Decimal(10**9)
ONE: Final = Decimal(1)


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("fees", help="the exact fee of a trade", description=__doc__)
    parser.add_argument("venue", metavar="VENUE", help=", ".join(VENUES))
    parser.add_argument("--side", required=True, metavar="buy|sell")
    parser.add_argument("--price", required=True, metavar="P", help="of the share that is bought or sold, 0 to 1")
    parser.add_argument("--count", required=True, metavar="N", help="shares")
    parser.add_argument("--role", required=True, metavar="maker|taker")
    parser.add_argument("--multiplier", metavar="M", help="of the series (Kalshi); 1 without")
    parser.add_argument("--rate", metavar="R", help="of the market, such as 0.07; the venue's usual one without")
    parser.add_argument("--precision", metavar="D", help="what cash is rounded to, such as 0.01 behind a broker")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compute and print."""
    found = figures(args)
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.write("".join(f"{name:<10} {value}\n" for name, value in found.items()))
    return 0


def figures(args: argparse.Namespace) -> dict[str, str]:
    """Return fee, cost and breakeven as decimal strings.

    Raises
    ------
    InputError
        If an option is none of what it may be; the text names it.
    """
    side = Side(_among("--side", args.side, ("buy", "sell")))
    maker = _among("--role", args.role, ("maker", "taker")) == "maker"
    price = _number("--price", args.price, Decimal(0), ONE)
    count = _number("--count", args.count, Decimal(0), MOST)
    if count == 0:
        raise InputError("--count: must be more than 0")
    fee = trade_fee(_rule(args, maker=maker), side, price, Qty(count), maker)
    cost = count * price + fee if side is Side.BUY else fee - count * price
    return {"fee": _text(fee), "cost": _text(cost), "breakeven": _text(breakeven(side, cost, count))}


def breakeven(side: Side, cost: Decimal, count: Decimal) -> Decimal:
    """Return the probability of the share at which nothing is gained, to nine digits.

    A purchase pays `cost` for what is worth the probability a share; a sale gets ``-cost`` for giving that away.
    """
    each = cost / count if side is Side.BUY else -cost / count
    return each.quantize(Decimal("1E-9"))


def _rule(args: argparse.Namespace, *, maker: bool) -> FeeRule:
    venue = _among("VENUE", args.venue, VENUES)
    rule = RULES[venue]
    rate = rule.rate if args.rate is None else _number("--rate", args.rate, Decimal(0), ONE)
    multiplier = ONE if args.multiplier is None else _number("--multiplier", args.multiplier, Decimal(0), Decimal(100))
    precision = None if args.precision is None else _number("--precision", args.precision, Decimal(0), ONE)
    if precision == 0:
        raise InputError("--precision: must be more than 0")
    if venue == "lmsr":
        return FeeRule(kind="of_cost", rate=rate)
    stated = args.rate is not None  # a rate that is stated is the one of the role that is asked for
    return FeeRule(
        kind=rule.kind,
        rate=rate,
        maker_rate=rate if stated and maker and venue == "kalshi" else rule.maker_rate,
        multiplier=multiplier,
        precision=precision,
    )


def _among(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise InputError(f"{name}: must be {' or '.join(allowed)}, was {text[:40]!r}")
    return text


def _number(name: str, text: str, least: Decimal, most: Decimal) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as e:
        raise InputError(f"{name}: must be a number, was {text[:40]!r}") from e
    if not number.is_finite() or not least <= number <= most or len(text) > 30:
        raise InputError(f"{name}: must lie between {least} and {most}, was {text[:40]!r}")
    return number


def _text(number: Decimal | Money) -> str:
    shown = f"{number.normalize():f}"
    return "0" if shown == "-0" else shown
