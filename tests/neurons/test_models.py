"""Models: rows mean what their names say, and wrong parameters are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.backends import numpy_reference
from neurogate.errors import RequestError
from neurogate.neurons.models import MODELS, SCHEMES
from neurogate.neurons.presets import PRESETS, sample


def slopes(model: str, p: dict[str, np.ndarray], v: np.ndarray, u: np.ndarray, current: float) -> tuple:
    """Write v' and u' of both models by parameter name."""
    if model == "izhikevich_2003":
        return 0.04 * v**2 + 5 * v + 140 - u + current, p["a"] * (p["b"] * v - u)
    inward = p["k"] * (v - p["v_r"]) * (v - p["v_t"])
    return (inward - u + current) / p["C"], p["a"] * (p["b"] * (v - p["v_r"]) - u)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("preset", ["adapting_excitatory", "nicola_clopath_2017", "chattering_2007"])
def test_a_step_is_the_documented_one_when_written_by_name(
    preset: str, scheme: str, rng: np.random.Generator
) -> None:
    model, dt, current = PRESETS[preset].model, 0.5, 7.0
    p = sample(preset, {}, rng, 300)
    v, u = rng.uniform(-80, 35, 300), rng.uniform(-20, 20, 300)
    if scheme == "euler":
        dv, du = slopes(model, p, v, u, current)
        v_1, u_1 = v + dt * dv, u + dt * du
    else:
        w = v + dt / 2 * slopes(model, p, v, u, current)[0]
        v_1 = w + dt / 2 * slopes(model, p, w, u, current)[0]
        u_1 = u + dt * slopes(model, p, v_1, u, current)[1]
    fires = v_1 >= p["v_peak"]
    v_2, u_2, fired = getattr(numpy_reference, model)(
        v, u, np.float64(current), MODELS[model].pack(p), dt, scheme
    )
    assert 0 < fires.sum() < 300
    np.testing.assert_array_equal(fired, fires)
    np.testing.assert_allclose(v_2, np.where(fires, p["c"], v_1), rtol=1e-12)
    np.testing.assert_allclose(u_2, np.where(fires, u_1 + p["d"], u_1), rtol=1e-12, atol=1e-12)


@given(data=st.data(), model=st.sampled_from(sorted(MODELS)), n=st.integers(1, 5), replicas=st.integers(1, 3))
def test_unpacking_undoes_packing(data: st.DataObject, model: str, n: int, replicas: int) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    shape = (replicas, n)
    values = {
        name: np.random.default_rng([seed, row]).uniform(1, 2, shape) + (3 if name == "v_peak" else 0)
        for row, name in enumerate(MODELS[model].names)
    }
    rows = MODELS[model].pack(values)
    assert rows.shape == (replicas, len(values), n)
    for name, row in MODELS[model].unpack(rows).items():
        np.testing.assert_array_equal(row, values[name])


def test_scalars_and_per_neuron_values_broadcast_over_replicas() -> None:
    values = {"a": np.full((4, 1), 0.02), "b": 0.2, "c": [-65, -60, -55], "d": 8, "v_peak": 30}
    rows = MODELS["izhikevich_2003"].pack(values)
    assert rows.shape == (4, 5, 3)
    np.testing.assert_array_equal(rows[2, 2], [-65, -60, -55])


REGULAR = {"C": 100, "k": 0.7, "v_r": -60, "v_t": -40, "v_peak": 35, "a": 0.03, "b": -2, "c": -50, "d": 100}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"C": [1.0, 2.0, 0.0]}, ["izhikevich_2007: C is 0 in neuron 2; it must be above 0 pF."]),
        (
            {"k": -1.0, "b": np.nan},
            [
                "izhikevich_2007: k is -1; it must be above 0 nS/mV.",
                "izhikevich_2007: b is nan; it must be a finite number in nS.",
            ],
        ),
        (
            {"d": [0.0, -np.inf]},
            ["izhikevich_2007: d is -inf in neuron 1; it must be a finite number in pA."],
        ),
        (
            {"tau": 1.0},
            ["izhikevich_2007 has no parameter 'tau'; it takes C, k, v_r, v_t, v_peak, a, b, c, d."],
        ),
        (
            {"c": [-50, 35]},
            [
                "izhikevich_2007 resets v to c at or above v_peak, so it would fire at every step; "
                "c must be below v_peak. Lower c or raise v_peak."
            ],
        ),
    ],
)
def test_wrong_parameters_are_refused_all_at_once(change: dict, said: list[str]) -> None:
    with pytest.raises(RequestError) as caught:
        MODELS["izhikevich_2007"].pack({**REGULAR, **change})
    assert list(caught.value.problems) == said


def test_missing_parameters_are_named() -> None:
    with pytest.raises(RequestError, match="izhikevich_2003 lacks the parameter 'v_peak'"):
        MODELS["izhikevich_2003"].pack({"a": 0.02, "b": 0.2, "c": -65, "d": 8})
