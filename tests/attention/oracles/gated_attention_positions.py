"""Gated attention for language models: its five positions, one head at a time or not, multiplied or added."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention.layers.gated_sdpa import GatedSDPA
from tests.attention.agreement import Case, Stored, gradients

GATES = {"none": "none", "ew": "elementwise", "hw": "headwise"}


def cases(stored: Stored) -> Iterator[Case]:
    names = {"q.weight": "Wq", "k.weight": "Wk", "v.weight": "Wv", "o.weight": "Wo"}
    heads, width = stored["Wg_hw"].shape
    for label in sorted({key.partition("/")[0] for key in stored if "/" in key}):
        position, kind, *rest = label.split("_")
        kinds = "elementwise" if position == "G5" else GATES[kind]
        layer = GatedSDPA(
            d_model=width, heads=heads, kv_heads=heads, head_width=len(stored["Wq"]) // heads,
            gate=kinds, qk_norm=False, rotary=0.0,
            position="G1" if position == "none" else position,
            activation="silu" if "silu" in rest else "sigmoid",
            combine="add" if "add" in rest else "multiply",
        )  # fmt: skip
        gate = "Wg_out" if position == "G5" else f"Wg_{kind}"
        theirs = names if kinds == "none" else names | {"gate.weight": gate}
        layer.parameters.update(stored.under("", theirs))
        y, cache = layer.forward(stored["x"])
        dx, found = layer.backward(stored[f"{label}/R"], cache)
        yield Case("gated_sdpa", f"{label} y", y, stored[f"{label}/y"])
        yield Case("gated_sdpa", f"{label} dx", dx, stored[f"{label}/d_x"], backward=True)
        yield from gradients("gated_sdpa", label, found, stored.under(f"{label}/d_", theirs))
