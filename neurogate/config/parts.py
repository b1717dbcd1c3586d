"""What a configuration holds: how a run is carried out, and everything that one simulation needs.

Here live the classes that no other package owns. Whether the parts fit together is checked by
`neurogate.config.checks`; a `Simulation`, which is parts that do, is made in `neurogate.config.schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import attrs

from neurogate.network.features import Features
from neurogate.network.reservoir import ReservoirSpec
from neurogate.plasticity.force import Force
from neurogate.plasticity.rules import AnyRule
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.probes import Probes
from neurogate.tasks.record import Record
from neurogate.tasks.what_when import WhatWhen
from neurogate.units import Domain, Positive, Seed, settings

__all__ = ["Parts", "Run"]


@settings
class Run:
    """How a simulation is carried out; only the seed, the replicas, backend and dtype change its bits.

    Parameters
    ----------
    seed : int
        Seed of everything random; replicas derive their own from it.
    replicas : int
        Networks simulated side by side, each with its own parameters, connections and noise.
    backend : str
        What computes; "auto" takes the fastest one that works here and says which.
    dtype : str
        Type of the simulated numbers; float64 gives the same bits on every CPU backend.
    threads : int
        Threads among which replicas are shared out; 0 takes all processors. Results do not depend on it.
    memory_limit_mb : float
        Runs that would need more memory are refused before they begin.

    Examples
    --------
    >>> Run(seed=3).replicas
    1
    """

    seed: Seed = 1
    replicas: Annotated[int, Domain(1, 100_000)] = 1
    backend: Literal["auto", "numpy", "numba", "cuda"] = "auto"
    dtype: Literal["float32", "float64"] = "float32"
    threads: Annotated[int, Domain(0, 1024)] = 0
    memory_limit_mb: Positive = 4096.0


@settings
class Parts:
    """The parts of one simulation: what is simulated, what is asked of it, which rules learn, what is kept.

    Parameters
    ----------
    name : str
        Name of its results: letters, digits, dots, dashes and underscores, at most 64.
    description : str
        One line for listings.
    run : Run
        How it is carried out.
    reservoir : ReservoirSpec
        The spiking network.
    features : Features
        What the readouts see of it.
    task : WhatWhen
        What is asked.
    rules : mapping of str to rule
        Learning rules by name, each with readouts of its own; the first is the headline.
    probes : Probes
        How what was learned is judged.
    record : Record
        What is recorded.

    Examples
    --------
    >>> list(Parts().rules)
    ['three_factor', 'force']
    """

    name: str = "simulation"
    description: str = ""
    run: Run = Run()
    reservoir: ReservoirSpec = ReservoirSpec()
    features: Features = Features()
    task: WhatWhen = WhatWhen()
    rules: Mapping[str, AnyRule] = attrs.field(
        factory=lambda: {"three_factor": ThreeFactor(), "force": Force()}
    )
    probes: Probes = Probes()
    record: Record = Record()
