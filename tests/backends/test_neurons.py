"""One step of a neuron: both backends agree bit for bit, from any state and with replicas in front."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from neurogate.backends import numpy_reference
from neurogate.backends.layout import MODELS, SCHEMES, VOLTAGE_LIMIT_MV
from neurogate.backends.numba_cpu.neurons import advance
from neurogate.backends.numpy_reference.sums import lane_dot
from tests.backends.cases import assert_same_bits

N, DT_MS = 20_007, 0.5
LOW = {
    "izhikevich_2003": (0.001, -0.1, -70, 0, 20),
    "izhikevich_2007": (20, 0.2, -80, -50, 10, 0.001, -10, -70, -50),
}
HIGH = {
    "izhikevich_2003": (0.2, 0.3, -45, 10, 40),
    "izhikevich_2007": (300, 3, -55, -20, 50, 0.2, 10, -45, 200),
}


def states(model: str, dtype: str, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw v, u, current and parameters; v may lie far above the peak and far below rest."""
    rows = np.array([rng.uniform(*bounds, N) for bounds in zip(LOW[model], HIGH[model], strict=True)])
    v, u, current = rng.uniform(-200, 100, N), rng.uniform(-300, 300, N), rng.uniform(-500, 500, N)
    return tuple(array.astype(dtype) for array in (v, u, current, rows))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", MODELS)
def test_compiled_steps_have_the_bits_of_the_reference(
    model: str, scheme: str, dtype: str, rng: np.random.Generator
) -> None:
    v, u, current, rows = states(model, dtype, rng)
    v_1, u_1, fired = getattr(numpy_reference, model)(v, u, current, rows, DT_MS, scheme)
    v_1[~fired & (v_1 < -VOLTAGE_LIMIT_MV)] = np.nan
    chosen, zeros, one = np.zeros(N, np.int32), np.zeros(N, dtype), np.dtype(dtype).type(1)
    trace, weights = rng.random((2, N)).astype(dtype)
    decayed, total, half_life = trace / 2, np.zeros(1, dtype), one / 2
    half = one / 2 if scheme == "half_step" else None
    step = np.dtype(dtype).type(DT_MS)
    gain = step if half is None else half * step
    if model == "izhikevich_2003":
        (a, b, _, _, v_peak), k, v_r, v_t = rows, None, None, None
    else:
        capacitance, k, v_r, v_t, v_peak, a, b, _, _ = rows
        gain = gain / capacitance
    count = call_advance(
        N, chosen, total, v, u, zeros, None, trace, None, current, None, None, gain, k, v_r, v_t, v_peak,
        a, b, step, half, one, None, half_life, None, weights,
    )  # fmt: skip
    assert 0.02 * N < count < 0.98 * N
    assert_same_bits(chosen[:count], np.flatnonzero(fired).astype(np.int32))
    c, d = rows[2:4] if model == "izhikevich_2003" else rows[-2:]
    v[fired] = c[fired]  # the reset is not the loop's
    u[fired] += d[fired]
    assert_same_bits(v, v_1)
    assert_same_bits(u, u_1)
    assert_same_bits(trace, decayed)
    assert_same_bits(total[0], lane_dot(weights, decayed))


@numba.njit
def call_advance(
    n, chosen, total, v, u, s, h, r, g, external, back, z, gain, k, v_r, v_t, v_peak, a, b, dt, half,
    sd, sr, td, tr, readout,
):  # type: ignore[no-untyped-def]  # fmt: skip
    return advance(
        n, chosen, total, v, u, s, h, r, g, external, back, z, gain, k, v_r, v_t, v_peak, a, b, dt, half,
        sd, sr, td, tr, readout,
    )  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", MODELS)
def test_replicas_in_front_are_stepped_each_by_itself(
    model: str, scheme: str, rng: np.random.Generator
) -> None:
    step = getattr(numpy_reference, model)
    each = [states(model, "float64", rng) for _ in range(3)]
    together = step(*(np.stack(parts) for parts in zip(*each, strict=True)), DT_MS, scheme)
    for b, state in enumerate(each):
        for mine, batched in zip(step(*state, DT_MS, scheme), together, strict=True):
            np.testing.assert_array_equal(mine, batched[b])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_neuron_fires_when_it_reaches_the_peak_and_not_below(scheme: str) -> None:
    rest = np.array([-70.0, -70.0]), np.array([-14.0, -14.0])
    current = np.full(2, 10.0)
    rows = np.repeat(np.array([[0.02], [0.2], [-65.0], [8.0], [np.inf]]), 2, axis=1)
    reached = numpy_reference.izhikevich_2003(*rest, current, rows, DT_MS, scheme)[0]
    rows[4] = reached[0], np.nextafter(reached[0], np.inf)
    v, u, fired = numpy_reference.izhikevich_2003(*rest, current, rows, DT_MS, scheme)
    assert fired.tolist() == [True, False]
    assert v.tolist() == [-65.0, reached[1]]
    assert u[0] == u[1] + 8
