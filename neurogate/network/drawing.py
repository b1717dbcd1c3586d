"""Networks drawn from a specification and a seed, each part from a generator of its own.

What a specification is lives in `neurogate.network.specification`; how single networks become a batch, in
`neurogate.network.stacking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from .filters import Synapse, Trace, kick
from .specification import ReservoirSpec

__all__ = ["draw", "generator", "start_of"]

Array = npt.NDArray[Any]


def generator(seed: int, purpose: int) -> np.random.Generator:
    """Return a generator for one purpose, so that changing one part of a network leaves the others alone.

    Examples
    --------
    >>> float(generator(1, 0).random()) == float(generator(1, 1).random())
    False
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose,)))


def draw(spec: ReservoirSpec, seed: int, channels: int, feedback: int, readouts: int) -> dict[str, Array]:
    """Draw one network.

    Parameters
    ----------
    spec : ReservoirSpec
    seed : int
    channels, feedback, readouts : int
        As for `Reservoir.build`.

    Returns
    -------
    dict of str to array
        The fields of `NetworkArrays` in float64, without replica axis.

    Raises
    ------
    RequestError
        If the settings cannot be drawn.

    Examples
    --------
    >>> from neurogate.network.specification import ReservoirSpec
    >>> draw(ReservoirSpec(n=30), 1, channels=2, feedback=0, readouts=0)["input_weights"].shape
    (2, 30)
    """
    n, dt = spec.n, spec.dt_ms
    parameters, bias = spec.cells.draw(n, generator(seed, 0))
    inhibitory = spec.cells.split(n)[1]
    wires = spec.recurrent.draw(n, inhibitory, gain=spec.gain, dt_ms=dt, rng=generator(seed, 1))
    tau, rise = _time_constants("synapse", spec.synapse, generator(seed, 2), n)
    trace_tau, trace_rise = _time_constants("trace", spec.trace, generator(seed, 3), n)
    weights = spec.inputs.draw(channels, n, generator(seed, 4))
    back = spec.inputs.feedback.sample(generator(seed, 5), (feedback + readouts) * n).reshape(-1, n)
    noise_sd = spec.inputs.noise_sd.sample(generator(seed, 6), n) / np.sqrt(dt)
    arriving = kick(spec.synapse, tau, rise, dt)
    external = np.full(n if spec.inputs.poisson_rate_hz else 0, spec.inputs.poisson_rate_hz * dt / 1000)
    return {
        "seed": np.uint64(seed),
        "parameters": parameters,
        "bias": bias,
        "input_weights": np.concatenate([weights, back[:feedback]]),
        "noise_sd": noise_sd if noise_sd.any() else noise_sd[:0],
        "poisson_mean": external,
        "poisson_none": np.exp(-external),
        "poisson_weight": spec.inputs.poisson_weight * arriving,
        "feedback_weights": back[feedback:],
        "synapse_decay": np.exp(-dt / tau),
        "synapse_rise": np.exp(-dt / rise),
        "trace_decay": np.exp(-dt / trace_tau),
        "trace_rise": np.exp(-dt / trace_rise),
        "trace_kick": kick(spec.trace, trace_tau, trace_rise, dt),
        "indptr": wires.indptr,
        "targets": wires.targets,
        "weights": wires.weights * arriving[wires.targets],
        "delays": wires.delays,
        **_short_term(spec, seed),
    }


def _short_term(spec: ReservoirSpec, seed: int) -> dict[str, Array]:
    short_term, inhibitory = spec.synapse.short_term, spec.cells.split(spec.n)[1]
    if short_term is None:
        return dict.fromkeys(("use", "facilitation_decay", "depression_decay"), np.zeros(0))
    return short_term.draw(spec.n, inhibitory, dt_ms=spec.dt_ms, rng=generator(seed, 8))


def start_of(spec: ReservoirSpec, seeds: Sequence[int], dtype: str) -> Array | None:
    """Draw the membrane potential (B, N) of each neuron at step 0, if that is asked for.

    Parameters
    ----------
    spec : ReservoirSpec
    seeds : sequence of int
        One per replica.
    dtype : "float64" or "float32"

    Examples
    --------
    >>> from neurogate.network.specification import ReservoirSpec
    >>> start_of(ReservoirSpec(n=30), [1], "float64") is None
    True
    """
    source = spec.cells.start_mV
    if source is None:
        return None
    return np.stack([source.sample(generator(seed, 7), spec.n) for seed in seeds]).astype(dtype)


def _time_constants(
    part: str, filter_: Synapse | Trace, rng: np.random.Generator, n: int
) -> tuple[Array, Array]:
    """Draw the decay and the rise time constant of each neuron."""
    drawn = filter_.tau_ms.sample(rng, n), filter_.rise_ms.sample(rng, n)
    for name, tau in zip(("tau_ms", "rise_ms"), drawn, strict=True):
        if tau.min() <= 0:
            raise RequestError(
                f"reservoir.{part}.{name} gives {tau.min():g} ms for neuron {tau.argmin()}; every time "
                "constant must be above 0 ms. Choose a distribution of positive numbers."
            )
    return drawn
