"""Gated attention for language models: the upstream module, whose queries and gates share a matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.gated_sdpa import GatedSDPA
from neurogate.attention.layers.gated_sdpa_checkpoints import from_published
from neurogate.attention.operators import masks, rotary
from tests.attention.agreement import Case, Stored, gradients

SETTINGS = {
    "baseline": {"gate": "none"},
    "headwise": {"gate": "headwise"},
    "elementwise": {"gate": "elementwise"},
    "headwise_bias_noqk": {"gate": "headwise", "bias": True, "qk_norm": False},
    "elementwise_mha": {"gate": "elementwise", "qk_norm": False},
}


def cases(stored: Stored) -> Iterator[Case]:
    length, width = stored["cos"].shape
    cos, sin = (np.tile(half, 2) for half in rotary.angles(np.arange(float(length)), width))
    yield Case("rotary", "cos", cos, stored["cos"])
    yield Case("rotary", "sin", sin, stored["sin"])
    assert np.array_equal(stored["mask"] == 0, masks.causal(length, length))
    x = stored.real("x")
    for name, settings in SETTINGS.items():
        heads, kv_heads = stored[f"{name}/attn"].shape[1], len(stored[f"{name}/W.k_proj.weight"]) // width
        layer = GatedSDPA(d_model=x.shape[-1], heads=heads, kv_heads=kv_heads, head_width=width, **settings)
        weights = _ours(stored, f"{name}/W.", heads, kv_heads)
        assert weights.keys() == layer.parameters.keys()
        layer.parameters.update(weights)
        y, cache = layer.forward(x)
        dx, found = layer.backward(stored.real(f"{name}/R"), cache)
        yield Case("gated_sdpa", f"{name} y", y, stored[f"{name}/y"])
        yield Case("gated_sdpa", f"{name} weights", cache.attention.weights, stored[f"{name}/attn"])
        yield Case("gated_sdpa", f"{name} dx", dx, stored[f"{name}/d_x"], backward=True)
        wanted = _ours(stored, f"{name}/dW.", heads, kv_heads, real=False)
        yield from gradients("gated_sdpa", name, found, wanted)


def _ours(stored: Stored, prefix: str, heads: int, kv_heads: int, real: bool = True) -> dict[str, np.ndarray]:
    read = stored.real if real else stored.__getitem__
    tensors = {key.removeprefix(prefix): read(key) for key in stored if key.startswith(prefix)}
    return from_published(tensors, heads=heads, kv_heads=kv_heads, layout="group")
