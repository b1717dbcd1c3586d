"""The list of learning rules."""

from __future__ import annotations

from .delta import Delta
from .e_prop import EProp
from .force import Force
from .reward_hebbian import RewardHebbian
from .ridge import Ridge
from .surprise_replay import SurpriseReplay
from .three_factor import ThreeFactor

__all__ = ["RULES", "AnyRule"]

AnyRule = ThreeFactor | Force | Delta | Ridge | RewardHebbian | EProp | SurpriseReplay

RULES = {rule.kind: rule for rule in (ThreeFactor, Force, Delta, Ridge, RewardHebbian, EProp, SurpriseReplay)}
"""Every rule by its name in configurations."""
