"""Momentum's short-horizon classifier: taught from a file, switched by a parameter, silent until it can be believed.

While it is switched on, an entry wants its agreement: where there is no model, or one made for another pace, or a
feature is missing, it does not agree.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from engine.strategies import horizon_model
from engine.strategies.momentum_terms import NAME
from engine.strategies.said import Why

if TYPE_CHECKING:
    from engine.strategies.event_eye import Seen
    from engine.strategies.horizon_model import Classifier

MODEL: Final = "classifier"
"""Under which a model is taught and kept."""
NO_MODEL: Final = Why(NAME, "no_model", "the classifier is switched on and no model was given to it")
PACE: Final = Why(NAME, "model_pace", "the classifier's model was made for another cadence; set it, or train again")


class Advice:
    """The model there is."""

    def __init__(self) -> None:
        self.model: Classifier | None = None

    def take(self, body: str) -> str:
        """Take a model's file up in place of the one before, or none for an empty text; return what it is.

        Raises
        ------
        ValueError
            If it cannot be used; the model before stays.
        """
        if not body:
            self.model = None
            return "no classifier"
        try:
            self.model = found = horizon_model.read(body.encode())
        except ValueError as e:
            msg = f"the model {e}"
            raise ValueError(msg) from None
        source, kind = found.artifact.source, type(found.artifact.model).__name__.lower()
        learnt = f"{source.moves:,} moves of {source.groups} days to {source.last}"
        return f"{kind} model {found.digest} of {source.name}, {learnt}"

    def why(self, cadence_s: float, memory_s: float) -> Why | None:
        """Return why it cannot agree to anything at this pace; None where it can."""
        if self.model is None:
            return NO_MODEL
        made = self.model.definition
        same = math.isclose(made.cadence_s, cadence_s) and math.isclose(made.memory_s, memory_s)
        return None if same else PACE

    def up(self, seen: Seen, cadence_s: float, memory_s: float) -> tuple[float, ...]:
        """Return the chance of an upward move of each bracket; 0 where nothing can be said."""
        if self.model is None or self.why(cadence_s, memory_s) is not None:
            return (0.0,) * len(seen.brackets)
        return tuple(0.0 if p is None else p for p in self.model.up(seen))
