"""``atmx price``: calculators that give the models' own numbers, to try an idea before an order.

``lmsr`` prices a trade on a market that always quotes; ``kelly`` says how much of a bankroll an edge is worth;
``makers`` puts the same trades to a constant product, an order book and LMSR; ``black76`` values an option on a
forward, or says which volatility its price means; ``digital`` says what a share that pays if a price ends at or above
a strike is worth. What an account may hold, the band of prices and fees of a listed market are not looked at.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError
from engine.core.units import money_down, money_up
from engine.maths import binary, black, kelly, lmsr, makers

if TYPE_CHECKING:
    from collections.abc import Callable

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Answer = dict[str, str | list[str] | None]

MOST: Final = 1e9
"""No calculator is asked for more shares or money than the exchange trades."""
MOST_TRADES: Final = 1_000
LEAST: Final = 1e-9
LONGEST_DAYS: Final = 36_500.0
"""A hundred years; rates beyond one a year and volatilities beyond 100 are slips of the keyboard."""
ROUNDING: Final = 0.005
"""What a probability may be off by that was rounded to a hundredth."""
DIGITS: Final = Decimal("1E-9")
"""Prices and shares are opinions: nine digits after the point are more than they mean."""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "price", help="calculators: lmsr, kelly, makers, black76, digital", description=__doc__
    )
    models = parser.add_subparsers(dest="model", metavar="MODEL", required=True)
    _add_lmsr(models)
    _add_kelly(models)
    _add_makers(models)
    _add_black76(models)
    _add_digital(models)


def run_lmsr(args: argparse.Namespace) -> int:
    """Price a trade of one outcome."""
    _print(args, lmsr_trade(args))
    return 0


def run_kelly(args: argparse.Namespace) -> int:
    """Size a stake."""
    _print(args, kelly_stake(args))
    return 0


def run_black76(args: argparse.Namespace) -> int:
    """Value an option on a forward."""
    _print(args, black76(args))
    return 0


def run_digital(args: argparse.Namespace) -> int:
    """Value a share that pays if a price ends at or above a strike."""
    _print(args, digital(args))
    return 0


def run_makers(args: argparse.Namespace) -> int:
    """Compare three ways to make a market."""
    found = compared(args)
    if getattr(args, "json", False):
        rows = [
            {
                "maker": one.name,
                "trades": [
                    {"shares": _opinion(d.shares), "cost": _opinion(d.cost), "price": _told(d.price)}
                    for d in one.trades
                ],
                "worst": _opinion(one.worst),
                "if_yes": _opinion(one.if_yes),
                "if_no": _opinion(one.if_no),
            }
            for one in found
        ]
        sys.stdout.write(json.dumps({"makers": rows}) + "\n")
        return 0
    for one in found:
        yes, no = f"{one.if_yes:+.2f} if YES pays", f"{one.if_no:+.2f} if NO pays"
        sys.stdout.write(f"{one.name}: {yes}, {no}; it can lose {one.worst:.2f}\n")
        for done in one.trades:
            then = "no price is left" if math.isnan(done.price) else f"price {done.price:.4f}"
            sys.stdout.write(f"  {done.shares:+g} shares for {done.cost:+.2f}, then {then}\n")
    return 0


def compared(args: argparse.Namespace) -> tuple[makers.Made, ...]:
    """Return what three makers charge for the same trades; errors as for `lmsr_trade`."""
    parts = args.trades.split(",")
    if len(parts) > MOST_TRADES:
        raise InputError(f"--trades: at most {MOST_TRADES} can be compared, were {len(parts)}")
    return makers.compare([_number("--trades", part) for part in parts], _positive("--b", args.b))


def lmsr_trade(args: argparse.Namespace) -> Answer:
    """Return what a purchase, or a sale where shares are negative, costs and moves.

    Raises
    ------
    InputError
        If an option is no number or out of its range; the text names it.
    """
    b = _positive("--b", args.b)
    option, before = _opening(args, b)
    if not 0 <= args.outcome < len(before):
        raise InputError(f"--outcome: must be from 0 to {len(before) - 1}, was {args.outcome}")
    price = [_inside(option, chance) for chance in before][args.outcome]
    shares = _wanted(args, price, b)
    cost, after = lmsr.step(price, shares, b)
    rest = (1.0 - after) / (1.0 - price)  # the others keep their proportions
    return {
        "price": _opinion(price),
        "shares": _opinion(shares),
        "cost": _text(money_up(cost) if cost >= 0 else Decimal(-money_down(-cost))),
        "average": _opinion(cost / shares if shares else price),
        "price_after": _opinion(after),
        "prices_after": [_opinion(after if n == args.outcome else p * rest) for n, p in enumerate(before)],
        "max_loss": _text(money_up(lmsr.max_loss(before, b))),
    }


def kelly_stake(args: argparse.Namespace) -> Answer:
    """Return Kelly's part of the bankroll, full and as it would be used; errors as for `lmsr_trade`."""
    p, price = _share("--p", args.p), _inside("--price", _number("--price", args.price))
    fee = _number("--fee", args.fee)
    if fee < 0:
        raise InputError(f"--fee: must not be negative, was {args.fee}")
    found = kelly.stake(p, price, fee, _share("--fraction", args.fraction), _share("--cap", args.cap))
    return {"full": _opinion(found.full), "size": _opinion(found.size), "edge": _opinion(found.edge)}


