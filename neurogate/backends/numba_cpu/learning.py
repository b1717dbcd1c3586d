"""Learning of linear readouts, compiled; the rules are defined in `numpy_reference.learning`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, over_replicas, part
from .rooms import successor
from .sums import lane_dot, lane_dots
from .triangle import downdate, downdate_and_multiply, downdated

__all__ = ["normalised_delta", "readout", "recursive_least_squares"]

Array = npt.NDArray[Any]


def readout(weights: Array, samples: Array, threads: int = 1) -> Array:
    """Read samples out with fixed weights.

    Parameters and returns are those of `numpy_reference.readout`.

    Examples
    --------
    >>> readout(np.ones((1, 1, 3)), np.ones((1, 2, 3))).tolist()
    [[[3.0], [3.0]]]
    """
    weights, samples = np.ascontiguousarray(weights), np.ascontiguousarray(samples)
    outputs = np.empty((*samples.shape[:2], weights.shape[1]), weights.dtype)
    over_replicas(lambda b: _readout(weights[b], samples[b], outputs[b]), len(weights), threads)
    return outputs


@kernel
def _readout(weights: Any, samples: Any, outputs: Any) -> None:
    whole = weights.shape[0] - weights.shape[0] % 4
    for s in range(samples.shape[0]):
        x, z = samples[s], outputs[s]
        for k in range(0, whole, 4):
            # A sum waits for each of its additions; four at once wait together.
            z[k], z[k + 1], z[k + 2], z[k + 3] = lane_dots(weights, k, x)
        for k in range(whole, weights.shape[0]):
            z[k] = lane_dot(weights[k], x)


def normalised_delta(
    weights: Array,
    samples: Array,
    targets: Array,
    course: Array,
    rate: Array,
    saturation: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Learn by the gated, normalised delta rule.

    Parameters and returns are those of `numpy_reference.normalised_delta`.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z, g = normalised_delta(np.zeros((1, 1, 3)), x, d, c, np.ones(1), 0.0)
    >>> w.tolist(), z.item(), g.item()
    ([[[0.25, 0.25, 0.25]]], 0.0, 1.0)
    """
    weights, samples = weights.copy(), np.ascontiguousarray(samples)
    outputs, gates = np.empty_like(targets), np.empty_like(targets)
    theta = targets.dtype.type(saturation)

    def work(b: int) -> None:
        _delta(weights[b], samples[b], targets[b], course[b], rate[b], theta, outputs[b], gates[b])

    over_replicas(work, len(weights), threads)
    return weights, outputs, gates


@kernel
def _delta(
    weights: Any, samples: Any, targets: Any, course: Any, rate: Any, theta: Any, outputs: Any, gates: Any
) -> None:
    for s in range(samples.shape[0]):
        x = samples[s]
        for k in range(weights.shape[0]):
            outputs[s, k] = lane_dot(weights[k], x)
        delta_sample(weights, x, outputs[s], targets[s], course[s], rate, theta, gates[s])


@part
def delta_sample(
    weights: Any, x: Any, z: Any, target: Any, course: Any, rate: Any, theta: Any, gates: Any
) -> None:
    """Learn from one sample, in place, as `numpy_reference.learning.delta_sample`; the gates are noted."""
    one = weights.dtype.type(1)
    # A closed gate changes no weight: the norm is needed only if some gate is open.
    norm = one + lane_dot(x, x) if course != 0 else one
    for k in range(weights.shape[0]):
        error = target[k] - z[k]
        gate = course
        if theta > 0:
            gate = gate * min(one, abs(error) / theta)
        gates[k] = gate
        if gate != 0:
            w, step = weights[k], rate * gate * error / norm
            for i in range(x.shape[0]):
                w[i] += step * x[i]


