"""Configurations: from TOML, a command line or Python to one frozen `Simulation`, and back.

Here live the schema's root, the strict reading of plain tables, the text of what is wrong with them, and
the identity of a configuration. The classes of settings themselves live where the things they describe
live; `neurogate.config.build` makes those things.
"""

from neurogate.config.hashing import content_hash
from neurogate.config.listing import describe
from neurogate.config.loading import load
from neurogate.config.parts import Run
from neurogate.config.schema import AnySimulation, Simulation, WaveformSimulation, structure, unstructure
from neurogate.config.structuring import dumps

__all__ = [
    "AnySimulation",
    "Run",
    "Simulation",
    "WaveformSimulation",
    "content_hash",
    "describe",
    "dumps",
    "load",
    "structure",
    "unstructure",
]
