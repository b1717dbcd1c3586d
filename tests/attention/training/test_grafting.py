"""Grafting."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.grafting import distil, interleaved, locality
from neurogate.attention.training.loop import Training
from neurogate.attention.training.losses import huber, mean_absolute_error
from neurogate.errors import RequestError


def test_attention_grafted_into_attention_is_attention(rng: np.random.Generator) -> None:
    old, new = (make("local_attention", d_model=4, heads=1, seed=seed) for seed in (0, 0))
    x = rng.standard_normal((16, 6, 4))
    y, _ = old.forward(x)
    for name, array in new.parameters.items():
        new.parameters[name] = array + 0.1 * rng.standard_normal(array.shape)
    training = Training(epochs=60, batch=8, optimiser=Adam(rate=0.02))
    history = distil(new, x, y, training, loss="l2")
    assert history[-1].loss < 1e-3 * history[0].loss


def test_a_graft_that_was_distilled_is_nearer_than_one_that_was_drawn(rng: np.random.Generator) -> None:
    old, x = make("local_attention", d_model=4, heads=1, before=2, after=0), rng.standard_normal((32, 8, 4))
    y, _ = old.forward(x)
    new = make("hyena_se", d_model=4)
    drawn, _ = mean_absolute_error(new.forward(x)[0], y)
    distil(new, x, y, Training(epochs=30, batch=8, optimiser=Adam(rate=0.01)))
    assert mean_absolute_error(new.forward(x)[0], y)[0] < 0.5 * drawn


def test_locality_grows_with_the_reach_up_to_one(rng: np.random.Generator) -> None:
    _, cache = make("zoology_attention", d_model=4).forward(rng.standard_normal((2, 6, 4)))
    found = [locality(cache.weights, reach) for reach in range(6)]
    assert (np.diff(found) > 0).all()
    assert found[-1] == pytest.approx(1)
    _, near = make("local_attention", d_model=4, heads=2).forward(rng.standard_normal((1, 9, 4)))
    assert locality(near.attention.weights, 4) == pytest.approx(1)


def test_half_of_the_blocks_are_the_odd_ones() -> None:
    assert interleaved(28, 0.5) == tuple(range(1, 28, 2))
    assert interleaved(5, 1.0) == (0, 1, 2, 3, 4)
    assert interleaved(5, 0.0) == ()


def test_bad_requests_are_sentences() -> None:
    with pytest.raises(RequestError, match=r"share is 1\.5"):
        interleaved(4, 1.5)
    with pytest.raises(RequestError, match=r"delta is 0\. Give a number that is above 0"):
        huber(np.ones(1), np.ones(1), delta=0)
    with pytest.raises(RequestError, match="reach is -1"):
        locality(np.ones((1, 1)), -1)
    with pytest.raises(RequestError, match="not empty"):
        locality(np.ones((2, 3)), 1)
    with pytest.raises(RequestError, match="an output for each input"):
        distil(make("hyena_x", d_model=2), np.ones((2, 3, 2)), np.ones((3, 3, 2)))
