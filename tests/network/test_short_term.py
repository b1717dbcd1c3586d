"""Short-term plasticity: what a spike passes on follows from those before it, and from nothing else."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.network.brian2_bridge import to_brian2
from neurogate.network.cells import Cells, Population
from neurogate.network.filters import Synapse
from neurogate.network.inputs import Inputs
from neurogate.network.recording import Recording
from neurogate.network.recurrent import Recurrent
from neurogate.network.reservoir import Reservoir
from neurogate.network.short_term import ShortTerm
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, LogUniform, Uniform
from tests.tolerances import TOLERANCE

N, DT_MS = 30, 0.5
RECORD = [Recording(variable="spikes"), Recording(variable="synaptic_current")]
ALONE = ReservoirSpec(
    n=1,
    dt_ms=DT_MS,
    cells=Cells(
        inhibitory_fraction=0.0, excitatory=Population(preset="excitatory_2003", bias=Constant(value=9.0))
    ),
    recurrent=Recurrent(probability=1.0, weight=Constant(value=0.01)),
    synapse=Synapse(tau_ms=Constant(value=1e-3)),
    inputs=Inputs(noise_sd=Constant(value=0.0)),
)
"""A neuron that fires regularly and hears itself; its synapse is over within a step."""


def with_(spec: ReservoirSpec, short_term: ShortTerm | None) -> ReservoirSpec:
    return attrs.evolve(spec, synapse=attrs.evolve(spec.synapse, short_term=short_term))


def built(spec: ReservoirSpec, seeds: tuple[int, ...] = (1,), backend: str = "numba") -> Reservoir:
    return Reservoir.build(spec, seeds, 1, backend=backend)


def advanced(reservoir: Reservoir, steps: int = 400) -> dict[str, np.ndarray]:
    batch, _, channels = reservoir.shape
    inputs = np.zeros((batch, steps, channels))
    inputs[:, 100:200, :1] = 1
    return dict(reservoir.run(reservoir.initial_state(), inputs, RECORD)[1])


def passed_on(spec: ReservoirSpec, steps: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Return the times (ms) of the spikes of a neuron that hears itself, and what each brought."""
    records = advanced(built(spec), steps)
    spikes, current = records["spikes"][0, :, 0], records["synaptic_current"][0, :, 0]
    return DT_MS * np.flatnonzero(spikes), current[spikes > 0]


def expected(times_ms: np.ndarray, use: float, facilitation_ms: float, depression_ms: float) -> np.ndarray:
    """Solve the equations from spike to spike."""
    m, x, last, found = use, 1.0, times_ms[0], []
    for time in times_ms:
        m = use + (m - use) * np.exp(-(time - last) / facilitation_ms)
        x = 1 + (x - 1) * np.exp(-(time - last) / depression_ms)
        found.append(m * x / use)
        x, m, last = x - m * x, m + use * (1 - m), time
    return np.array(found)


@settings(max_examples=25)
@given(use=st.floats(0.02, 1.0), facilitation_ms=st.floats(5, 3000), depression_ms=st.floats(5, 3000))
def test_every_spike_passes_on_what_the_equations_say(
    use: float, facilitation_ms: float, depression_ms: float
) -> None:
    short_term = ShortTerm(
        use=Constant(value=use),
        facilitation_ms=Constant(value=facilitation_ms),
        depression_ms=Constant(value=depression_ms),
    )
    times, brought = passed_on(with_(ALONE, short_term))
    weight = passed_on(ALONE)[1][0]
    assert len(times) > 10
    rtol = TOLERANCE["filter", "float64"]
    np.testing.assert_allclose(
        brought / weight, expected(times, use, facilitation_ms, depression_ms), rtol=rtol
    )


def test_a_small_use_facilitates_and_a_large_one_depresses() -> None:
    slow, fast = Constant(value=1000.0), Constant(value=10.0)
    for use, facilitation, depression, sign in ((0.05, slow, fast, 1), (0.8, fast, slow, -1)):
        short_term = ShortTerm(
            use=Constant(value=use), facilitation_ms=facilitation, depression_ms=depression
        )
        brought = passed_on(with_(ALONE, short_term))[1]
        assert (sign * (brought[1:] - brought[0]) > 0).all()
        assert brought.max() <= brought[0] / use


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_synapses_that_use_all_and_recover_at_once_change_no_bit(backend: str) -> None:
    at_once = Constant(value=1e-6)
    neutral = ShortTerm(
        use=Constant(value=1.0), facilitation_ms=at_once, depression_ms=at_once, senders="all"
    )
    spec = ReservoirSpec(n=N)
    with_it, without = (
        advanced(built(with_(spec, short_term), backend=backend)) for short_term in (neutral, None)
    )
    for name, record in without.items():
        np.testing.assert_array_equal(with_it[name], record)


