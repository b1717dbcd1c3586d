from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from neurogate.errors import RequestError
from neurogate.network.assemble import Filter, assemble
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec

IZHIKEVICH = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "v_peak": 30.0}


def make(weights: Any = None, **options: Any) -> Any:
    parameters = {**IZHIKEVICH, **options.pop("parameters", {})}
    model = options.pop("model", "izhikevich_2003")
    return assemble(model, parameters, weights, **{"dt_ms": 0.5, "backend": "numpy", **options})


def synapses(net: Reservoir, b: int = 0) -> list[tuple[int, int, float]]:
    arrays = net.arrays
    senders = np.repeat(np.arange(net.shape[1]), np.diff(arrays.indptr[b]))
    count = len(senders)
    return list(
        zip(
            senders.tolist(),
            arrays.targets[b, :count].tolist(),
            arrays.weights[b, :count].tolist(),
            strict=True,
        )
    )


DENSE = np.array([[0.0, 3.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 4.0]])
LISTED = ([0, 0, 1, 2], [1, 2, 0, 2], [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    "weights",
    [DENSE, sparse.csr_array(DENSE), sparse.coo_matrix(DENSE), LISTED],
    ids=["dense", "csr", "coo", "tuple"],
)
def test_every_form_of_weights_means_the_same(weights: Any) -> None:
    assert synapses(make(weights, n=3)[0]) == [(0, 1, 1.0), (0, 2, 2.0), (1, 0, 3.0), (2, 2, 4.0)]


def test_synapses_of_the_same_pair_and_delay_are_added() -> None:
    twice = ([1, 0, 1, 1], [0, 1, 0, 0], [1.0, 2.0, 4.0, 8.0])
    assert synapses(make(twice, n=2)[0]) == [(0, 1, 2.0), (1, 0, 13.0)]
    late = make(twice, n=2, delay_ms=[1.0, 1.0, 1.0, 2.0])[0]
    assert synapses(late) == [(0, 1, 2.0), (1, 0, 5.0), (1, 0, 8.0)]
    assert late.arrays.delays.tolist() == [[2, 2, 4]]


def test_replicas_have_their_own_delays() -> None:
    net = make([DENSE, DENSE], delay_ms=[1.0, np.full((3, 3), 1.5)])[0]
    assert net.arrays.delays.tolist() == [[2, 2, 2, 2], [3, 3, 3, 3]]


def test_delays_of_one_step_take_no_room() -> None:
    net, state = make(DENSE, delay_ms=0.4)
    assert (net.arrays.delays.shape, state.pending.shape) == ((1, 0), (1, 0, 3))


def test_the_kick_scales_weights_by_who_receives() -> None:
    net = make(DENSE, synapse=Filter(5.0, kick=[10.0, 100.0, 1000.0]))[0]
    assert [w for _, _, w in synapses(net)] == [100.0, 2000.0, 30.0, 4000.0]


def test_replicas_have_their_own_rows_and_weights() -> None:
    net, state = make([DENSE, 2 * DENSE], bias=[[1.0], [2.0]], v=[[-60.0], [-50.0]], seeds=[7, 9])
    assert net.shape == (2, 3, 0)
    assert [synapses(net, b)[0][2] for b in (0, 1)] == [1.0, 2.0]
    assert (net.arrays.bias[:, 0].tolist(), state.values[:, 0, 0].tolist()) == ([1.0, 2.0], [-60.0, -50.0])
    assert net.arrays.seed.tolist() == [7, 9]


def test_rows_that_are_the_same_everywhere_are_kept_once() -> None:
    assert make(n=4)[0].arrays.parameters.shape == (1, 5, 1)
    assert make(n=4, parameters={"d": [1.0, 2.0, 3.0, 4.0]})[0].arrays.parameters.shape == (1, 5, 4)


def test_the_start_is_at_rest_or_as_given() -> None:
    assert make(n=2)[1].values[0, :2].tolist() == [[-65.0, -65.0], [-13.0, -13.0]]
    state = make(n=2, v=-60.0, u=[1.0, 2.0], inverse=2.0, trace=Filter(20.0), readout_weights=[[3.0, 4.0]])[1]
    assert state.values[0, :2].tolist() == [[-60.0, -60.0], [1.0, 2.0]]
    assert state.inverse.tolist() == [[[2.0, 0.0], [0.0, 2.0]]]
    assert state.readout_weights.tolist() == [[[3.0, 4.0]]]


def test_a_drawn_reservoir_taken_apart_and_assembled_runs_alike() -> None:
    drawn = Reservoir.build(ReservoirSpec(n=40, dt_ms=0.5), [3], channels=2, backend="numpy")
    arrays, n = drawn.arrays, 40
    full = np.zeros((n, n))
    for sender, target, weight in synapses(drawn):
        full[target, sender] += weight
    rows = dict(zip(IZHIKEVICH, np.broadcast_to(arrays.parameters[0], (5, n)), strict=True))
    taus = [-0.5 / np.log(np.broadcast_to(x[0], n)) for x in (arrays.synapse_decay, arrays.trace_decay)]
    net, start = assemble(
        "izhikevich_2003", rows, full, dt_ms=0.5, scheme="half_step", synapse=Filter(taus[0]),
        trace=Filter(taus[1], kick=arrays.trace_kick[0]), bias=arrays.bias[0],
        noise_sd=arrays.noise_sd[0] * np.sqrt(0.5) if arrays.noise_sd.size else 0.0,
        input_weights=arrays.input_weights[0], seeds=[3], backend="numpy",
    )  # fmt: skip
    x = np.ones((1, 200, 2))
    record = [Recording(variable="spikes"), Recording(variable="trace")]
    one, two = (r.run(s, x, record)[1] for r, s in ((drawn, drawn.initial_state()), (net, start)))
    assert one["spikes"].sum() > 10
    assert np.array_equal(one["spikes"], two["spikes"])
    assert np.allclose(one["trace"], two["trace"], rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"weights": np.ones((2, 3))}, "weights speaks of 2 neurons and weights of 3"),
        ({"weights": DENSE, "bias": [1.0, 2.0]}, "bias speaks of 2 neurons and weights of 3"),
        ({"weights": np.full((2, 2), np.nan)}, "weights is nan at (0, 0); every number must be finite."),
        ({"weights": ([0], [5], [1.0]), "n": 2}, "The targets of weights must be whole numbers from 0 to 1."),
        ({"weights": ([0, 1], [1], [1.0]), "n": 2}, "senders, targets and weights of the same length"),
        ({"bias": "much"}, "bias is not an array of numbers"),
        ({"bias": [np.inf, 1.0]}, "bias is inf at (0,); every number must be finite."),
        ({"bias": np.ones((1, 2, 3))}, "bias has shape (1, 2, 3); it must be (N,) or (B, N)."),
        ({"input_weights": [1.0, 2.0]}, "input_weights has shape (2,); it must be (K, N) or (B, K, N)."),
        ({"parameters": {"tau": 1.0}}, "izhikevich_2003 has no parameter 'tau'"),
        ({"parameters": {"c": 40.0}}, "c must be below v_peak"),
        ({"model": "lif"}, 'model is "lif"; it must be "izhikevich_2003" or "izhikevich_2007".'),
        ({"scheme": "rk4", "dtype": "int8"}, 'dtype is "int8"; it must be "float64" or "float32".'),
        ({"dt_ms": 0.0}, "dt_ms is 0.0; it must be above 0 ms."),
        ({"synapse": Filter(-1.0)}, "synapse.tau_ms is -1; it must be at least 0."),
        ({"noise_sd": -1.0}, "noise_sd is -1; it must be at least 0."),
        ({"seeds": [1, 2], "v": np.zeros((3, 1))}, "seeds speaks of 2 replicas and v of 3"),
        ({"inverse": np.ones((2, 3))}, "inverse has shape (2, 3)"),
        ({"weights": DENSE, "delay_ms": [1.0, 2.0]}, "it must be one for each of 4 weights"),
        ({"n": 2, "readout_weights": np.ones((2, 2)), "feedback_weights": np.ones((1, 2))}, "same number"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:40],
)  # fmt: skip
def test_a_mistake_is_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        make(**options)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n": -1}, "n is -1; it must be from 1 to 1000000."),
        ({"n": 0}, "n is 0; it must be from 1 to 1000000."),
        ({"n": 2.5}, "n is 2.5; it must be a whole number (from 1 to 1000000)."),
        ({"n": 10**12}, "n is 1000000000000; it must be from 1 to 1000000."),
        ({"weights": np.zeros((0, 0))}, "weights speaks of 0 neurons; there must be at least one."),
        ({"weights": np.zeros((0, 2, 2))}, "weights speaks of 0 replicas; there must be at least one."),
        ({"weights": [DENSE, DENSE], "delay_ms": []}, "delay_ms speaks of 0 replicas; there must be"),
        ({"input_weights": np.zeros((0, 2, 3))}, "input_weights speaks of 0 replicas"),
        ({"seeds": []}, "seeds speaks of 0 replicas; there must be at least one."),
        ({"seeds": [1, -1]}, "seeds[1] is -1; it must be from 0 to 9223372036854775807."),
        ({"seeds": [1.5]}, "seeds[0] is 1.5; it must be a whole number"),
        ({"seeds": 3}, "seeds is 3; it must be a list, each a whole number"),
        ({"seeds": np.array(3)}, "it must be a list, each a whole number"),
        ({"dt_ms": "x"}, 'dt_ms is "x"; it must be a number (above 0 ms).'),
        ({"dt_ms": np.nan}, "dt_ms is nan; it must be finite"),
        ({"dt_ms": -0.5}, "dt_ms is -0.5; it must be above 0 ms."),
        ({"bias": np.nan}, "bias is nan; every number must be finite."),
        ({"bias": None}, "bias is not an array of numbers; give numbers only."),
        ({"bias": [1.0, [2.0, 3.0]]}, "bias is not an array of numbers; give numbers only."),
        ({"bias": "1"}, "bias is not an array of numbers; give numbers only."),
        ({"bias": []}, "bias has shape (0,); it must be (N,) or (B, N)."),
        ({"n": 3, "v": np.zeros((2, 5))}, "n speaks of 3 neurons and v of 5"),
        ({"v": np.nan}, "v is nan; every number must be finite."),
        ({"weights": [[1.0, 2.0], [3.0]]}, "weights is not an array of numbers; give numbers only."),
        ({"weights": [[[1.0], [2.0, 3.0]]]}, "weights is not an array of numbers; give numbers only."),
        ({"weights": "many"}, "weights is not an array of numbers; give numbers only."),
        ({"weights": DENSE, "delay_ms": [[1.0], [2.0, 3.0]]}, "delay_ms is not an array of numbers"),
        ({"weights": DENSE, "delay_ms": np.nan}, "delay_ms is nan; every number must be finite."),
        ({"weights": DENSE, "delay_ms": None}, "delay_ms is not an array of numbers; give numbers only."),
        ({"weights": DENSE, "delay_ms": 1e12}, "delay_ms is 1e+12; it must be at most 2147483647 steps"),
        ({"model": ["izhikevich_2003"]}, 'model is ["izhikevich_2003"]; it must be'),
        ({"threads": 0}, "threads is 0; it must be at least 1."),
        ({"backend": None}, "backend is None; it must be a text."),
        ({"synapse": 5.0}, "synapse is 5.0; it must be a Filter."),
        ({"trace": 0.0}, "trace is 0.0; it must be a Filter."),
        ({"synapse": Filter(None)}, "synapse.tau_ms is not an array of numbers; give numbers only."),
        ({"parameters": {"a": None}}, "parameters['a'] is not an array of numbers; give numbers only."),
        ({"parameters": {"a": np.nan}}, "parameters['a'] is nan; every number must be finite."),
        ({"inhibitory": [0.0, 0.5]}, "inhibitory is 0.5; it must be true or false."),
        ({"inverse": np.nan}, "inverse is nan; every number must be finite."),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_what_is_no_network_is_refused_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        make(**options)
    (problem,) = caught.value.problems
    assert sentence in problem


def test_parameters_must_be_named() -> None:
    with pytest.raises(RequestError, match=r"^parameters is 5; it must be a table\.$"):
        assemble("izhikevich_2003", 5, dt_ms=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("seeds", [[3, 4], (3, 4), range(3, 5), np.array([3, 4])], ids=str)
def test_seeds_come_in_any_sequence(seeds: Any) -> None:
    assert make(n=2, seeds=seeds)[0].arrays.seed.tolist() == [3, 4]


def test_what_float32_cannot_hold_becomes_infinite() -> None:
    options: dict[str, Any] = {
        "v": 1e39,
        "inverse": 1e39,
        "readout_weights": [[1e39, 0.0]],
        "trace": Filter(5.0),
    }
    state = make(n=2, dtype="float32", **options)[1]
    assert np.isinf([state.values[0, 0, 0], state.inverse[0, 0, 0], state.readout_weights[0, 0, 0]]).all()


def test_readouts_without_a_trace_are_refused() -> None:
    rows = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "v_peak": 30.0}
    with pytest.raises(RequestError, match="no trace for them to read"):
        assemble("izhikevich_2003", rows, dt_ms=0.5, n=3, readout_weights=np.ones((1, 3)))
