"""Feature-selection gates: the upstream block, and two ways to train with two passes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.feature_selection import FeatureSelectionGates
from tests.attention.agreement import Case, Stored, gradients

NAMES = {
    "gate1": "fsag_rgb_ls1", "gate2": "fsag_rgb_ls2", "attention.o.weight": "attn.proj.weight",
    "attention.o.bias": "attn.proj.bias", "mlp.hidden.weight": "mlp.fc1.weight",
    "mlp.hidden.bias": "mlp.fc1.bias", "mlp.out.weight": "mlp.fc2.weight", "mlp.out.bias": "mlp.fc2.bias",
    **{f"norm{i}.{which}": f"norm{i}.{which}" for i in (1, 2) for which in ("weight", "bias")},
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    layer = FeatureSelectionGates(d_model=16, heads=4)
    layer.parameters.update(_parameters(stored, "block/W."))
    y, cache = layer.forward(stored["block/x"])
    yield Case("feature_selection", "block y", y, stored["block/y"])
    dx, found = layer.backward(stored["block/R"], cache)
    yield Case("feature_selection", "block dx", dx, stored["block/d_x"], backward=True)
    yield from gradients("feature_selection", "block", found, _parameters(stored, "block/dW."))


def _parameters(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    fused = {
        f"attention.{name}.{which}": array
        for which in ("weight", "bias")
        for name, array in zip("qkv", np.split(stored[f"{prefix}attn.qkv.{which}"], 3), strict=True)
    }
    return stored.under(prefix, NAMES) | fused
