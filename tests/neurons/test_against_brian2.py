"""Single neurons against Brian2: same equations, same step, same order, hence the same spike times."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurogate.backends import numpy_reference
from neurogate.network.assemble import assemble
from neurogate.network.recording import Recording
from neurogate.neurons.distributions import Distribution, LogUniform, Uniform
from neurogate.neurons.models import MODELS

NEURONS, DT_MS, STEPS = 200, 0.1, 10_000  # one second

DRAWN: dict[str, dict[str, Distribution]] = {
    "izhikevich_2003": {
        "a": LogUniform(low=0.005, high=0.2),
        "b": Uniform(low=-0.1, high=0.26),
        "c": Uniform(low=-70, high=-45),
        "d": Uniform(low=0, high=10),
        "v_peak": Uniform(low=20, high=40),
    },
    "izhikevich_2007": {
        "C": LogUniform(low=50, high=300),
        "k": LogUniform(low=0.5, high=3),
        "v_r": Uniform(low=-75, high=-55),
        "v_t": Uniform(low=-50, high=-35),
        "v_peak": Uniform(low=20, high=50),
        "a": LogUniform(low=0.005, high=0.1),
        "b": Uniform(low=-10, high=8),
        "c": Uniform(low=-65, high=-50),
        "d": Uniform(low=0, high=200),
    },
}
STEP_AND_NOISE = {
    "izhikevich_2003": (Uniform(low=10, high=40), 20.0),
    "izhikevich_2007": (Uniform(low=400, high=2000), 800.0),
}
EQUATIONS = {
    "izhikevich_2003": """
        dv/dt = (0.04*v*v + 5*v + 140 - u + I(t, i))/ms : 1
        du/dt = (a*(b*v - u))/ms : 1
        """,
    "izhikevich_2007": """
        dv/dt = ((k*(v - v_r)*(v - v_t) - u + I(t, i))/C)/ms : 1
        du/dt = (a*(b*(v - v_r) - u))/ms : 1
        """,
}


def drive(model: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw parameters, and currents (T, N): a step from 100 to 800 ms, and white noise all along."""
    rng = np.random.default_rng(20240711)
    values = {name: d.sample(rng, NEURONS) for name, d in DRAWN[model].items()}
    heights, sd = STEP_AND_NOISE[model]
    time_ms = np.arange(STEPS) * DT_MS
    on = (time_ms >= 100) & (time_ms < 800)
    return values, np.outer(on, heights.sample(rng, NEURONS)) + sd * rng.standard_normal((STEPS, NEURONS))


def spikes_of(step: Callable[..., np.ndarray], model: str) -> np.ndarray:
    """Return (spike, (step, neuron)) from a function that moves v and u in place and returns who fired."""
    values, current = drive(model)
    rows = MODELS[model].pack(values)
    v, u = np.full(NEURONS, -65.0), np.zeros(NEURONS)
    return np.argwhere([step(v, u, current[i], rows) for i in range(STEPS)])


def numpy_step(model: str) -> Callable[..., np.ndarray]:
    def step(v: np.ndarray, u: np.ndarray, current: np.ndarray, rows: np.ndarray) -> np.ndarray:
        v[:], u[:], fired = getattr(numpy_reference, model)(v, u, current, rows, DT_MS, "euler")
        return fired

    return step


def numba_spikes(model: str) -> np.ndarray:
    """Drive each neuron of a network without synapses by a channel of its own."""
    values, current = drive(model)
    start = {"v": -65.0, "u": 0.0}
    network, state = assemble(
        model, values, dt_ms=DT_MS, input_weights=np.eye(NEURONS), backend="numba", **start
    )
    _, records = network.run(state, current[None], [Recording(variable="spikes")])
    return np.argwhere(records["spikes"][0])


@pytest.fixture(scope="module")
def brian() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        brian2 = pytest.importorskip("brian2", reason="brian2 is missing: pip install 'neurogate[brian]'")
    brian2.prefs.codegen.target = "numpy"
    return brian2


def brian_spikes(brian: Any, model: str) -> np.ndarray:
    values, current = drive(model)
    constants = "\n".join(f"{name} : 1 (constant)" for name in values)
    group = brian.NeuronGroup(
        NEURONS,
        EQUATIONS[model] + constants,
        threshold="v >= v_peak",
        reset="v = c; u = u + d",
        method="euler",
        dt=DT_MS * brian.ms,
        namespace={"I": brian.TimedArray(current, dt=DT_MS * brian.ms), "ms": brian.ms},
    )
    group.set_states({**values, "v": np.full(NEURONS, -65.0), "u": np.zeros(NEURONS)})
    monitor = brian.SpikeMonitor(group)
    brian.Network(group, monitor).run(STEPS * DT_MS * brian.ms)
    steps = np.round(np.asarray(monitor.t / brian.ms) / DT_MS).astype(int)
    return np.unique(np.column_stack([steps, np.asarray(monitor.i)]), axis=0)


# Brian2 calls pyparsing by names that pyparsing wants spelt differently.
@pytest.mark.filterwarnings("ignore:'.*' (argument is )?deprecated:DeprecationWarning")
@pytest.mark.parametrize("model", MODELS)
def test_spike_times_of_200_driven_neurons_are_those_of_brian2(brian: Any, model: str) -> None:
    theirs = brian_spikes(brian, model)
    assert np.unique(theirs[:, 1]).size > 0.9 * NEURONS  # silent neurons would agree whatever the code
    np.testing.assert_array_equal(spikes_of(numpy_step(model), model), theirs)
    np.testing.assert_array_equal(numba_spikes(model), theirs)
