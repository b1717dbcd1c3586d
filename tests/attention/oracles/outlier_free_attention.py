"""Quantizable transformers: clipped softmax, gated heads with each of their predictors, and kurtosis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from neurogate.attention.layers.quantizable import QuantizableAttention
from neurogate.attention.operators import clipped_softmax, masks
from neurogate.attention.outliers import kurtosis
from tests.attention.agreement import Case, Stored, gradients

SETTINGS: Mapping[str, dict[str, Any]] = {
    "vanilla": {},
    "clip_alpha4": {"alpha": 4.0},
    "uncond_head": {"gate": "unconditional"},
    "cond_token_linear": {"gate": "token"},
    "cond_token_mlp": {"gate": "token", "predictor": "mlp"},
    "cond_token_mlp2": {"gate": "token", "predictor": "mlp2"},
    "cond_token_allfeat": {"gate": "token", "predictor": "all_features"},
    "cond_head_linear": {"gate": "head"},
    "cond_token_finetune": {"gate": "token", "opening": 0.25, "fine_tuning": True},
}
PROJECTIONS = {
    "bert": {"q": "query", "k": "key", "v": "value"},
    "opt": {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "out_proj"},
}


def cases(stored: Stored) -> Iterator[Case]:
    for label in _labels(stored, "cs/g"):
        low, high = (float(part[1:]) for part in label.removeprefix("cs/").split("_"))
        y, cache = clipped_softmax.forward(stored["cs/z"], low=low, high=high)
        yield Case("clipped_softmax", f"{label} y", y, stored[f"{label}/y"])
        dz = clipped_softmax.backward(stored[f"{label}/R"], cache)
        yield Case("clipped_softmax", f"{label} dz", dz, stored[f"{label}/d_z"], backward=True)
    yield Case("outliers", "kurtosis", kurtosis(stored["kurt/x"]), stored["kurt/k"])
    start = QuantizableAttention(d_model=2, heads=1, gate="token", opening=0.25).parameters["gate.out.bias"]
    theirs = stored.single("init_bias_pi0.25").astype(np.float64)
    yield Case("head_gated", "opening", start[0].astype(np.float32), theirs)
    assert np.array_equal(stored["opt_mask"] == 0, masks.causal(*stored["opt_mask"].shape))
    for label in _labels(stored, "bert_") + _labels(stored, "opt_"):
        if label != "bert_mask":
            yield from _layer(stored, label)


def _layer(stored: Stored, label: str) -> Iterator[Case]:
    model, _, kind = label.partition("_")
    gate = "clipped_attention" if "clip" in kind else "head_gated"
    opt = model == "opt"
    (_, length, width), heads = stored["x"].shape, stored[f"{label}/attn"].shape[1]
    more = SETTINGS[kind] | ({"length": length} if "alpha" in SETTINGS[kind] else {})
    layer = QuantizableAttention(d_model=width, heads=heads, projected=opt, causal=opt, **more)
    layer.parameters.update(_ours(stored, label, "W."))
    y, cache = layer.forward(stored["x"], None if opt else stored["bert_mask"] == 0)
    dx, found = layer.backward(stored[f"{label}/R"], cache)
    yield Case(gate, f"{label} y", y, stored[f"{label}/y"])
    yield Case(gate, f"{label} weights", cache.attention.weights, stored[f"{label}/attn"])
    yield Case(gate, f"{label} dx", dx, stored[f"{label}/d_x"], backward=True)
    if f"{label}/gate" in stored.arrays:
        yield Case(gate, f"{label} gate", cache.gate.values, stored[f"{label}/gate"])
    yield from gradients(gate, label, found, _ours(stored, label, "dW."))


def _ours(stored: Stored, label: str, prefix: str) -> dict[str, np.ndarray]:
    """Return the parameters by our names; there each head's part of the gate is a module of its own."""
    theirs = {
        key: key.removeprefix(f"{label}/{prefix}") for key in stored if key.startswith(f"{label}/{prefix}")
    }
    names = {their: our for our, their in PROJECTIONS[label.partition("_")[0]].items()}
    ours, heads = {}, {}
    for key, name in theirs.items():
        first, *rest = name.split(".")
        if first in names:
            ours[f"{names[first]}.{rest[0]}"] = stored[key]
        elif not rest:
            ours["gate"] = stored[key]
        elif len(rest) == 1:
            ours[f"gate.out.{rest[0]}"] = stored[key]
        else:
            part = "hidden" if rest[1] == "0" else "out"
            heads.setdefault(f"gate.{part}.{rest[-1]}", []).append(stored[key])
    return ours | {name: np.stack(arrays) for name, arrays in heads.items()}


def _labels(stored: Stored, prefix: str) -> list[str]:
    return sorted({key.rpartition("/")[0] for key in stored if key.startswith(prefix) and "/" in key})
