"""Letters, units and domains: the vocabulary that every other module shares.

Here live the glossary of array letters and unit suffixes, the description of what values a setting
may take, and the decorator that makes a class of settings check itself. No numbers are computed here.
"""

from neurogate.units.conforming import Unfit, conform
from neurogate.units.declaring import field_types, settings
from neurogate.units.domains import (
    Count,
    Domain,
    Fraction,
    Milliseconds,
    NonNegative,
    Positive,
    Seed,
    domain_of,
    requirement,
    whole_steps,
)
from neurogate.units.glossary import LETTERS, UNITS
from neurogate.units.showing import shown

__all__ = [
    "LETTERS",
    "UNITS",
    "Count",
    "Domain",
    "Fraction",
    "Milliseconds",
    "NonNegative",
    "Positive",
    "Seed",
    "Unfit",
    "conform",
    "domain_of",
    "field_types",
    "requirement",
    "settings",
    "shown",
    "whole_steps",
]
