"""A convolutional autoencoder and its threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.conv_autoencoder import ConvAutoencoder, errors, threshold
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.loop import Training, fit
from neurogate.attention.training.losses import mean_squared_error
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=20)
@given(
    seed=st.integers(0, 99), batch=st.integers(1, 2), length=st.integers(1, 15), channels=st.integers(1, 2),
    wide=st.integers(1, 3), narrow=st.integers(1, 3), taps=st.sampled_from([1, 3, 5]),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: int, length: int, channels: int, wide: int, narrow: int, taps: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = ConvAutoencoder(channels=channels, wide=wide, narrow=narrow, taps=taps)
    check_layer(rng, layer, rng.standard_normal((batch, length, channels)))


def test_a_jump_is_an_anomaly_to_one_trained_on_slow_series(rng: np.random.Generator) -> None:
    time = np.linspace(0, 1, 16)
    healthy = 1 + rng.uniform(0.1, 0.4, (64, 1)) * time ** rng.uniform(0.5, 1, (64, 1))
    healthy = (healthy + 0.005 * rng.standard_normal(healthy.shape))[..., None]
    layer = ConvAutoencoder()

    def objective(batch: np.ndarray, _: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        y, cache = layer.forward(healthy[batch])
        loss, dy = mean_squared_error(y, healthy[batch])
        return loss, layer.backward(dy, cache)[1]

    fit(layer.parameters, objective, 64, Training(epochs=25, batch=16, optimiser=Adam(rate=0.01)))
    limit = threshold(errors(healthy, layer.forward(healthy)[0]))
    broken = healthy.copy()
    broken[:, 8:] += 1.0
    assert (errors(broken, layer.forward(broken)[0]) > limit).mean() > 0.9


def test_thresholds_are_three_deviations_or_the_highest_twentieth() -> None:
    found = np.arange(101.0)
    assert threshold(found) == pytest.approx(50 + 3 * found.std())
    assert threshold(found, "percentile") == pytest.approx(95)


def test_bad_requests_are_sentences() -> None:
    with pytest.raises(ValueError, match="taps is 4; it must be odd"):
        ConvAutoencoder(taps=4)
    with pytest.raises(RequestError, match="a series needs a sample"):
        ConvAutoencoder().forward(np.ones((1, 0, 1)))
    with pytest.raises(RequestError, match="a row of errors"):
        threshold(np.ones(0))
    with pytest.raises(RequestError, match="rule is 'median'"):
        threshold(np.ones(3), "median")
    with pytest.raises(RequestError, match="same shape"):
        errors(np.ones((1, 2, 1)), np.ones((1, 3, 1)))
