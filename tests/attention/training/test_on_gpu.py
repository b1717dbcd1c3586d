"""Training on a GPU, or through its stand-in, learns what it learns on the CPU, and resumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.layer import Layer
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.loop import Training, fit
from neurogate.attention.training.losses import mean_squared_error
from neurogate.backends.registry import describe
from tests.attention import standin

CUDA = next(backend for backend in describe() if backend.name == "cuda")
X = np.random.default_rng(0).standard_normal((24, 5, 8))
Y = make("feature_selection", d_model=8, heads=2, seed=7).forward(X)[0]
FOUR = Training(epochs=4, batch=10, optimiser=Adam(rate=3e-3), warmup=2, seed=3)


@pytest.fixture(params=["stand-in", "gpu"])
def xp(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "stand-in":
        return standin.installed(monkeypatch)
    if not CUDA.available:
        pytest.skip(f"Nothing is trained on a GPU here: {CUDA.reason}.")
    return pytest.importorskip("cupy")


def student(xp: Any) -> Layer:
    layer = make("feature_selection", d_model=8, heads=2, seed=1)
    layer.to(xp)
    return layer


def objective(layer: Layer, xp: Any):
    x, wanted = xp.asarray(X), xp.asarray(Y)

    def loss(batch: np.ndarray, rng: np.random.Generator) -> tuple[float, dict[str, Any]]:
        here = xp.asarray(batch)
        y, cache = layer.forward(x[here])
        value, dy = mean_squared_error(y, wanted[here])
        return value, layer.backward(dy, cache)[1]

    return loss


def test_it_learns_the_same_and_resumes(xp: Any, tmp_path: Path) -> None:
    here, there = student(np), student(xp)
    history = fit(here.parameters, objective(here, np), len(X), FOUR)
    found = fit(there.parameters, objective(there, xp), len(X), FOUR)
    np.testing.assert_allclose([e.loss for e in found], [e.loss for e in history], rtol=1e-9)
    assert type(found[0].loss) is float
    for name, wanted in here.parameters.items():
        np.testing.assert_allclose(there.parameters[name].get(), wanted, rtol=0, atol=1e-9)

    class Stop(Exception):
        pass

    def stop(epoch: Any) -> None:
        if epoch.number == 2:
            raise Stop

    cut, again = student(xp), student(xp)
    with pytest.raises(Stop):
        fit(cut.parameters, objective(cut, xp), len(X), FOUR, checkpoint=tmp_path / "t.npz", tell=stop)
    resumed = fit(again.parameters, objective(again, xp), len(X), FOUR, checkpoint=tmp_path / "t.npz")
    assert [epoch.loss for epoch in resumed] == [epoch.loss for epoch in found]
    for name, wanted in there.parameters.items():
        assert np.array_equal(again.parameters[name].get(), wanted.get())