def test_only_the_senders_that_are_named_change() -> None:
    spec = with_(ReservoirSpec(n=N), ShortTerm())
    use = built(spec).arrays.use[0]
    excitatory = spec.cells.split(N)[0]
    assert use.tolist() == [0.2] * excitatory + [1.0] * (N - excitatory)
    every = with_(ReservoirSpec(n=N), ShortTerm(senders="all"))
    assert built(every).arrays.use[0].tolist() == [0.2] * N


SPREAD = ShortTerm(
    use=Uniform(low=0.1, high=0.9),
    facilitation_ms=LogUniform(low=10.0, high=1000.0),
    depression_ms=LogUniform(low=10.0, high=1000.0),
    senders="all",
)


def test_it_leaves_the_draws_of_all_other_parts() -> None:
    one, other = (built(with_(ReservoirSpec(n=N), short)).arrays for short in (None, SPREAD))
    for name, array in one._asdict().items():
        if name not in ("use", "facilitation_decay", "depression_decay"):
            np.testing.assert_array_equal(array, getattr(other, name), err_msg=name)


def test_backends_agree_bit_for_bit_and_a_replica_depends_on_its_seed_only() -> None:
    spec = with_(ReservoirSpec(n=N), SPREAD)
    ours, theirs = (advanced(built(spec, (3, 4), backend)) for backend in ("numba", "numpy"))
    alone = advanced(built(spec, (4,)))
    for name, record in theirs.items():
        np.testing.assert_array_equal(ours[name], record)
        np.testing.assert_array_equal(ours[name][1:], alone[name])


def test_a_run_in_pieces_is_the_whole_run() -> None:
    reservoir = built(with_(ReservoirSpec(n=N), SPREAD))
    inputs = np.ones((1, 200, 1))
    whole = reservoir.run(reservoir.initial_state(), inputs)[0]
    half = reservoir.run(reservoir.initial_state(), inputs[:, :77])[0]
    pieces = reservoir.run(half, inputs[:, 77:])[0]
    assert whole.short_term.shape == (1, 2, N)
    assert (whole.short_term != reservoir.initial_state().short_term).any(axis=(0, 2)).all()
    for name in ("values", "short_term"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))


def test_reservoirs_with_and_without_it_are_not_joined_and_a_state_of_one_is_not_the_others() -> None:
    plain, plastic = (built(with_(ReservoirSpec(n=N), short)) for short in (None, SPREAD))
    with pytest.raises(RequestError, match="of different kinds cannot be joined"):
        Reservoir.joined([plain, plastic])
    with pytest.raises(RequestError, match=r"The state's short_term is float64 of shape \(1, 0, 30\)"):
        plastic.run(plain.initial_state(), np.zeros((1, 1, 1)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"use": Constant(value=0.0)}, "use gives 0 for neuron 0; it must be above 0 and at most 1"),
        ({"use": Constant(value=1.5)}, "use gives 1.5 for neuron 0; it must be above 0 and at most 1"),
        (
            {"facilitation_ms": Constant(value=0.0)},
            "facilitation_ms gives 0 for neuron 0; it must be above 0 ms",
        ),
        (
            {"depression_ms": Constant(value=-3.0)},
            "depression_ms gives -3 for neuron 0; it must be above 0 ms",
        ),
    ],
)
def test_numbers_that_make_no_sense_are_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError, match=f"reservoir.synapse.short_term.{sentence}"):
        built(with_(ReservoirSpec(n=N), ShortTerm(**change)))


def test_the_bridge_to_brian2_refuses_it() -> None:
    with pytest.raises(RequestError, match="cannot say short-term plasticity"):
        to_brian2(built(with_(ReservoirSpec(n=N), ShortTerm())), np.zeros((5, 1)))
