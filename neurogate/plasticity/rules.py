"""The list of learning rules."""

from __future__ import annotations

from .delta import Delta
from .force import Force
from .ridge import Ridge
from .three_factor import ThreeFactor

__all__ = ["RULES", "AnyRule"]

AnyRule = ThreeFactor | Force | Delta | Ridge

RULES = {rule.kind: rule for rule in (ThreeFactor, Force, Delta, Ridge)}
"""Every rule by its name in configurations."""
