"""The list of learning rules."""

from __future__ import annotations

from typing import get_args

from .delta import Delta
from .e_prop import EProp
from .force import Force
from .force_alarm import ForceAlarm
from .outcome_channels import OutcomeChannels
from .reward_hebbian import RewardHebbian
from .ridge import Ridge
from .shared_synapses import SharedSynapses
from .surprise_replay import SurpriseReplay
from .three_factor import ThreeFactor

__all__ = ["RULES", "AnyRule"]

AnyRule = (
    ThreeFactor
    | Force
    | ForceAlarm
    | Delta
    | Ridge
    | RewardHebbian
    | EProp
    | SurpriseReplay
    | OutcomeChannels
    | SharedSynapses
)

RULES = {rule.kind: rule for rule in get_args(AnyRule)}
"""Every rule by its name in configurations."""
