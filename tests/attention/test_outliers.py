"""What is said of outliers."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.outliers import gate_sparsity, infinity_norm, kurtosis, sink_mass, value_drain
from neurogate.errors import RequestError


def test_the_largest_magnitude_is_that_of_each_example(rng: np.random.Generator) -> None:
    x = rng.uniform(-1, 1, (4, 5, 6))
    x[1, 2, 3] = -9.0
    wanted = (9.0 + sum(np.abs(x[i]).max() for i in (0, 2, 3))) / 4
    assert infinity_norm(x) == pytest.approx(wanted)


def test_kurtosis_knows_no_scale_and_is_large_with_an_outlier(rng: np.random.Generator) -> None:
    x = rng.standard_normal((3, 2000))
    plain = kurtosis(x, eps=0.0)
    assert np.allclose(plain, 3, atol=0.5)
    assert np.allclose(kurtosis(7 * x + 5, eps=0.0), plain)
    x[:, 0] = 50
    assert (kurtosis(x) > 100).all()


def test_the_mass_of_a_sink_is_what_late_queries_give_the_first_key(rng: np.random.Generator) -> None:
    weights = rng.random((2, 3, 5, 4))
    heads = [weights[b, h, i, 0] for b in range(2) for h in range(3) for i in range(2, 5)]
    assert sink_mass(weights, first=2) == pytest.approx(np.mean(heads))
    assert sink_mass(weights) == pytest.approx(np.mean(weights[..., 0]))


@pytest.mark.parametrize("features", [1, 6])
def test_gates_let_through_their_share_of_it(features: int, rng: np.random.Generator) -> None:
    weights, gates = rng.random((2, 3, 5, 4)), rng.random((2, 3, 5, features))
    wanted = np.mean([gates[b, h, i].mean() * weights[b, h, i, 0]
                      for b in range(2) for h in range(3) for i in range(2, 5)])  # fmt: skip
    assert sink_mass(weights, gates, first=2) == pytest.approx(wanted)
    assert sink_mass(weights, np.ones_like(gates)) == pytest.approx(sink_mass(weights))


def test_what_layers_keep_can_be_measured(rng: np.random.Generator) -> None:
    layer = make("gated_sdpa", d_model=8, heads=2, kv_heads=2, head_width=4)
    _, cache = layer.forward(rng.standard_normal((2, 5, 8)))
    mass = sink_mass(cache.attention.weights, cache.gate.values)
    assert 0 < mass < sink_mass(cache.attention.weights) < 1
    assert value_drain(cache.attention.v) > 0
    assert gate_sparsity(cache.gate.values) == 0


def test_values_are_drained_where_the_first_are_short(rng: np.random.Generator) -> None:
    v = rng.standard_normal((2, 3, 5, 4))
    lengths = np.linalg.norm(v, axis=-1)
    assert value_drain(v) == pytest.approx(lengths[:, :, 0].mean() / lengths.mean())
    v[:, :, 0] = 0
    assert value_drain(v) == 0


def test_gates_below_a_tenth_are_nearly_closed() -> None:
    gates = np.array([[0.0, 0.099], [0.1, 0.3]])
    assert gate_sparsity(gates) == 0.5
    assert gate_sparsity(gates, threshold=0.05) == 0.25


def test_too_little_to_look_at_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(3, 1\): a row needs two numbers"):
        kurtosis(np.ones((3, 1)))
    with pytest.raises(RequestError, match=r"x \(0, 3\)"):
        infinity_norm(np.ones((0, 3)))
    with pytest.raises(RequestError, match=r"weights \(2, 0\): weights must be"):
        sink_mass(np.ones((2, 0)))
    with pytest.raises(RequestError, match=r"first is 3\. Give a whole number from 0 to 2"):
        sink_mass(np.ones((3, 3)), first=3)
    with pytest.raises(RequestError, match=r"weights \(3, 3\), gates \(2, 1\): gates must be"):
        sink_mass(np.ones((3, 3)), np.ones((2, 1)))
    with pytest.raises(RequestError, match=r"values \(3, 4\): values must be .+ not all 0"):
        value_drain(np.zeros((3, 4)))
    with pytest.raises(RequestError, match=r"gates \(0,\): there must be at least one gate"):
        gate_sparsity(np.ones(0))
