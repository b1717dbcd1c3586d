"""What a configuration holds: how a run is carried out, and everything that one simulation needs.

Here live the classes that no other package owns: what every simulation has, and what belongs to each kind of
task. Whether the parts fit together is checked by `neurogate.config.checks`; a `Simulation`, which is parts
that do, is made in `neurogate.config.schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import attrs

from neurogate.network.features import Features
from neurogate.network.rates import EchoState, Leaky
from neurogate.network.specification import ReservoirSpec
from neurogate.plasticity.force import Force
from neurogate.plasticity.online import OnlineLeastSquares, OnlineRule
from neurogate.plasticity.rules import AnyRule
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.probes import Probes
from neurogate.tasks.record import Record
from neurogate.tasks.waveform import Waveform
from neurogate.tasks.what_when import WhatWhen
from neurogate.units import Domain, Positive, Seed, settings

__all__ = ["AnyReservoirSpec", "Basics", "Parts", "Run", "WaveformParts"]

AnyReservoirSpec = ReservoirSpec | EchoState | Leaky
"""What a reservoir can be; a spiking one is meant where no kind is named."""


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
        Threads among which replicas are shared out; 0 is one for each core that may be used. Results do not
        depend on it.
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
class Basics:
    """What every simulation has, whatever is asked of it.

    Parameters
    ----------
    name : str
        Name of its results: letters, digits, dots, dashes and underscores, at most 64.
    description : str
        One line for listings.
    run : Run
        How it is carried out.

    Examples
    --------
    >>> Basics().name
    'simulation'
    """

    name: str = "simulation"
    description: str = ""
    run: Run = Run()


@settings
class Parts(Basics):
    """The parts of one simulation: what is simulated, what is asked of it, which rules learn, what is kept.

    Parameters
    ----------
    reservoir : ReservoirSpec, EchoState or Leaky
        The network.
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

    reservoir: AnyReservoirSpec = ReservoirSpec()
    features: Features = Features()
    task: WhatWhen = WhatWhen()
    rules: Mapping[str, AnyRule] = attrs.field(
        factory=lambda: {"three_factor": ThreeFactor(), "force": Force()}
    )
    probes: Probes = Probes()
    record: Record = Record()


@settings
class WaveformParts(Basics):
    """The parts of a simulation in which readouts are taught a signal inside the run.

    Parameters
    ----------
    reservoir : ReservoirSpec
        The spiking network.
    task : Waveform
        The signal, and how long the run is.
    rule : OnlineLeastSquares or OnlineDelta
        How and when the readouts are taught.

    Examples
    --------
    >>> WaveformParts().rule.kind
    'least_squares'
    """

    reservoir: ReservoirSpec = ReservoirSpec()
    task: Waveform = Waveform()
    rule: OnlineRule = OnlineLeastSquares()
