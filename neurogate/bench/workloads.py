"""The networks that are measured, number by number, the same for every simulator.

Each is drawn from NumPy's default generator in a fixed order, in float64, so that every simulator gets the
same weights and the same start. Here live the draws; who simulates them is in `engine` and in the peers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["WORKLOADS", "Force", "Pulse", "Scattered", "Workload", "force", "pulse", "scattered", "sweep"]

Array = npt.NDArray[Any]
FORCE = {
    "C": 250.0, "k": 2.5, "v_r": -60.0, "v_t": -20.0, "v_peak": 30.0,
    "a": 0.01, "b": 0.0, "c": -65.0, "d": 200.0,
}  # fmt: skip
"""Parameters of the neurons of `force` (Nicola & Clopath 2017)."""
TAU_RISE_MS, TAU_DECAY_MS, CONNECTED, UPDATE_EVERY, TARGET_HZ = 2.0, 20.0, 0.1, 20, 5.0
TAU_SYNAPSE_MS, PER_NEURON = 5.0, 100


@attrs.frozen
class Workload:
    """One thing to measure.

    Parameters
    ----------
    name : str
    kind : "force", "pulse" or "scattered"
        Which network.
    n : int
        Neurons of each replica.
    steps : int
    dt_ms : float
    replicas : int
    learning : bool
        Whether recursive least squares run on the way.
    threads : int
    rate_hz : float
        Mean rate to expect in float64.
    summary : str

    Examples
    --------
    >>> WORKLOADS["a1000"].seconds
    1.0
    """

    name: str
    kind: Literal["force", "pulse", "scattered"]
    n: int
    steps: int
    dt_ms: float
    rate_hz: float
    summary: str
    replicas: int = 1
    learning: bool = False
    threads: int = 1

    @property
    def seconds(self) -> float:
        """Simulated time."""
        return self.steps * self.dt_ms / 1000


@attrs.frozen(eq=False)
class Force:
    """A reservoir of Nicola & Clopath: weights [receiver, sender], feedback, fixed readout, start."""

    weights: Array  # (N, N), before the kick 1 / (tau_r tau_d)
    feedback: Array  # (N,)
    readout: Array  # (N,)
    v: Array  # (N,)
    bias: float  # pA


@attrs.frozen(eq=False)
class Pulse:
    """The network of Izhikevich 2003: rows of the 4-parameter model, noise, dense weights."""

    parameters: Mapping[str, Array]  # rows of (N,)
    noise_sd: Array  # (N,)
    weights: Array  # (N, N)


@attrs.frozen(eq=False)
class Scattered:
    """A 4-parameter network with as many synapses from each neuron."""

    parameters: Mapping[str, Array]  # rows of (N,)
    targets: Array  # (N, K), row = sender; repeats allowed
    weights: Array  # (N, K)
    bias: Array  # (N,)
    v: Array  # (N,), at the start


def force(n: int, seed: int, gain: float = 5000.0, feedback: float = 5000.0, bias: float = 1000.0) -> Force:
    r"""Draw a reservoir (workloads a, b, e).

    Mask, weights :math:`G x / (p \sqrt N)`, feedback :math:`Q (2x - 1)`, a small readout, v, in this order.

    Parameters
    ----------
    n, seed : int
    gain, feedback : float
        G and Q.
    bias : float
        Constant current in pA.

    Examples
    --------
    >>> network = force(100, 1)
    >>> network.weights.shape, bool(-60 <= network.v.min() <= network.v.max() < 30)
    ((100, 100), True)
    """
    rng = np.random.default_rng(seed)
    mask = rng.random((n, n)) < CONNECTED
    weights = gain * rng.standard_normal((n, n)) * mask / (CONNECTED * np.sqrt(n))
    back = feedback * (2 * rng.random(n) - 1)
    readout = rng.standard_normal(n) * 0.03 * np.sqrt(1000 / n)
    low, high = FORCE["v_r"], FORCE["v_peak"]
    return Force(weights, back, readout, low + (high - low) * rng.random(n), bias)


def sweep(n: int, replicas: int) -> list[Force]:
    """Draw the replicas of workload e: own seed, gain, feedback and bias.

    Examples
    --------
    >>> [network.bias for network in sweep(20, 3)]
    [950.0, 953.0, 956.0]
    """
    return [force(n, 10 + k, 3000.0 + 100 * k, 2000.0 + 100 * k, 950.0 + 3 * k) for k in range(replicas)]


def _cells(excitatory: Array, inhibitory: Array) -> dict[str, Array]:
    """Return the parameters of Izhikevich 2003 from one number for each neuron."""
    return {
        "a": np.concatenate([np.full(len(excitatory), 0.02), 0.02 + 0.08 * inhibitory]),
        "b": np.concatenate([np.full(len(excitatory), 0.2), 0.25 - 0.05 * inhibitory]),
        "c": np.concatenate([-65 + 15 * excitatory**2, np.full(len(inhibitory), -65.0)]),
        "d": np.concatenate([8 - 6 * excitatory**2, np.full(len(inhibitory), 2.0)]),
        "v_peak": np.full(len(excitatory) + len(inhibitory), 30.0),
    }


def pulse(n: int = 1000, seed: int = 2) -> Pulse:
    """Draw the network of Izhikevich 2003 (workload c), 4 of 5 neurons excitatory.

    Parameters
    ----------
    n, seed : int

    Examples
    --------
    >>> pulse(10).weights.shape
    (10, 10)
    """
    rng = np.random.default_rng(seed)
    many = 4 * n // 5
    excitatory, inhibitory = rng.random(many), rng.random(n - many)
    weights = np.concatenate([0.5 * rng.random((n, many)), -rng.random((n, n - many))], axis=1)
    return Pulse(_cells(excitatory, inhibitory), np.repeat([5.0, 2.0], [many, n - many]), weights)


def scattered(n: int, seed: int = 3, per_neuron: int = PER_NEURON) -> Scattered:
    """Draw a 4-parameter network (workload d).

    Parameters
    ----------
    n, seed : int
    per_neuron : int
        Synapses from each neuron; their weights are scaled so that their sum stays the same.

    Examples
    --------
    >>> scattered(50).targets.shape
    (50, 100)
    """
    rng = np.random.default_rng(seed)
    many = 4 * n // 5
    parameters = _cells(rng.random(many), rng.random(n - many))
    targets = rng.integers(0, n, (n, per_neuron), dtype=np.int32)
    gains = np.repeat([0.25, -1.0], [many, n - many])[:, None] * (PER_NEURON / per_neuron)
    weights = gains * rng.random((n, per_neuron))
    bias = 3 + 4 * rng.random(n)
    return Scattered(parameters, targets, weights, bias, -65 + 20 * rng.random(n))


def _all() -> tuple[Workload, ...]:
    dt = 0.04
    fixed, taught = "FORCE reservoir, fixed readout", "FORCE reservoir, least squares every 0.8 ms"
    many, alike = "reservoirs of 500 neurons", "4-parameter network, 100 synapses per neuron"
    return (
        Workload("a1000", "force", 1000, 25_000, dt, 6.38, fixed),
        Workload("a2000", "force", 2000, 25_000, dt, 6.20, fixed),
        Workload("b1000", "force", 1000, 25_000, dt, 40.3, taught, learning=True),
        Workload("b2000", "force", 2000, 25_000, dt, 39.5, taught, learning=True),
        Workload("c1", "pulse", 1000, 1000, 1.0, 7.5, "Izhikevich 2003, dense, noisy, 1 s"),
        Workload("c10", "pulse", 1000, 10_000, 1.0, 7.15, "Izhikevich 2003, dense, noisy, 10 s"),
        Workload("d1k", "scattered", 1000, 10_000, 0.1, 12.88, alike),
        Workload("d4k", "scattered", 4000, 10_000, 0.1, 13.36, alike),
        Workload("d16k", "scattered", 16_000, 10_000, 0.1, 13.28, alike),
        Workload("e64", "force", 500, 25_000, dt, 9.70, f"64 {many}, 1 thread", 64),
        Workload("e64t2", "force", 500, 25_000, dt, 9.70, f"64 {many}, 2 threads", 64, threads=2),
    )


WORKLOADS: Mapping[str, Workload] = {workload.name: workload for workload in _all()}
"""What is measured, by name; all but c10 run for 1 s of simulated time."""
