"""A network without spikes, compiled: all steps of one replica in one call.

The order of a step is that of `numpy_reference.rates`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..layout import (
    ACTIVATIONS,
    CHECK_EVERY,
    RateArrays,
    RateCodes,
    RecordPlan,
    StateArrays,
    Status,
    replica,
)
from ..noise import STREAMS
from .compiling import kernel, over_replicas, part
from .drive import sum_steady
from .ellpack import add_product
from .lanes import aligned_copy, aligned_rows
from .noise import WORDS, add_normals, coefficients, fill_bits
from .recording import record, shelves
from .tanh import tanh

__all__ = ["run_rates"]

Array = npt.NDArray[Any]
_MEMBRANE = STREAMS["membrane"]
_RECTIFIED, _TANH = ACTIVATIONS["rectified"], ACTIVATIONS["tanh"]


def run_rates(
    codes: RateCodes,
    network: RateArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    threads: int = 1,
) -> tuple[StateArrays, Array, Status]:
    """Advance every replica by as many steps as there are inputs.

    Parameters and returns are those of `numpy_reference.run_rates`; replicas are shared out to `threads`
    threads.

    Examples
    --------
    See `neurogate.network.rate_reservoir.RateReservoir`, which packs these arrays and names the records.
    """
    batch, steps = inputs.shape[:2]
    *arrays, first = state
    new = StateArrays._make((*(aligned_copy(array) for array in arrays), first + steps))
    records = np.zeros((batch, int(plan.offset[-1])), state.values.dtype)
    found = np.tile(np.array([-1, 0, 0], np.int64), (batch, 1))

    def work(b: int) -> None:
        one, values = replica(network, b), new.values[b]
        n, dtype = values.shape[1], values.dtype
        steady, drive = aligned_rows(2, n, dtype)
        noisy = one.noise_sd.size > 0
        lost_at = _run(
            first, codes.activation, values, one.seed, one.bias, one.input_weights, inputs[b],
            one.noise_sd if noisy else None, coefficients(dtype.name),
            one.sources, one.weights, one.step, one.scale_hz,
            one.adaptation if one.adaptation.size else None, one.adaptation_step, steady, drive,
            np.empty(-(-n // WORDS) * WORDS, np.uint32), new.feedback[b], np.empty(0, np.int32),
            shelves(plan, first), plan.neurons, records[b],
        )  # fmt: skip
        if lost_at >= 0:
            found[b] = 0, lost_at, int(np.argmin(np.isfinite(values[0])))

    over_replicas(work, batch, threads)
    return new, records, Status(*found.T)


@kernel
def _run(
    first: Any, activation: Any, values: Any, seed: Any, bias: Any, input_weights: Any, inputs: Any,
    noise_sd: Any, table: Any, sources: Any, weights: Any, share: Any, scale: Any, adaptation: Any,
    adaptation_share: Any, steady: Any, drive: Any, bits: Any, feedback: Any, fired: Any, groups: Any,
    neurons: Any, records: Any,
) -> Any:  # fmt: skip
    r, a, steps = values[0], values[1], inputs.shape[0]
    for t in range(steps):
        step = first + t
        if t == 0 or inputs.shape[1] > 0:
            sum_steady(bias, input_weights, inputs, t, steady)
        for i in range(drive.shape[0]):
            drive[i] = steady[i]
        if noise_sd is not None:
            fill_bits(bits, seed, _MEMBRANE, step)
            add_normals(drive, noise_sd, bits, table)
        add_product(drive, sources, weights, r)
        if adaptation is not None:
            _adapt(drive, a, r, adaptation, adaptation_share)
        if activation == _TANH:
            tanh(drive)
        elif activation == _RECTIFIED:
            _rectify(drive)
        _follow(r, drive, share, scale)
        record(groups, neurons, values, feedback, fired, 0, records)
        if ((step + 1) % CHECK_EVERY == 0 or t + 1 == steps) and not np.isfinite(r).all():
            return step + 1
    return -1


@part
def _adapt(drive: Any, a: Any, r: Any, strength: Any, share: Any) -> None:
    """Take from each unit's drive as it has adapted, then let adaptation follow the rate."""
    for i in range(drive.shape[0]):
        drive[i] -= strength[i] * a[i]
        a[i] += share[i] * (r[i] - a[i])


@part
def _follow(r: Any, drive: Any, share: Any, scale: Any) -> None:
    """Let each unit go its share of the way."""
    for i in range(r.shape[0]):
        r[i] += share[i] * (scale[i] * drive[i] - r[i])


@part
def _rectify(x: Any) -> None:
    zero = x.dtype.type(0)
    for i in range(x.shape[0]):
        x[i] = zero if x[i] < 0 else x[i]
