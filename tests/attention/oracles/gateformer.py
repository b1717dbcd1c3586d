"""Gateformer, as transcribed from upstream: the forecast and all that lies between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.gateformer import Gateformer
from neurogate.attention.operators import sinusoidal
from tests.attention.agreement import Case, Stored, gradients

HEADS = 3  # the shapes do not tell
MODULES = {
    "whole": "inv", "flat": "head", "out": "proj", "gate1.first": "w1", "gate1.second": "w2",
    "gate2.first": "w3", "gate2.second": "w4",
}  # fmt: skip
ENCODER = {
    "attention.o": "self_attn.out_proj", "mlp.hidden": "linear1", "mlp.out": "linear2", "norm1": "norm1",
    "norm2": "norm2",
}  # fmt: skip
FIELDS = {
    "global_emb": "whole", "temporal_emb": "patched", "gate1": "gate1", "fused1": "fused1",
    "cross": "crossed", "gate2": "gate2", "fused2": "fused2",
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    (horizon, d), length = stored["W.proj.weight"].shape, stored["x"].shape[1]
    patches, patch = stored["W.head.weight"].shape[1] // d, stored["W.patch.weight"].shape[1]
    layer = Gateformer(
        length=length, horizon=horizon, patch=patch, d_model=d, heads=HEADS,
        stride=next(s for s in range(length + patch, 0, -1) if (length - patch) // s + 2 == patches),
        hidden=len(stored["W.enc_t.layers.0.linear1.weight"]),
        layers=sum(name.startswith("W.enc_t.") and name.endswith("norm1.bias") for name in stored),
    )  # fmt: skip
    layer.parameters.update(_parameters(stored, "W.", layer.layers))
    y, cache = layer.forward(stored["x"], stored["W.pe"][: layer.patches])
    yield Case("gateformer", "y", y, stored["y"])
    for theirs, ours in FIELDS.items():
        yield Case("gateformer", theirs, getattr(cache, ours), stored[theirs])
    table, _ = sinusoidal.forward(np.arange(float(len(stored["W.pe"]))), d)
    yield Case("sinusoidal", "positions", table, stored.single("W.pe"))
    dx, found = layer.backward(stored["R"], cache)
    yield Case("gateformer", "dx", dx, stored["d_x"], backward=True)
    yield from gradients("gateformer", "", found, _parameters(stored, "dW.", layer.layers))


def _parameters(stored: Stored, prefix: str, layers: int) -> dict[str, np.ndarray]:
    names, fused = {"patch.weight": "patch.weight"}, {}
    for which in ("weight", "bias"):
        names |= {f"{a}.{which}": f"{b}.{which}" for a, b in MODULES.items()}
        for ours, theirs in (("time", "enc_t"), ("variates", "enc_v")):
            for i in range(layers):
                there = f"{theirs}.layers.{i}"
                names |= {f"{ours}{i}.{a}.{which}": f"{there}.{b}.{which}" for a, b in ENCODER.items()}
                rows = np.split(stored[f"{prefix}{there}.self_attn.in_proj_{which}"], 3)
                fused |= {f"{ours}{i}.attention.{a}.{which}": r for a, r in zip("qkv", rows, strict=True)}
    return stored.under(prefix, names) | fused
