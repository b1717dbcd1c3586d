"""ViG: the upstream mixer on a small image, with what it computes on the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.vig import ViG
from tests.attention.agreement import Case, Stored, gradients

NAMES = {
    "local.weight": "in_proj.0.weight", "decay_in.weight": "gk_proj.0.weight",
    "decay.weight": "gk_proj.1.weight", "decay.bias": "gk_proj.1.bias", "o.weight": "o_proj.weight",
    "norm.weight": "g_norm.weight", "local_norm.weight": "l_norm.weight", "gate.weight": "g_proj.weight",
    "gate.bias": "g_proj.bias",
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    rank, width = stored["w.gk_proj.0.weight"].shape
    heads = width // len(stored["w.g_norm.weight"])
    layer = ViG(d_model=width, heads=heads, rank=rank, expand_k=stored["q"].shape[-1] / width)
    layer.parameters.update(_parameters(stored, "w."))
    rows, columns = map(int, stored["HW"])
    y, cache = layer.forward(stored.real("x"), (rows, columns))
    dx, found = layer.backward(stored.real("dy"), cache)
    yield Case("vig", "y", y, stored["y"])
    yield Case("vig", "local", cache.local.swapaxes(1, 2), stored["local_out_bcn"])
    memory = cache.recurrence
    for name, array in (("q", memory.q / memory.scale), ("k", memory.k), ("v", memory.v)):
        yield Case("vig", name, _flat(array[:, :, :heads]), stored[name])
    yield Case("vig", "logits", _flat(cache.logits), stored["gk_logits_fw_bw"])
    yield Case("vig", "gate", _flat(cache.gate), stored["gate_sigmoid"])
    yield Case("vig", "dx", dx, stored["dx"], backward=True)
    yield from gradients("vig", "vig", found, _parameters(stored, "gw."))


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(*x.shape[:2], -1)


def _parameters(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    """Return ours; their queries, keys and values share a matrix, in this order."""
    keys = stored["q"].shape[-1]
    fused = np.split(stored[f"{prefix}qkv_proj.weight"], [keys, 2 * keys])
    ours = {f"{name}.weight": rows for name, rows in zip("qkv", fused, strict=True)}
    return {name: stored[f"{prefix}{theirs}"] for name, theirs in NAMES.items()} | ours
