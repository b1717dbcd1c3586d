"""Gated linear attention: the upstream operator with weak and with strong decays, and the layer around it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.gated_linear_attention import GatedLinearAttention
from neurogate.attention.operators import linear_recurrence
from neurogate.attention.operators.linear_recurrence import Form
from tests.attention.agreement import Case, Stored, gradients

NAMES = {
    "q.weight": "q", "k.weight": "k", "v.weight": "v", "gate.weight": "g", "decay_in.weight": "gk0",
    "decay.weight": "gk1", "decay.bias": "gk1b", "o.weight": "o", "norm.weight": "rms",
}  # fmt: skip
FORMS: tuple[Form, ...] = ("recurrent", "chunked", "compiled")


def cases(stored: Stored) -> Iterator[Case]:
    for which in ("weak", "strong"):
        for form in FORMS:
            yield from _operator(stored, which, form)
    _, heads, keys, values = stored["layer.hT"].shape
    rank, width = stored["layer.w_gk0"].shape
    layer = GatedLinearAttention(
        d_model=width, heads=heads, rank=rank, expand_k=heads * keys / width, expand_v=heads * values / width
    )
    layer.parameters.update(stored.under("layer.w_", NAMES))
    y, cache = layer.forward(stored.real("layer.x"))
    dx, found = layer.backward(stored.real("layer.dy"), cache)
    yield Case("gla", "layer y", y, stored["layer.y"])
    yield Case("gla", "layer read", cache.read, stored["layer.o_pre"])
    yield Case("gla", "layer decays", cache.decays, stored["layer.gk"])
    yield Case("gla", "layer state", cache.state, stored["layer.hT"])
    yield Case("gla", "layer dx", dx, stored["layer.dx"], backward=True)
    wanted = {ours: stored[f"layer.dw_{theirs}"] for ours, theirs in NAMES.items()}
    yield from gradients("gla", "layer", found, wanted)


def _operator(stored: Stored, which: str, form: Form) -> Iterator[Case]:
    def case(what: str, found: np.ndarray, key: str) -> Case:
        label = f"{which} {form} {what}"
        name = "operators.linear_recurrence"
        return Case(name, label, found, stored[f"{which}.{key}"], backward=key.startswith("d"))

    given = [stored.real(f"{which}.{key}") for key in ("q", "k", "v", "gk")]
    plain, _ = linear_recurrence.forward(*given, form=form)
    o, cache = linear_recurrence.forward(*given, stored.real(f"{which}.h0"), form=form)
    yield case("o without a state", plain, "o_noinit")
    yield case("o", o, "o")
    yield case("state", cache.state, "hT")
    back = linear_recurrence.backward(stored.real(f"{which}.do"), cache, stored.real(f"{which}.dhT"))
    for key, found in zip(("dq", "dk", "dv", "dgk", "dh0"), back, strict=True):
        yield case(key, found, key)
