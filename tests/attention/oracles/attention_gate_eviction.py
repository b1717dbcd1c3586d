"""Eviction by a gate in front of attention: a reference composition, with its loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.eviction_gate import EvictionGate
from neurogate.attention.operators import eviction_loss
from tests.attention.agreement import Case, Stored, gradients

NAMES = {
    **{f"{name}.weight": f"W{name}" for name in "qkvo"},
    **{f"gate_{name}.weight": f"a{name}" for name in "qkv"},
    "gate.weight": "ao", "gate.bias": "ab",
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    gate = "eviction_gate"
    (gate_width, width), heads = stored["aq"].shape, len(stored["ao"])
    layer = EvictionGate(d_model=width, heads=heads, gate_width=gate_width)
    layer.parameters.update(stored.under("", NAMES))
    y, cache = layer.forward(stored["x"])
    loss, kept = eviction_loss.forward(cache.probability, target=0.5)
    dx, found = layer.backward(stored["R"], cache, eviction_loss.backward(1.0, kept))
    yield Case(gate, "y", y, stored["y"])
    yield Case(gate, "probability", cache.probability, stored["gate_prob"])
    yield Case(gate, "keep", cache.keep, stored["keep"])
    yield Case(gate, "weights", cache.attention.weights, stored["attn"])
    yield Case("eviction_loss", "loss", np.asarray(loss), stored["L_evict"])
    yield Case(gate, "dx", dx, stored["d_x"], backward=True)
    yield from gradients(gate, "with its loss", found, stored.under("d_", NAMES))
