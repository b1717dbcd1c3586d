"""Lightning attention: upstream's reference of the operator, its slopes, and the attention of TransNormer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.lightning_attention import LightningAttention
from neurogate.attention.operators import lightning
from neurogate.attention.operators.linear_recurrence import Form
from tests.attention.agreement import Case, Stored, gradients

NAME = "operators.lightning"
FORMS: tuple[Form, ...] = ("recurrent", "chunked", "compiled")
NAMES = {
    "q.weight": "q_proj.weight", "k.weight": "k_proj.weight", "v.weight": "v_proj.weight",
    "o.weight": "o_proj.weight", "norm.weight": "norm.weight", "norm.bias": "norm.bias",
    "gate_in.weight": "output_gate.0.weight", "gate.weight": "output_gate.1.weight",
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    for key in (key for key in stored if key.startswith("slopes_H")):
        yield Case(NAME, key, lightning.slopes(int(key.removeprefix("slopes_H"))), stored[key])
    q, k, v, do = (stored.real(key).swapaxes(1, 2) for key in ("q", "k", "v", "do"))
    for form in FORMS:
        plain, _ = lightning.forward(q, k, v, np.zeros(len(stored["s"])), form=form)
        yield Case(NAME, f"{form} o without decay", plain.swapaxes(1, 2), stored["o_nodecay"])
        o, cache = lightning.forward(q, k, v, stored.real("s"), form=form)
        yield Case(NAME, f"{form} o", o.swapaxes(1, 2), stored["o"])
        *back, _ = lightning.backward(do, cache)
        for key, found in zip(("dq", "dk", "dv"), back, strict=True):
            yield Case(NAME, f"{form} {key}", found.swapaxes(1, 2), stored[key], backward=True)
    heads = len(stored["tnl.slope_rate"])
    layer = LightningAttention(d_model=stored["tnl.x"].shape[-1], heads=heads, layer=3, depth=12)
    slopes = lightning.slopes(heads, layer=3, depth=12)
    yield Case("lightning", "slopes", slopes, stored["tnl.slope_rate"])
    layer.parameters.update(stored.under("tnl.w.", NAMES))
    y, kept = layer.forward(stored.real("tnl.x"))
    dx, found = layer.backward(stored.real("tnl.dy"), kept)
    yield Case("lightning", "y", y, stored["tnl.y"])
    yield Case("lightning", "dx", dx, stored["tnl.dx"], backward=True)
    wanted = {ours: stored[f"tnl.gw.{theirs}"] for ours, theirs in NAMES.items()}
    yield from gradients("lightning", "tnl", found, wanted)
