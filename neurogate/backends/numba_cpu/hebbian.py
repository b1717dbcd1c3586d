"""Learning of linear readouts by rivals of the delta rule, compiled; defined in `numpy_reference.hebbian`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, over_replicas, part
from .sums import lane_dot

__all__ = ["decaying_hebb", "filtered_delta", "rewarded_hebb"]

Array = npt.NDArray[Any]


def filtered_delta(
    weights: Array,
    samples: Array,
    traces: Array,
    targets: Array,
    course: Array,
    rate: Array,
    threads: int = 1,
) -> tuple[Array, Array]:
    """Learn by the error now, times what the synapse has lately passed on (the rule of e-prop).

    Parameters and returns are those of `numpy_reference.filtered_delta`.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z = filtered_delta(np.zeros((1, 1, 3)), x, 2 * x, d, c, np.full(1, 0.5))
    >>> w.round(4).tolist(), z.item()
    ([[[0.0769, 0.0769, 0.0769]]], 0.0)
    """
    weights, outputs = weights.copy(), np.empty_like(targets)
    samples, traces = np.ascontiguousarray(samples), np.ascontiguousarray(traces)

    def work(b: int) -> None:
        _filtered(weights[b], samples[b], traces[b], targets[b], course[b], rate[b], outputs[b])

    over_replicas(work, len(weights), threads)
    return weights, outputs


@kernel
def _filtered(
    weights: Any, samples: Any, traces: Any, targets: Any, course: Any, rate: Any, outputs: Any
) -> None:
    one = weights.dtype.type(1)
    for s in range(samples.shape[0]):
        _read(weights, samples[s], outputs[s])
        if course[s] != 0:
            e = traces[s]
            norm = one + lane_dot(e, e)
            for k in range(weights.shape[0]):
                _add(weights[k], rate * course[s] * (targets[s, k] - outputs[s, k]) / norm, e)


def decaying_hebb(
    weights: Array,
    samples: Array,
    targets: Array,
    course: Array,
    rate: Array,
    saturation: float,
    decay: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Learn by target times trace, with decay: `normalised_delta` without its error.

    Parameters and returns are those of `numpy_reference.decaying_hebb`.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z, g = decaying_hebb(np.ones((1, 1, 3)), x, d, c, np.ones(1), 0.0, 0.5)
    >>> w.tolist(), z.item(), g.item()
    ([[[0.75, 0.75, 0.75]]], 3.0, 1.0)
    """
    weights, samples = weights.copy(), np.ascontiguousarray(samples)
    outputs, gates = np.empty_like(targets), np.empty_like(targets)
    theta, kappa = weights.dtype.type(saturation), weights.dtype.type(decay)

    def work(b: int) -> None:
        given = weights[b], samples[b], targets[b], course[b], rate[b]
        _hebb(*given, theta, kappa, outputs[b], gates[b])

    over_replicas(work, len(weights), threads)
    return weights, outputs, gates


@kernel
def _hebb(
    weights: Any, samples: Any, targets: Any, course: Any, rate: Any, theta: Any, decay: Any, outputs: Any,
    gates: Any,
) -> None:  # fmt: skip
    one = weights.dtype.type(1)
    for s in range(samples.shape[0]):
        x = samples[s]
        _read(weights, x, outputs[s])
        norm = one + lane_dot(x, x) if course[s] != 0 else one
        for k in range(weights.shape[0]):
            gate = course[s]
            if theta > 0:
                gate = gate * min(one, abs(targets[s, k]) / theta)
            gates[s, k] = gate
            if gate != 0:
                w, step, drive = weights[k], rate * gate, targets[s, k] / norm
                for i in range(x.shape[0]):
                    w[i] += step * (drive * x[i] - decay * w[i])


def rewarded_hebb(
    weights: Array,
    mean: Array,
    samples: Array,
    targets: Array,
    noise: Array,
    course: Array,
    rate: Array,
    window: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Learn from exploration, and from how much better than usual it did.

    Parameters and returns are those of `numpy_reference.rewarded_hebb`.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, r, z = rewarded_hebb(np.zeros((1, 1, 3)), np.full(1, -1.0), x, d, 0.5 * d, c, np.ones(1), 10.0)
    >>> w.round(4).tolist(), r.item(), z.item()
    ([[[0.0938, 0.0938, 0.0938]]], -0.925, 0.0)
    """
    weights, mean, samples = weights.copy(), mean.copy(), np.ascontiguousarray(samples)
    outputs, missed = np.empty_like(targets), np.empty(weights.shape[:2], weights.dtype)
    number = weights.dtype.type(window)

    def work(b: int) -> None:
        given = samples[b], targets[b], noise[b], course[b], rate[b], number
        _rewarded(weights[b], mean[b : b + 1], *given, outputs[b], missed[b])

    over_replicas(work, len(weights), threads)
    return weights, mean, outputs


@kernel
def _rewarded(
    weights: Any, mean: Any, samples: Any, targets: Any, noise: Any, course: Any, rate: Any, window: Any,
    outputs: Any, missed: Any,
) -> None:  # fmt: skip
    one = weights.dtype.type(1)
    for s in range(samples.shape[0]):
        x = samples[s]
        _read(weights, x, outputs[s])
        if course[s] != 0:
            for k in range(weights.shape[0]):
                missed[k] = targets[s, k] - noise[s, k] - outputs[s, k]
            better = course[s] * (-lane_dot(missed, missed) - mean[0])
            norm = one + lane_dot(x, x)
            for k in range(weights.shape[0]):
                _add(weights[k], rate * better * noise[s, k] / norm, x)
            mean[0] += better / window


@part
def _read(weights: Any, x: Any, outputs: Any) -> None:
    for k in range(weights.shape[0]):
        outputs[k] = lane_dot(weights[k], x)


@part
def _add(w: Any, step: Any, x: Any) -> None:
    for i in range(x.shape[0]):
        w[i] += step * x[i]
