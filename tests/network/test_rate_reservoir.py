"""A batch of networks without spikes: built from seeds, advanced, taken apart and joined."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.errors import RequestError, RunDiverged
from neurogate.network.inputs import RateInputs
from neurogate.network.rate_reservoir import RateReservoir
from neurogate.network.rates import Adaptation, AnyRateSpec, EchoState, Leaky
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant

N = 25
TRACE = [Recording(variable="trace", stride=2)]
SPECS: dict[str, AnyRateSpec] = {
    "echo_state": EchoState(n=N),
    "leaky": Leaky(n=N),
    "rectified": Leaky(n=N, rectified=True),
    "adapting": EchoState(n=N, adaptation=Adaptation()),
}
KINDS = pytest.mark.parametrize("kind", SPECS)


def built(kind: str, seeds: tuple[int, ...] = (1, 2), **options: object) -> RateReservoir:
    return RateReservoir.build(SPECS[kind], seeds, 1, **({"backend": "numba"} | options))  # type: ignore[arg-type]


def advanced(reservoir: RateReservoir, steps: int = 100) -> np.ndarray:
    inputs = np.zeros((reservoir.shape[0], steps, 1))
    inputs[:, 10:60] = 1
    return reservoir.run(reservoir.initial_state(), inputs, TRACE)[1]["trace"]


@KINDS
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_replica_depends_on_its_own_seed_only(kind: str, dtype: str) -> None:
    together = advanced(built(kind, (3, 4, 5), dtype=dtype))
    for b, seed in enumerate((3, 4, 5)):
        np.testing.assert_array_equal(advanced(built(kind, (seed,), dtype=dtype))[0], together[b])
    assert (together[0] != together[1]).any()


@KINDS
def test_parts_and_their_union_give_the_bits_of_the_whole(kind: str) -> None:
    whole = built(kind, (3, 4, 5))
    expected = advanced(whole)
    parts = [whole.part([2]), whole.part([0, 1])]
    np.testing.assert_array_equal(advanced(RateReservoir.joined(parts)), expected[[2, 0, 1]])


def test_an_echo_state_network_forgets_where_it_began_while_it_is_driven() -> None:
    reservoir = RateReservoir.build(EchoState(n=200), [1], 1, backend="numba")
    rested = reservoir.initial_state()
    values = np.random.default_rng(0).normal(0, 10, rested.values.shape)
    states = [rested, rested._replace(values=values)]
    inputs = np.ones((1, 4000, 1))
    ends = [reservoir.run(state, inputs)[0].values[:, 0] for state in states]
    assert np.abs(ends[0] - ends[1]).max() < 1e-3 * np.abs(values).max()


def test_unlike_reservoirs_cannot_be_joined() -> None:
    with pytest.raises(RequestError, match="of different kinds cannot be joined"):
        RateReservoir.joined([built("echo_state"), built("leaky")])


def test_no_kind_of_rate_reservoir_is_a_kind_of_spiking_reservoir() -> None:
    spiking = Reservoir.build(ReservoirSpec(n=N), [1, 2], 1, backend="numba")
    assert len({spiking.kind, *(built(kind).kind for kind in SPECS)}) == 5


@KINDS
def test_rates_rest_at_zero_and_are_of_the_size_that_is_asked_for(kind: str) -> None:
    spec = attrs.evolve(
        SPECS[kind],
        bias=Constant(value=0.0),
        tau_ms=Constant(value=5.0),
        inputs=RateInputs(weight=Constant(value=50.0), noise_sd=Constant(value=0.0)),
        rate_hz=30.0,
    )
    traces = advanced(RateReservoir.build(spec, [1], 1, backend="numba"))
    assert not traces[:, :5].any()
    full = 30.0 if isinstance(spec, EchoState) else 30.0 * 50.0
    assert traces[:, 25:30].max() == pytest.approx(full, rel=0.01)


@pytest.mark.parametrize("variable", ["spikes", "v", "readout"])
def test_what_rate_units_do_not_have_cannot_be_recorded(variable: str) -> None:
    reservoir = built("leaky")
    with pytest.raises(RequestError, match=f"This reservoir has no {variable} to record; it has trace."):
        reservoir.run(reservoir.initial_state(), np.zeros((2, 4, 1)), [Recording(variable=variable)])  # type: ignore[arg-type]


def test_a_state_of_another_network_is_refused() -> None:
    spiking = Reservoir.build(ReservoirSpec(n=N), [1, 2], 1, backend="numba")
    with pytest.raises(RequestError, match="Start from its own initial_state"):
        built("leaky").run(spiking.initial_state(), np.zeros((2, 4, 1)))


def test_inputs_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"inputs has shape \(2, 4, 3\); it must be \(2, steps, 1\)"):
        built("leaky").run(built("leaky").initial_state(), np.zeros((2, 4, 3)))


def test_rates_that_are_not_finite_end_the_run_with_the_place() -> None:
    inputs = np.zeros((2, 80, 1))
    inputs[1, 55] = np.inf
    reservoir = built("leaky")
    with pytest.raises(RunDiverged, match=r"Replica 1 diverged: rate \(Hz\) was nan .* after step 80"):
        reservoir.run(reservoir.initial_state(), inputs)


def test_a_graphics_card_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from neurogate.backends import cuda, registry

    monkeypatch.setattr(registry, "choose", lambda name: (cuda, name))
    with pytest.raises(
        RequestError, match=r"run.backend is 'cuda'.*of the kind leaky; choose numba or numpy"
    ):
        built("leaky", backend="cuda")
