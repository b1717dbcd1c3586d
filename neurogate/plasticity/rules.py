"""The list of learning rules."""

from __future__ import annotations

from .delta import Delta
from .e_prop import EProp
from .force import Force
from .reward_hebbian import RewardHebbian
from .ridge import Ridge
from .three_factor import ThreeFactor

__all__ = ["RULES", "AnyRule"]

AnyRule = ThreeFactor | Force | Delta | Ridge | RewardHebbian | EProp

RULES = {rule.kind: rule for rule in (ThreeFactor, Force, Delta, Ridge, RewardHebbian, EProp)}
"""Every rule by its name in configurations."""