def black76(args: argparse.Namespace) -> Answer:
    """Return an option's value, greeks and volatility, told or implied by its price; errors as for `lmsr_trade`."""
    forward, strike = _level("--forward", args.forward), _level("--strike", args.strike)
    years = _up_to("--days", args.days, LONGEST_DAYS) / black.DAYS
    rate = _up_to("--rate", args.rate, 1.0, least=-1.0)
    try:
        vol = (
            black.implied_vol(_number("--price", args.price), forward, strike, years, put=args.put, r=rate)
            if args.vol is None
            else _up_to("--vol", args.vol, black.MOST_VOL)
        )
        found = black.option(forward, strike, vol, years, put=args.put, r=rate)
    except ValueError as e:
        raise InputError(f"--price: {e}") from e
    return {"vol": _figure(vol), **{name: _figure(value) for name, value in found._asdict().items()}}


def digital(args: argparse.Namespace) -> Answer:
    """Return what Up and Down are worth, and the greeks of one Up share; errors as for `lmsr_trade`."""
    spot, strike = _level("--spot", args.spot), _level("--strike", args.strike)
    seconds = _up_to("--seconds", args.seconds, LONGEST_DAYS * 86_400.0)
    if args.sigma is not None:
        sigma = _up_to("--sigma", args.sigma, black.MOST_VOL)
    else:
        sigma = _up_to("--vol", args.vol, black.MOST_VOL) / math.sqrt(binary.YEAR_S)
    found = binary.digital(spot, strike, sigma, seconds)
    return {"sigma": _figure(sigma), **{name: _figure(value) for name, value in found._asdict().items()}}


def _add_lmsr(models: Commands) -> None:
    parser = models.add_parser("lmsr", help="what a trade costs and where it leaves the price")
    parser.add_argument("--b", required=True, metavar="SHARES", help="liquidity")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--price", metavar="P", help="of YES in a YES/NO market; even unless told")
    start.add_argument("--prior", metavar="P,P,…", help="probability of each outcome")
    start.add_argument("--q", metavar="SHARES,…", help="shares sold of each outcome; --q=-5,… where the first is less")
    parser.add_argument("--outcome", type=int, default=0, metavar="N", help="which is traded, counted from 0")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--buy", "--shares", metavar="QTY", help="so many shares, negative to sell")
    wanted.add_argument("--budget", metavar="M", help="as many as it buys, negative to sell for it")
    wanted.add_argument("--to", metavar="P", help="as many as move the price there")
    _finish(parser, run_lmsr)


def _add_kelly(models: Commands) -> None:
    parser = models.add_parser("kelly", help="how much of the bankroll to stake")
    parser.add_argument("--p", required=True, metavar="P", help="own probability that a share pays")
    parser.add_argument("--price", required=True, metavar="P", help="asked for a share")
    parser.add_argument("--fee", default="0", metavar="M", help="a share")
    parser.add_argument("--fraction", default="0.5", metavar="F", help="of full Kelly, half by default")
    parser.add_argument("--cap", default="0.15", metavar="F", help="most of the bankroll, 0.15 by default")
    _finish(parser, run_kelly)


def _add_makers(models: Commands) -> None:
    parser = models.add_parser("makers", help="the same trades on a constant product, an order book and LMSR")
    parser.add_argument("--b", default="100", metavar="SHARES", help="liquidity of the LMSR, 100 by default")
    parser.add_argument("--trades", required=True, metavar="QTY,…", help="shares of YES; --trades=-5,… to sell first")
    _finish(parser, run_makers)


def _add_black76(models: Commands) -> None:
    parser = models.add_parser("black76", help="what an option on a forward is worth, and its greeks")
    parser.add_argument("--forward", required=True, metavar="F", help="price of the forward")
    parser.add_argument("--strike", required=True, metavar="K")
    parser.add_argument("--days", required=True, metavar="D", help="to expiry, of 365 a year")
    known = parser.add_mutually_exclusive_group(required=True)
    known.add_argument("--vol", metavar="V", help="annual, such as 0.6")
    known.add_argument("--price", metavar="P", help="of the option; says which volatility it means")
    parser.add_argument("--put", action="store_true", help="a put; a call unless told")
    parser.add_argument("--rate", default="0", metavar="R", help="continuous annual rate, 0 by default")
    _finish(parser, run_black76)


