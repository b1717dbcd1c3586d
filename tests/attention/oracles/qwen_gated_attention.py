"""Gated attention for language models: the upstream module, whose queries and gates share a matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.gated_sdpa import GatedSDPA
from neurogate.attention.layers.gated_sdpa_checkpoints import from_published
from neurogate.attention.operators import masks, rotary
from tests.attention.agreement import Case, Stored, gradients

SETTINGS = {
    "baseline": {"gate": "none", "kv_heads": 2},
    "headwise": {"gate": "headwise", "kv_heads": 2},
    "elementwise": {"gate": "elementwise", "kv_heads": 2},
    "headwise_bias_noqk": {"gate": "headwise", "kv_heads": 2, "bias": True, "qk_norm": False},
    "elementwise_mha": {"gate": "elementwise", "kv_heads": 4, "qk_norm": False},
}


def cases(stored: Stored) -> Iterator[Case]:
    cos, sin = (np.tile(half, 2) for half in rotary.angles(np.arange(10.0), 8))
    yield Case("rotary", "cos", cos, stored["cos"])
    yield Case("rotary", "sin", sin, stored["sin"])
    assert np.array_equal(stored["mask"] == 0, masks.causal(10, 10))
    x = stored.real("x")
    for name, settings in SETTINGS.items():
        layer = GatedSDPA(d_model=32, heads=4, head_width=8, **settings)
        weights = _ours(stored, f"{name}/W.", settings["kv_heads"])
        assert weights.keys() == layer.parameters.keys()
        layer.parameters.update(weights)
        y, cache = layer.forward(x)
        dx, found = layer.backward(stored.real(f"{name}/R"), cache)
        yield Case("gated_sdpa", f"{name} y", y, stored[f"{name}/y"])
        yield Case("gated_sdpa", f"{name} weights", cache.attention.weights, stored[f"{name}/attn"])
        yield Case("gated_sdpa", f"{name} dx", dx, stored[f"{name}/d_x"], backward=True)
        wanted = _ours(stored, f"{name}/dW.", settings["kv_heads"], real=False)
        yield from gradients("gated_sdpa", name, found, wanted)


def _ours(stored: Stored, prefix: str, kv_heads: int, real: bool = True) -> dict[str, np.ndarray]:
    read = stored.real if real else stored.__getitem__
    tensors = {key.removeprefix(prefix): read(key) for key in stored if key.startswith(prefix)}
    return from_published(tensors, heads=4, kv_heads=kv_heads, layout="group")
