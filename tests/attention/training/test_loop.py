"""Training learns, is the same for a seed, stops in time, and goes on where it was cut off."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.layer import Layer
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.loop import Training, fit
from neurogate.attention.training.losses import mean_squared_error
from neurogate.bench.turns import limited
from neurogate.errors import RequestError, RunError

X = np.random.default_rng(0).standard_normal((24, 5, 8))
Y = make("feature_selection", d_model=8, heads=2, seed=7).forward(X)[0]
LONG = Training(epochs=4, batch=10, optimiser=Adam(rate=3e-3), warmup=2, seed=3)


def student() -> Layer:
    return make("feature_selection", d_model=8, heads=2, seed=1)


def objective(layer: Layer):
    def loss(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        noisy = X[batch] + 0.01 * rng.standard_normal((len(batch), 5, 8))
        y, cache = layer.forward(noisy)
        value, dy = mean_squared_error(y, Y[batch])
        return value, layer.backward(dy, cache)[1]

    return loss


def test_it_learns_and_the_same_seed_gives_the_same_bits() -> None:
    first, again = student(), student()
    history = fit(first.parameters, objective(first), len(X), LONG)
    assert history == fit(again.parameters, objective(again), len(X), LONG) or np.isnan(history[0].validation)
    assert history[-1].loss < 0.8 * history[0].loss
    assert all(np.array_equal(a, again.parameters[name]) for name, a in first.parameters.items())


def test_an_interrupted_training_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, cut = student(), student()
    history = fit(whole.parameters, objective(whole), len(X), LONG)

    class Stop(Exception):
        pass

    def stop(epoch: object) -> None:
        raise Stop

    file = tmp_path / "training.npz"
    for _ in range(3):
        with pytest.raises(Stop):
            fit(cut.parameters, objective(cut), len(X), LONG, checkpoint=file, tell=stop)
        cut = student()  # a new process knows nothing
    resumed = fit(cut.parameters, objective(cut), len(X), LONG, checkpoint=file)
    assert [epoch.loss for epoch in resumed] == [epoch.loss for epoch in history]
    assert all(np.array_equal(a, cut.parameters[name]) for name, a in whole.parameters.items())


def test_shares_of_a_batch_have_its_gradients_and_their_bits_do_not_depend_on_threads() -> None:
    def still(layer: Layer):
        def loss(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
            y, cache = layer.forward(X[batch])
            value, dy = mean_squared_error(y, Y[batch])
            return value, layer.backward(dy, cache)[1]

        return loss

    def trained(shares: int, threads: int) -> tuple[list[float], Layer]:
        layer = student()
        with limited(threads):
            training = attrs.evolve(LONG, shares=shares)  # of 10 and 4 examples, so shares differ in size
            history = fit(layer.parameters, still(layer), len(X), training)
        return [epoch.loss for epoch in history], layer

    (losses, whole), (shared, parted), (alone, again) = trained(1, 2), trained(3, 2), trained(3, 1)
    np.testing.assert_allclose(shared, losses, rtol=1e-9)
    assert shared == alone
    for name, array in whole.parameters.items():
        np.testing.assert_allclose(parted.parameters[name], array, rtol=1e-6, atol=1e-9)
        assert np.array_equal(parted.parameters[name], again.parameters[name])


def test_parts_with_gradients_of_other_names_are_a_sentence() -> None:
    def objective(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        return 0.0, {"w" if 0 in batch else "v": np.ones(1)}

    with pytest.raises(RequestError, match="gradients of other names"):
        fit({"w": np.zeros(1), "v": np.zeros(1)}, objective, 4, Training(batch=4, shares=2))


def test_each_share_draws_by_itself_and_a_seed_gives_the_same_draws() -> None:
    def drawn(shares: int, seed: int) -> list[float]:
        seen: list[float] = []

        def objective(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
            seen.append(rng.random())
            return 0.0, {}

        fit({}, objective, 8, Training(epochs=2, batch=4, seed=seed, shares=shares))
        return sorted(seen)

    assert len(set(drawn(4, 1))) == 16
    assert drawn(4, 1) == drawn(4, 1) != drawn(4, 2)


def test_without_getting_better_it_stops_and_returns_to_the_best() -> None:
    judged = iter([3.0, 1.0, 2.0, 2.0, 0.0])
    weights, seen = {"w": np.zeros(1)}, []

    def validate() -> float:
        seen.append(weights["w"].item())
        return next(judged)

    def push(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        return 0.0, {"w": np.ones(1)}

    history = fit(weights, push, 4, Training(epochs=9, patience=2), validate=validate)
    assert [epoch.validation for epoch in history] == [3.0, 1.0, 2.0, 2.0]
    assert weights["w"].item() == seen[1] != seen[-1]


def test_each_example_is_seen_once_an_epoch() -> None:
    seen: list[int] = []

    def watch(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        seen.extend(batch.tolist())
        return 0.0, {}

    fit({}, watch, 7, Training(epochs=2, batch=3))
    assert sorted(seen[:7]) == sorted(seen[7:]) == list(range(7))
    assert seen[:7] != seen[7:]


def test_mistakes_are_a_sentence(tmp_path: Path) -> None:
    def bad(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        return float("nan"), {}

    with pytest.raises(RunError, match="The loss is nan in epoch 1"):
        fit({}, bad, 3)
    with pytest.raises(RequestError, match="count is 0"):
        fit({}, bad, 0)
    with pytest.raises(RequestError, match="patience asks for a validation"):
        fit({}, bad, 3, Training(patience=1))
    (tmp_path / "no.npz").write_bytes(b"PK\x03\x04half")
    with pytest.raises(RequestError, match="is no checkpoint"):
        fit({}, bad, 3, checkpoint=tmp_path / "no.npz")
    layer = student()
    fit(layer.parameters, objective(layer), len(X), Training(epochs=1), checkpoint=tmp_path / "a.npz")
    with pytest.raises(RequestError, match=r"of other parameters: .*gate1.* differ"):
        fit({"w": np.zeros(1)}, bad, 3, checkpoint=tmp_path / "a.npz")
