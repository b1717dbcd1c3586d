"""Training learns, is the same for a seed, stops in time, and goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Callable
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


def climbing(weights: dict[str, np.ndarray]):
    """Return an objective whose weights tell the epochs apart."""

    def push(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        return 0.0, {name: -np.ones_like(array) for name, array in weights.items()}

    return push


def judged_by(*values: float):
    """Return a validation that says these, one after the other."""
    return iter(values).__next__


NAN = float("nan")


@pytest.mark.parametrize(
    ("judged", "best"),
    [
        ((3.0, 2.0, NAN, 4.0), 1), ((NAN, 5.0, 7.0, 6.0), 1), ((NAN, NAN, 1.0, 2.0, 0.5), 4),
        ((1.0, NAN, NAN), 0), ((2.0, 2.0), 0), ((float("inf"), 3.0, 4.0), 1), ((NAN, NAN, NAN), 2),
    ],
)  # fmt: skip
def test_a_validation_that_is_no_number_is_never_the_best(judged: tuple[float, ...], best: int) -> None:
    weights, seen = {"w": np.zeros(1)}, []
    how = Training(epochs=len(judged), batch=4, patience=9)
    fit(weights, climbing(weights), 8, how, validate=judged_by(*judged),
        tell=lambda epoch: seen.append(weights["w"].item()))  # fmt: skip
    assert len(set(seen)) == len(judged)
    assert weights["w"].item() == seen[best]


def test_nothing_but_nan_is_as_far_from_better_as_patience_allows() -> None:
    weights = {"w": np.zeros(1)}
    history = fit(weights, climbing(weights), 4, Training(patience=3), validate=judged_by(*[NAN] * 4))
    assert len(history) == 3


@pytest.mark.parametrize("before", [None, 5])
def test_patience_that_comes_with_the_resumption_returns_to_the_best_of_all_epochs(
    before: int | None, tmp_path: Path
) -> None:
    weights, seen, file = {"w": np.zeros(1)}, [], tmp_path / "training.npz"

    def trained(judged: tuple[float, ...], **settings: int | None) -> int:
        how = Training(epochs=len(seen) + len(judged), batch=4, **settings)
        history = fit(weights, climbing(weights), 4, how, validate=judged_by(*judged), checkpoint=file,
                      tell=lambda epoch: seen.append(weights["w"].item()))  # fmt: skip
        return len(history)

    assert trained((3.0, 1.0, 2.0), patience=before) == 3
    assert weights["w"].item() == (seen[2] if before is None else seen[1])
    weights["w"] = np.zeros(1)  # a new process knows nothing
    assert trained((4.0, 5.0), patience=9) == 5
    assert weights["w"].item() == seen[1]
    assert trained((6.0,), patience=None) == 6
    assert weights["w"].item() == seen[5] != seen[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 4}, "seed 3, not 4"), ({"batch": 12}, "batch 10, not 12"),
        ({"shares": 2}, "shares 1, not 2"),
        ({"optimiser": Adam(rate=1e-3), "seed": 4, "batch": 5}, "batch 10, not 5, seed 3, not 4"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_other_settings_is_refused_and_leaves_everything_as_it_was(
    change: dict, said: str, tmp_path: Path
) -> None:
    file, layer, other = tmp_path / "training.npz", student(), student()
    short = attrs.evolve(LONG, epochs=1)
    fit(layer.parameters, objective(layer), len(X), short, checkpoint=file)
    stored = file.read_bytes()
    with pytest.raises(RequestError, match=rf"npz is a checkpoint of a training with {said}\. Go on with"):
        fit(other.parameters, objective(other), len(X), attrs.evolve(LONG, **change), checkpoint=file)
    assert all(np.array_equal(a, other.parameters[name]) for name, a in student().parameters.items())
    with pytest.raises(RequestError, match="with count 24, not 23"):
        fit(other.parameters, objective(other), 23, LONG, checkpoint=file)
    assert file.read_bytes() == stored
    assert len(fit(other.parameters, objective(other), len(X), LONG, checkpoint=file)) == LONG.epochs


@pytest.mark.parametrize("change", [{"optimiser": Adam(rate=1e-4)}, {"largest": 0.1}, {"epochs": 5}])
def test_steps_of_another_size_go_on_from_a_checkpoint(change: dict, tmp_path: Path) -> None:
    def ended(second: Training) -> tuple[int, np.ndarray]:
        file, layer = tmp_path / f"{len(list(tmp_path.iterdir()))}.npz", student()
        first = fit(layer.parameters, objective(layer), len(X), attrs.evolve(LONG, epochs=2), checkpoint=file)
        history = fit(layer.parameters, objective(layer), len(X), second, checkpoint=file)
        assert [epoch.loss for epoch in history[:2]] == [epoch.loss for epoch in first]
        return len(history), np.concatenate([array.ravel() for array in layer.parameters.values()])

    (length, weights), (as_before, before) = ended(attrs.evolve(LONG, **change)), ended(LONG)
    assert (length, as_before) == (change.get("epochs", LONG.epochs), LONG.epochs)
    assert not np.array_equal(weights, before)


def test_a_checkpoint_may_be_named_by_a_string_and_needs_its_folder(tmp_path: Path) -> None:
    layer = student()
    fit(layer.parameters, objective(layer), len(X), LONG, checkpoint=str(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").exists()
    with pytest.raises(RequestError, match=r"There is no folder .*nowhere, in which to keep half\.npz"):
        fit(layer.parameters, objective(layer), len(X), LONG, checkpoint=tmp_path / "nowhere" / "half.npz")


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _one_array(file: Path) -> None:
    with file.open("wb") as handle:
        np.save(handle, np.zeros(3))


def _foreign(file: Path) -> None:
    with np.load(file) as stored, file.with_suffix(".new.npz").open("wb") as handle:
        np.savez(handle, foo=np.zeros(2), **stored)
    file.with_suffix(".new.npz").replace(file)


def _short(file: Path) -> None:
    with np.load(file) as stored, file.with_suffix(".new.npz").open("wb") as handle:
        np.savez(handle, **{**stored, "history": np.array(1.0)})
    file.with_suffix(".new.npz").replace(file)


@pytest.mark.parametrize("spoil", [_emptied, _one_array, _foreign, _short])
def test_what_is_no_checkpoint_is_told_of(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    file, layer = tmp_path / "half.npz", student()
    fit(layer.parameters, objective(layer), len(X), attrs.evolve(LONG, epochs=1), checkpoint=file)
    spoil(file)
    with pytest.raises(RequestError, match=r"half\.npz is no checkpoint of a training"):
        fit(layer.parameters, objective(layer), len(X), LONG, checkpoint=file)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (0.5, "objective returned 0.5. Give the loss, a number, and a dict of gradients"),
        ((None, {}), "objective returned None as the loss"),
        ((0.5, None), "objective returned NoneType as gradients"),
        ((0.5, {"v": np.zeros(2)}), "v has a gradient and is none of the parameters, which are w"),
        ((0.5, {"w": np.zeros(1)}), r"w \(2,\), its gradient \(1,\): they must have one shape"),
    ],
)
def test_an_objective_that_is_none_is_told_of(answer: object, said: str) -> None:
    weights = {"w": np.ones(2)}
    with pytest.raises((RequestError, RunError), match=said):
        fit(weights, lambda batch, rng: answer, 4)
    assert weights["w"].tolist() == [1, 1]


def by_hand(
    w: np.ndarray, x: np.ndarray, y: np.ndarray, batches: list[np.ndarray], how: Training
) -> tuple[np.ndarray, list[float], list[float]]:
    """Fit a line with a plain loop: losses of batches, and by how much each gradient was shortened."""
    adam, mean, square = how.optimiser, np.zeros_like(w), np.zeros_like(w)
    steps, losses, shares = how.epochs * -(-len(x) // how.batch), [], []
    for step, batch in enumerate(batches):
        off = x[batch] @ w - y[batch]
        losses.append((off**2).mean())
        g = 2 * x[batch].T @ off / len(batch)
        shares.append(min(1.0, how.largest / np.sqrt((g**2).sum())))
        g = g * min(1.0, how.largest / (np.sqrt((g**2).sum()) + 1e-6))
        times = (step + 1) / how.warmup
        if step >= how.warmup:
            times = (1 + np.cos(np.pi * (step - how.warmup) / (steps - how.warmup))) / 2
        rate = adam.rate * times
        mean, square = adam.beta1 * mean + (1 - adam.beta1) * g, adam.beta2 * square + (1 - adam.beta2) * g**2
        bent = np.sqrt(square / (1 - adam.beta2 ** (step + 1))) + adam.eps
        w = w - rate * adam.weight_decay * w - rate * mean / (1 - adam.beta1 ** (step + 1)) / bent
    return w, losses, shares


def test_it_is_a_plain_loop_of_warmup_cosine_clipping_and_adam(rng: np.random.Generator) -> None:
    x, start = rng.standard_normal((11, 3)), rng.standard_normal(3)
    y = x @ np.array([4.0, -3.0, 2.0])
    how = Training(epochs=3, batch=4, optimiser=Adam(rate=0.3, weight_decay=0.1), warmup=4, largest=5.0)
    weights, batches = {"w": start.copy()}, []

    def objective(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
        batches.append(batch)
        off = x[batch] @ weights["w"] - y[batch]
        return float((off**2).mean()), {"w": 2 * x[batch].T @ off / len(batch)}

    history = fit(weights, objective, len(x), how)
    wanted, losses, shares = by_hand(start, x, y, batches, how)
    assert [len(batch) for batch in batches] == 3 * [4, 4, 3]
    assert min(shares) < 0.5 < max(shares) == 1.0
    np.testing.assert_allclose(weights["w"], wanted, rtol=1e-12)
    means = [np.average(losses[i : i + 3], weights=[4, 4, 3]) for i in (0, 3, 6)]
    np.testing.assert_allclose([epoch.loss for epoch in history], means, rtol=1e-12)


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