def _add_digital(models: Commands) -> None:
    parser = models.add_parser("digital", help="what a share that pays at or above a strike is worth")
    parser.add_argument("--spot", required=True, metavar="S", help="price now")
    parser.add_argument("--strike", required=True, metavar="K", help="a price that ends there pays too")
    parser.add_argument("--seconds", required=True, metavar="T", help="until it is decided")
    known = parser.add_mutually_exclusive_group(required=True)
    known.add_argument("--sigma", metavar="V", help="volatility a root second, such as 0.00006")
    known.add_argument("--vol", metavar="V", help="annual volatility, such as 0.6")
    _finish(parser, run_digital)


def _finish(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def _opening(args: argparse.Namespace, b: float) -> tuple[str, tuple[float, ...]]:
    """Return the option that says where the market stands, and the price of every outcome there."""
    if args.q is not None:
        return "--q", lmsr.prices(_numbers("--q", args.q), b)
    if args.prior is None:
        price = 0.5 if args.price is None else _inside("--price", _number("--price", args.price))
        return "--price", (price, 1.0 - price)
    weights = _numbers("--prior", args.prior)
    for weight in weights:
        if weight <= 0:
            raise InputError(f"--prior: a probability must be more than 0, was {weight:g}")
    whole = math.fsum(weights)
    if len(weights) > 1 and abs(whole - 1.0) > ROUNDING * len(weights):
        raise InputError(f"--prior: the probabilities of all outcomes come to {whole:g}, not to 1")
    return "--prior", lmsr.distribution(weights)


def _wanted(args: argparse.Namespace, price: float, b: float) -> float:
    """Return the shares that the one of three options asks for."""
    if args.buy is not None:
        return _number("--buy", args.buy)
    if args.to is not None:
        return lmsr.shares_to_price(price, _inside("--to", _number("--to", args.to)), b)
    try:
        shares = lmsr.shares_for_budget(price, b, _number("--budget", args.budget))
    except ValueError as e:
        raise InputError(f"--budget: {e}") from e
    if not math.isfinite(shares):  # next to nothing is asked for a share
        raise InputError(f"--budget: {args.budget} buys more shares than can be counted")
    return shares


def _numbers(option: str, text: str) -> list[float]:
    parts = text.split(",")
    if len(parts) < 2:
        raise InputError(f"{option}: a market needs two outcomes or more, was given {len(parts)}")
    return [_number(option, part) for part in parts]


def _number(option: str, text: str) -> float:
    try:
        value = float(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        value = math.nan
    if not abs(value) <= MOST:
        raise InputError(f"{option}: must be a number up to {MOST:,.0f}, was {text[:40]!r}")
    return value


def _level(option: str, text: str) -> float:
    """Return a price of an underlying."""
    value = _positive(option, text)
    if value < LEAST:
        raise InputError(f"{option}: must be at least {LEAST:f}, was {text[:40]}")
    return value


def _up_to(option: str, text: str, most: float, *, least: float = 0.0) -> float:
    value = _number(option, text)
    if not least <= value <= most:
        raise InputError(f"{option}: must be from {least:g} to {most:,.0f}, was {text[:40]}")
    return value


def _positive(option: str, text: str) -> float:
    value = _number(option, text)
    if value <= 0:
        raise InputError(f"{option}: must be more than 0, was {text[:40]}")
    return value


def _share(option: str, text: str) -> float:
    value = _number(option, text)
    if not 0 <= value <= 1:
        raise InputError(f"{option}: must be from 0 to 1, was {text[:40]}")
    return value


def _inside(option: str, value: float) -> float:
    if not 0 < value < 1:
        raise InputError(f"{option}: a price must lie between 0 and 1, was {value:g}")
    return value


def _opinion(value: float) -> str:
    """Return a float as a decimal string without an exponent."""
    return _text(Decimal(value).quantize(DIGITS))


def _figure(value: float) -> str | None:
    """Return a float with all its digits and without an exponent: a greek may be small; None where it is none."""
    return _text(Decimal(repr(value))) if math.isfinite(value) else None


def _told(price: float) -> str | None:
    return None if math.isnan(price) else _opinion(price)


def _text(value: Decimal) -> str:
    plain = f"{value.normalize():f}"
    return "0" if plain == "-0" else plain


def _print(args: argparse.Namespace, answer: Answer) -> None:
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(answer) + "\n")
        return
    for name, value in answer.items():
        shown = "  ".join(value) if isinstance(value, list) else "—" if value is None else value
        sys.stdout.write(f"{name.replace('_', ' '):<14} {shown}\n")
