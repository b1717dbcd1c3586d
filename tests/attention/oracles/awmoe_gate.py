"""The gate network of AW-MoE: the gate vector, the score, and the contrastive loss, with what flows back."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention.layers.gate_network import GateNetwork
from neurogate.attention.operators import info_nce, mixture_score
from tests.attention.agreement import Case, Stored, gradients

NAME = "awmoe_gate"
NAMES = {
    f"{ours}.{layer}.{which}": f"{theirs}{place}{suffix}"
    for ours, theirs in (("gate", "g"), ("unit", "a"))
    for layer, place in (("hidden", 1), ("out", 2))
    for which, suffix in (("weight", ""), ("bias", "b"))
}


def cases(stored: Stored) -> Iterator[Case]:
    (hidden, twice), experts = stored["g1"].shape, len(stored["g2"])
    layer = GateNetwork(d_model=twice // 2, hidden=hidden, experts=experts)
    layer.parameters.update(stored.under("", NAMES))
    inputs = stored["S"], stored["target"]
    g, cache = layer.forward(*inputs, stored["mask"] > 0)
    thin, augmented = layer.forward(*inputs, stored["mask_aug"] > 0)
    loss, contrast = info_nce.forward(g, thin)
    logit, score = mixture_score.forward(g, stored["expert_scores"])
    found = {
        "gate_vec": g, "gate_vec_aug": thin, "gate_unit": cache.gates, "act_unit": cache.activations,
        "logit": logit, "L_cl": loss,
    }  # fmt: skip
    for name, array in found.items():
        yield Case(NAME, name, array, stored[name])
    dg, dthin = info_nce.backward(1.0, contrast)
    dscored, _ = mixture_score.backward(stored["R"], score)
    (ditems, dtarget), full = layer.backward(dg + dscored, cache)
    (more, again), other = layer.backward(dthin, augmented)
    yield Case(NAME, "d items", ditems + more, stored["d_S"], backward=True)
    yield Case(NAME, "d target", dtarget + again, stored["d_target"], backward=True)
    both = {name: full[name] + other[name] for name in full}
    yield from gradients(NAME, "", both, stored.under("d_", NAMES))