def recursive_least_squares(
    weights: Array,
    inverse: Array,
    samples: Array,
    targets: Array,
    forgetting: float,
    leak: float,
    turn: int,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Learn by recursive least squares (the rule of FORCE).

    Parameters and returns are those of `numpy_reference.recursive_least_squares`.

    Examples
    --------
    >>> w, p, z = recursive_least_squares(
    ...     np.zeros((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1, 1)), 1.0, 0.0, 0)
    >>> w.item(), p.item(), z.item()
    (0.5, 0.5, 0.0)
    """
    weights, before, samples = weights.copy(), np.ascontiguousarray(inverse), np.ascontiguousarray(samples)
    outputs, inverse = np.empty_like(targets), successor(inverse)
    number = weights.dtype.type
    n = samples.shape[2]
    factor, mu = number(forgetting), number(n * leak)
    grow = growth(forgetting, leak, number)

    def work(b: int) -> None:
        given, scratch = (samples[b], targets[b], factor, grow, mu, turn), fresh_scratch(n, weights.dtype)
        _rls(weights[b], before[b], inverse[b], *given, outputs[b], scratch)

    over_replicas(work, len(weights), threads)
    return weights, inverse, outputs


@kernel
def _rls(
    weights: Any, before: Any, p: Any, samples: Any, targets: Any, factor: Any, grow: Any, mu: Any, turn: int,
    outputs: Any, scratch: Any,
) -> None:  # fmt: skip
    for i in range(p.shape[0]):
        p[i, : i + 1] = before[i, : i + 1]
    for s in range(samples.shape[0]):
        for k in range(weights.shape[0]):
            outputs[s, k] = lane_dot(weights[k], samples[s])
        least_squares_sample(
            weights, p, samples[s], outputs[s], targets[s], factor, grow, mu, turn + s, True, scratch
        )
    settle(p, scratch)


def growth(forgetting: float, leak: float, number: Any) -> Any:
    """Return by how much P grows at each update, None where nothing is forgotten and nothing leaks.

    Examples
    --------
    >>> growth(0.5, 0.1, np.float32), growth(1.0, 0.0, np.float32)
    (np.float32(2.0), None)
    """
    return None if forgetting == 1 and leak == 0 else number(1.0 / forgetting)


def fresh_scratch(n: int, dtype: np.dtype[Any]) -> Array:
    """Return room for what waits (two c, two c / gamma, and by how much P grows), and for a product.

    Examples
    --------
    >>> fresh_scratch(2, np.dtype("float64"))[4].tolist()
    [1.0, 1.0]
    """
    return np.repeat(np.array([[0], [0], [0], [0], [1], [0]], dtype), n, axis=1)


@part
def least_squares_sample(
    weights: Any, p: Any, x: Any, z: Any, target: Any, factor: Any, grow: Any, mu: Any, turn: int,
    divided: bool, scratch: Any,
) -> None:  # fmt: skip
    """Learn from one sample, in place, as `numpy_reference.learning.least_squares_sample`.

    The downdates wait in `scratch` and are folded into the product for the next sample; `settle` does them.
    """
    one = weights.dtype.type(1)
    n = p.shape[0]
    last, scaled, waiting, c = scratch[:2], scratch[2:4], scratch[4], scratch[5]
    if grow is None:
        downdate_and_multiply(p, last, scaled, None, x, c)
    else:
        downdate_and_multiply(p, last, scaled, waiting[0], x, c)
    gamma = factor + lane_dot(x, c)
    for k in range(weights.shape[0]):
        w, error = weights[k], target[k] - z[k]
        step = error / gamma if divided else error
        for i in range(n):
            w[i] += step * c[i]
    for i in range(n):
        last[0, i] = c[i]
        scaled[0, i] = c[i] / gamma
        scaled[1, i] = 0
    if grow is not None:
        waiting[0] = grow
    if mu > 0:
        leak(p, last, scaled, waiting[0], one / mu, turn % n)


@part
def leak(p: Any, last: Any, scaled: Any, grow: Any, gamma: Any, i: int) -> None:
    """Let the second downdate give coordinate i its ridge back: its column is that after the first."""
    for j in range(p.shape[0]):
        low, high = min(i, j), max(i, j)
        last[1, j] = downdated(p[high, low], last, scaled, grow, high, low)
    gamma += last[1, i]
    for j in range(p.shape[0]):
        scaled[1, j] = last[1, j] / gamma


@part
def settle(p: Any, scratch: Any) -> None:
    """Do the downdates that wait, if there is a P."""
    if p is not None:
        downdate(p, scratch[:2], scratch[2:4], scratch[4, 0])
