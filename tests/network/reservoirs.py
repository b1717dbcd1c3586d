"""Small reservoirs."""

from __future__ import annotations

from typing import Any

from neurogate.network.inputs import Inputs
from neurogate.network.recurrent import Recurrent
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Gamma

N = 30
# Delays so rare that some networks have none: they must not mind a neighbour that has.
RARELY_LATE = ReservoirSpec(
    n=N,
    recurrent=Recurrent(probability=0.03, delay_ms=Gamma(shape=0.05, scale=4.0)),
    inputs=Inputs(poisson_rate_hz=200.0),
)


def built(spec: ReservoirSpec | None = None, seeds: tuple[int, ...] = (1, 2), **others: Any) -> Reservoir:
    return Reservoir.build(
        spec or ReservoirSpec(n=N), seeds, **({"channels": 1, "backend": "numba"} | others)
    )
