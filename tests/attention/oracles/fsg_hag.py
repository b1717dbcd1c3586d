"""Feature-selection gates: the upstream block, and two ways to train with two passes."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.feature_selection import FeatureSelectionGates
from neurogate.attention.operators import linear
from neurogate.attention.operators.pointwise import relu, sigmoid
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.losses import cross_entropy
from neurogate.attention.training.routing import Routing, RoutingState
from tests.attention.agreement import Case, Stored, gradients

NAMES = {
    "gate1": "fsag_rgb_ls1", "gate2": "fsag_rgb_ls2", "attention.o.weight": "attn.proj.weight",
    "attention.o.bias": "attn.proj.bias", "mlp.hidden.weight": "mlp.fc1.weight",
    "mlp.hidden.bias": "mlp.fc1.bias", "mlp.out.weight": "mlp.fc2.weight", "mlp.out.bias": "mlp.fc2.bias",
    **{f"norm{i}.{which}": f"norm{i}.{which}" for i in (1, 2) for which in ("weight", "bias")},
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    layer = FeatureSelectionGates(d_model=stored["block/x"].shape[-1], heads=4)
    layer.parameters.update(_parameters(stored, "block/W."))
    y, cache = layer.forward(stored["block/x"])
    yield Case("feature_selection", "block y", y, stored["block/y"])
    dx, found = layer.backward(stored["block/R"], cache)
    yield Case("feature_selection", "block dx", dx, stored["block/d_x"], backward=True)
    yield from gradients("feature_selection", "block", found, _parameters(stored, "block/dW."))
    yield from cases_of_routing(stored)
    yield from _start(stored)


def _parameters(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    fused = {
        f"attention.{name}.{which}": array
        for which in ("weight", "bias")
        for name, array in zip("qkv", np.split(stored[f"{prefix}attn.qkv.{which}"], 3), strict=True)
    }
    return stored.under(prefix, NAMES) | fused


def cases_of_routing(stored: Stored) -> Iterator[Case]:
    """Train a gated head for four batches, gates and the rest in passes of their own."""
    for mode in ("upstream_accumulate", "zeroed"):
        parameters = _head(stored, f"gr/{mode}/init/")
        routing = Routing(
            Adam(rate=0.05, weight_decay=0.0), Adam(rate=0.01, weight_decay=1e-4, decoupled=False), 8.0, 8.0,
            accumulate=mode == "upstream_accumulate",
        )  # fmt: skip
        state = RoutingState()
        for i, (x, labels) in enumerate(zip(stored["gr/X"], stored["gr/Y"], strict=True)):
            objective = functools.partial(_objective, parameters, x, labels)
            state, losses = routing.step(parameters, {"gate1", "gate2"}, objective, objective, state)
            where = f"gr/{mode}/step{i}/"
            yield Case("feature_selection", f"{where}losses", np.array(losses), stored[f"{where}losses"])
            for name, wanted in _head(stored, where).items():
                yield Case("feature_selection", where + name, parameters[name].copy(), wanted, backward=True)


def _head(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    names = {"gate1": "fsag_L1", "gate2": "fsag_L2"}
    names |= {f"{part}.{which}": f"{part}.{which}" for part in ("fc2", "fc3") for which in ("weight", "bias")}
    return {ours: stored.real(prefix + theirs).copy() for ours, theirs in names.items()}


def _objective(
    p: dict[str, np.ndarray], x: np.ndarray, labels: np.ndarray
) -> tuple[float, dict[str, np.ndarray]]:
    first, inner = linear.forward(x * sigmoid.value(p["gate1"]), p["fc2.weight"], p["fc2.bias"])
    hidden = relu.value(first)
    logits, outer = linear.forward(hidden * sigmoid.value(p["gate2"]), p["fc3.weight"], p["fc3.bias"])
    loss, dlogits = cross_entropy(logits, labels)
    dgated, weight3, bias3 = linear.backward(dlogits, outer)
    dfirst = dgated * sigmoid.value(p["gate2"]) * relu.slope(first)
    dx, weight2, bias2 = linear.backward(dfirst, inner)
    return loss, {
        "gate1": (dx * x).sum(axis=0) * sigmoid.slope(p["gate1"]),
        "gate2": (dgated * hidden).sum(axis=0) * sigmoid.slope(p["gate2"]),
        "fc2.weight": weight2, "fc2.bias": bias2, "fc3.weight": weight3, "fc3.bias": bias3,
    }  # fmt: skip


def _start(stored: Stored) -> Iterator[Case]:
    """Compare the spread that the gates start with: two draws of theirs, and the rule."""
    *drawn, rule = stored["init/fsag_std_dim384"]
    ours = FeatureSelectionGates(d_model=384, seed=1).parameters["gate1"].std()
    yield Case("feature_selection", "rule of the start", np.float32(np.sqrt(2 / 385)), rule)
    assert all(abs(spread / rule - 1) < 4 / np.sqrt(2 * 384) for spread in (ours, *drawn))
