"""Control-aided attention: the upstream network and the wiring of its losses, with a toy control head."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.control_aided import ControlAided, guided
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.training.losses import mean_squared_error
from tests.attention.agreement import Case, Stored, gradients

MODULES = {"inner": "net.0", "norm": "net.1", "outer": "net.3"}


class ToyHead:
    """The mean over tokens of tanh(F W)."""

    def __init__(self, weight: np.ndarray) -> None:
        self.weight = weight

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        bent = np.tanh(x @ self.weight)
        return bent.mean(axis=1), (x, bent)

    def backward(
        self, dy: np.ndarray, cache: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        x, bent = cache
        dinner = dy[:, None] * (1 - bent**2) / x.shape[1]
        return dinner @ self.weight.T, {"weight": np.einsum("blc,blk->ck", x, dinner)}


def cases(stored: Stored) -> Iterator[Case]:
    f, head = stored.real("f"), ToyHead(stored.real("Wc"))
    width = f.shape[2]
    layer = ControlAided(d_model=width)
    layer.parameters.update({name: array.astype(float) for name, array in _parameters(stored, "w.").items()})
    targets = stored.real("target")
    found = guided(layer, head, f, lambda controls: mean_squared_error(controls, targets))
    arrays = {
        "ctrl1": head.forward(f)[0], "grad_gt": found.saliency, "approx": found.cache.attention,
        "refined": layer.forward(f)[0], "ctrl2": found.controls, "grad_loss": np.asarray(found.saliency_loss),
        "ctrl_loss": np.asarray(found.control_loss),
    }  # fmt: skip
    for name, array in arrays.items():
        yield Case("caa", name, array, stored[name])
    start = Running(np.zeros(width), np.ones(width))
    assert stored["w.net.1.num_batches_tracked"] == 1  # the stored statistics are those after one batch
    running = layer.forward(f, start)[1].running
    yield Case("batch_norm", "running mean", running.mean, stored["w.net.1.running_mean"])
    yield Case("batch_norm", "running variance", running.variance, stored["w.net.1.running_var"])
    yield Case("caa", "d f", found.dfeatures, stored["df"], backward=True)
    yield from gradients("caa", "", found.layer, _parameters(stored, "gw."))


def _parameters(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    ours = {
        f"{a}.{which}": stored[f"{prefix}{b}.{which}"]
        for a, b in MODULES.items() for which in ("weight", "bias")
    }  # fmt: skip
    return {name: array.reshape(array.shape[:2]) for name, array in ours.items()}
