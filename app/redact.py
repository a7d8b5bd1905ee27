"""Keep secrets out of whatever is written: by the name of a field, by the look of a text, and by value.

The three nets are independent: a key passed under an innocent name is still caught by
its look or, once `Secrets.hide` was told of it, wherever it turns up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "[redacted]"
NAMES: Final = re.compile(
    r"secret|passw|passphrase|signature|authori[sz]ation|cookie|credential|mnemonic|seed_?phrase"
    r"|api_?key|private_?key|access_?key|(?:^|[_-])(?:key|token|sig|pem|auth)$",
    re.IGNORECASE,
)
"""Field names whose value is never shown."""
LOOKS: Final = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),  # a JSON web token
    (
        re.compile(
            r"""(?ix)\b((?:[a-z]+[_-])*(?:api[_-]?key|private[_-]?key|access[_-]?key|secret|passw(?:or)?d
            |passphrase|token|signature|sig|mnemonic|auth)["']?\s*[=:]\s*["']?)([^\s"'&,;}]{4,})"""
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), HIDDEN),  # user:password of an address
)
"""Texts that are secrets whatever they are called, and what stands in their place."""
SHORTEST: Final = 6
"""A shorter value is no secret worth hunting: replacing every "1" would blind the log."""
DEPTH: Final = 6


class Secrets:
    """The values known to be secret in this process."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def hide(self, value: str) -> None:
        """Replace `value` wherever it turns up from now on."""
        if len(value) >= SHORTEST:
            self._values.add(value)

    def forget(self, value: str) -> None:
        """Stop looking for `value`."""
        self._values.discard(value)

    def text(self, text: str) -> str:
        """Return `text` without what is or looks like a secret."""
        for value in sorted(self._values, key=len, reverse=True):  # a secret may hold a shorter one
            text = text.replace(value, HIDDEN)
        for look, instead in LOOKS:
            text = look.sub(instead, text)
        return text

    def value(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401  # whatever a log call was given
        """Return `value` without secrets, at any depth; objects become their redacted text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth >= DEPTH:
            return "…"
        if isinstance(value, Mapping):
            return {str(k): self.field(str(k), v, depth + 1) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        return self.text(str(value))

    def field(self, name: str, value: Any, depth: int = 0) -> Any:  # noqa: ANN401
        """Return the value of the field `name` as it may be shown."""
        if NAMES.search(name) and value is not None and not isinstance(value, bool):
            return HIDDEN
        return self.value(value, depth)


secrets = Secrets()
"""The process's own; one, because a secret must be hidden from every writer."""
