"""Every computed column there is: whatever module of this package has a `COLUMN`, in the order of their names."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from typing import TYPE_CHECKING, Final

from engine.views import analytics
from engine.views.analytics.column import LONGEST, Column

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")


def checked(columns: Iterable[Column]) -> dict[str, Column]:
    """Return columns by key.

    Raises
    ------
    ValueError
        If two have one key, or a key or a header is not fit to be shown.
    """
    known: dict[str, Column] = {}
    for one in columns:
        if not _KEY.fullmatch(one.key) or one.key in known:
            msg = f"the key of a column is its own, of small letters and underscores; was {one.key!r}"
            raise ValueError(msg)
        if not 0 < len(one.header) <= LONGEST:
            msg = f"the header of column {one.key} has 1 to {LONGEST} letters, was {one.header!r}"
            raise ValueError(msg)
        known[one.key] = one
    return known


def found() -> Iterable[Column]:
    """Yield the column of each module of the package."""
    for module in sorted(pkgutil.iter_modules(analytics.__path__), key=lambda at: at.name):
        one = getattr(import_module(f"{analytics.__name__}.{module.name}"), "COLUMN", None)
        if isinstance(one, Column):
            yield one


COLUMNS: Final = checked(found())
"""By key, as the setting `look.market_columns` names them."""


def chosen(keys: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of some keys, in their order; a key that there is not is left out."""
    return tuple(COLUMNS[key] for key in dict.fromkeys(keys) if key in COLUMNS)
