"""The letters of array shapes and the suffixes of names: what they stand for everywhere."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["LETTERS", "UNITS"]

LETTERS: Mapping[str, str] = {
    "B": "replicas: own parameters, own connectivity, own seed",
    "T": "steps or bins in time",
    "N": "neurons",
    "K": "inputs or outcomes",
    "C": "cues",
    "H": "heads",
    "D": "width",
    "L": "length",
}
"""What a letter in a documented array shape counts."""

UNITS: Mapping[str, str] = {
    "ms": "milliseconds",
    "hz": "events per second",
    "mV": "millivolts",
    "pA": "picoamperes",
    "pF": "picofarads",
    "nS": "nanosiemens",
    "deg": "degrees of angle",
    "px": "pixels",
    "mb": "megabytes (1e6 bytes)",
}
"""What the suffix of a name says about its unit."""
