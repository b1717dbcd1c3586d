"""Echo-state networks and leaky integrators: drawn as they say, each part from a stream of its own."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.network.inputs import RateInputs
from neurogate.network.rates import Adaptation, AnyRateSpec, EchoState, Leaky, draw
from neurogate.neurons.distributions import Constant, LogUniform, Normal, Uniform
from tests.tolerances import TOLERANCE

N = 120


def dense(one: dict[str, np.ndarray], n: int = N) -> np.ndarray:
    matrix = np.zeros((n, n))
    rows = np.tile(np.arange(n), len(one["sources"]))
    np.add.at(matrix, (rows, one["sources"].ravel()), one["weights"].ravel())
    return matrix


@pytest.mark.parametrize("radius", [0.5, 1.3])
@pytest.mark.parametrize("n", [30, N])
def test_the_largest_eigenvalue_of_an_echo_state_network_is_its_spectral_radius(
    radius: float, n: int
) -> None:
    spec = EchoState(n=n, spectral_radius=radius, rate_hz=5.0)
    weights = 5.0 * dense(draw(spec, 1, 2, 0), n)
    rel = TOLERANCE["spectral radius", "float64"]
    assert np.abs(np.linalg.eigvals(weights)).max() == pytest.approx(radius, rel=rel)


def test_each_unit_hears_as_many_others_in_ascending_order() -> None:
    sources = draw(EchoState(n=N, in_degree=7), 1, 2, 0)["sources"]
    assert sources.shape == (7, N)
    assert (np.diff(sources, axis=0) > 0).all()
    assert sources.min() >= 0
    assert sources.max() < N


@pytest.mark.parametrize("spec", [Leaky(n=N), EchoState(n=N, spectral_radius=0.0)])
def test_units_that_are_not_connected_have_no_weights(spec: AnyRateSpec) -> None:
    assert draw(spec, 1, 2, 0)["weights"].shape == (0, N)


def test_a_time_constant_is_the_time_in_which_a_unit_goes_all_but_1_over_e_of_the_way() -> None:
    share = draw(Leaky(n=N, dt_ms=2.0, tau_ms=Constant(value=40.0)), 1, 1, 0)["step"]
    np.testing.assert_allclose((1 - share) ** 20, np.exp(-1), rtol=TOLERANCE["filter", "float64"])


def test_noise_is_per_root_of_a_millisecond() -> None:
    inputs = RateInputs(noise_sd=Constant(value=0.3))
    assert draw(Leaky(n=N, dt_ms=4.0, inputs=inputs), 1, 1, 0)["noise_sd"] == pytest.approx(0.15)


@pytest.mark.parametrize("spec", [Leaky(n=N), EchoState(n=N)])
@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ({"tau_ms": LogUniform(low=1.0, high=9.0)}, {"step"}),
        ({"bias": Normal(mean=1.0, sd=1.0)}, {"bias"}),
        ({"adaptation": Adaptation()}, {"adaptation", "adaptation_step"}),
        ({"inputs": RateInputs(weight=Uniform(low=0, high=1))}, {"input_weights"}),
        ({"inputs": RateInputs(noise_sd=Uniform(low=0, high=1))}, {"noise_sd"}),
    ],
)
def test_changing_a_part_leaves_the_draws_of_the_others(
    spec: AnyRateSpec, change: dict[str, Any], touched: set[str]
) -> None:
    one, other = draw(spec, 3, 2, 1), draw(attrs.evolve(spec, **change), 3, 2, 1)
    assert {name for name in one if not np.array_equal(one[name], other[name])} == touched


def test_readouts_that_are_fed_back_have_weights_of_their_own() -> None:
    inputs = RateInputs(feedback=Constant(value=0.7))
    weights = draw(Leaky(n=N, inputs=inputs), 1, 2, 3)["input_weights"]
    assert weights.shape == (5, N)
    assert (weights[2:] == 0.7).all()
    assert inputs.feeds_back
    assert not RateInputs().feeds_back


def test_time_constants_that_are_not_positive_are_refused() -> None:
    with pytest.raises(RequestError, match=r"reservoir.tau_ms gives -5 ms for unit 0; .* above 0 ms"):
        draw(Leaky(n=N, tau_ms=Constant(value=-5.0)), 1, 1, 0)
    slow = Adaptation(tau_ms=Constant(value=0.0))
    with pytest.raises(RequestError, match=r"reservoir.adaptation.tau_ms gives 0 ms for unit 0"):
        draw(EchoState(n=N, adaptation=slow), 1, 1, 0)


def test_adaptation_is_per_unit_of_drive_and_each_part_of_it_is_drawn_by_itself() -> None:
    strong = Adaptation(strength=Uniform(low=1, high=2))
    one, other = (draw(Leaky(n=N, rate_hz=5.0, adaptation=a), 1, 1, 0) for a in (strong, Adaptation()))
    assert (other["adaptation"] == 0.2).all()
    assert one["adaptation"].min() >= 0.2
    np.testing.assert_array_equal(one["adaptation_step"], other["adaptation_step"])
    assert (other["adaptation_step"] < -np.expm1(-1.0 / 100.0)).all()


def test_a_spectral_radius_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(RequestError, match=r"reservoir.spectral_radius cannot be reached.* Raise"):
        draw(EchoState(n=N, weight=Constant(value=0.0)), 1, 1, 0)


def test_nobody_hears_more_units_than_there_are() -> None:
    with pytest.raises(ValueError, match="in_degree is 10; it must be at most the number of units, 9"):
        EchoState(n=9)
