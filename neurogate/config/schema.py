"""The root of a configuration: everything that one simulation needs, in one frozen object.

Here live the classes that no other package owns: the simulation as a whole and how it is run. Neurons,
networks, rules and tasks describe their own settings where they live.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import attrs

from neurogate.config.checks import problems
from neurogate.config.structuring import build, plain
from neurogate.errors import RequestError
from neurogate.network.features import Features
from neurogate.network.reservoir import ReservoirSpec
from neurogate.plasticity.force import Force
from neurogate.plasticity.rules import AnyRule
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.probes import Probes
from neurogate.tasks.record import Record
from neurogate.tasks.what_when import WhatWhen
from neurogate.units import Domain, Positive, Seed, settings

__all__ = ["Run", "Simulation", "structure", "unstructure"]


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
class Simulation:
    """One simulation: what is simulated, what is asked of it, which rules learn, what is kept.

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

    Raises
    ------
    RequestError
        If parts do not fit together, with one sentence for each mistake.

    Examples
    --------
    >>> list(Simulation().rules)
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

    def __attrs_post_init__(self) -> None:
        found = problems(self)
        if found:
            raise RequestError(found)


def structure(table: Mapping[str, Any]) -> Simulation:
    """Make a simulation from plain tables.

    Parameters
    ----------
    table : mapping
        As read from TOML; what is left out keeps its default.

    Raises
    ------
    RequestError
        With one sentence for each mistake, at every depth: key path, value, what is allowed.

    Examples
    --------
    >>> structure({"reservoir": {"n": 300}}).reservoir.n
    300
    >>> structure({"reservoir": {"gian": 1.5}})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: reservoir.gian is not a known key; did you mean gain? ...
    """
    return build(Simulation, table)


def unstructure(simulation: Simulation) -> dict[str, Any]:
    """Write a simulation as plain tables, every default spelled out; `structure` takes them back.

    Examples
    --------
    >>> simulation = Simulation()
    >>> structure(unstructure(simulation)) == simulation
    True
    """
    tables: dict[str, Any] = plain(simulation)
    return tables
