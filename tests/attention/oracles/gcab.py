"""Gated class attention: four tasks and scales upstream, the protection of weights, and the losses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from neurogate.attention.layers.gated_class_attention import GatedClassAttention, unprotected
from neurogate.attention.operators import mask_sparsity, task_gate
from tests.attention.agreement import Case, Stored, gradients

MODULES = {"q": "attn.q", "k": "attn.k", "v": "attn.v", "o": "attn.proj", "mlp.hidden": "mlp.fc1",
           "mlp.out": "mlp.fc2", "norm1": "norm1", "norm2": "norm2"}  # fmt: skip
NAMES = {
    f"{a}.{which}": f"{b}.{which}"
    for a, b in MODULES.items() for which in ("weight", "bias") if which == "weight" or a not in "qkv"
}  # fmt: skip
COMPENSATED = {"scale": 3.0, "largest": 800.0}


def cases(stored: Stored) -> Iterator[Case]:
    labels = sorted({match[0] for name in stored if (match := re.match(r"t\d+_c\d+_s[\d.]+(?=\.y$)", name))})
    for label in labels:
        yield from _case(stored, label)
    taken = stored.real("mask_pre0")[0], stored.real("mask_pre2")[0]
    found = unprotected(*taken)
    wanted = {ours: stored[f"back.{theirs}"] for ours, theirs in NAMES.items() if "norm" not in ours}
    yield from gradients("gcab", "unprotected", found, wanted)
    compensated = task_gate.compensated(stored.real("comp.g"), stored.real("comp.p"), **COMPENSATED)
    yield Case("task_gate", "compensated", compensated, stored["comp.g_out"], backward=True)
    gates = [task_gate.forward(stored.real(f"emb{i}")[2], scale=1.0)[0] for i in (0, 2)]
    yield Case("mask_sparsity", "first task", mask_sparsity.forward(gates)[0], stored["reg_first_task"])
    yield Case(
        "mask_sparsity", "later task", mask_sparsity.forward(gates, taken)[0], stored["reg_later_task"]
    )


def _case(stored: Stored, label: str) -> Iterator[Case]:
    seen, task, scale = re.fullmatch(r"t(\d+)_c(\d+)_s([\d.]+)", label).groups()  # type: ignore[union-attr]
    heads, tasks = stored[f"{label}.attn"].shape[1], len(stored["emb0"])
    hidden, width = stored["w.mlp.fc1.weight"].shape
    layer = GatedClassAttention(d_model=width, heads=heads, tasks=tasks, ratio=hidden // width)
    layer.parameters.update(stored.under("w.", NAMES))
    layer.parameters.update(stored.under("", {"embedding0": "emb0", "embedding2": "emb2"}))
    y, cache = layer.forward(stored.real("x"), task=int(task) - 1, seen=int(seen), scale=float(scale))
    found = {"y": y, "attn": cache.weights, "gc0": cache.gates[0][None], "gc2": cache.gates[1][None]}
    for name, array in found.items():
        yield Case("gcab", f"{label} {name}", array, stored[f"{label}.{name}"])
    dx, learnt = layer.backward(stored.real(f"{label}.dy"), cache)
    yield Case("gcab", f"{label} dx", dx, stored[f"{label}.dx"], backward=True)
    for place in (0, 2):
        found = learnt.pop(f"embedding{place}")
        wanted = stored[f"{label}.demb{place}"] if f"{label}.demb{place}" in stored.arrays else 0 * found
        yield Case("gcab", f"{label} d embedding{place}", found, wanted, backward=True)
    wanted = {ours: stored[f"{label}.gw.{theirs}"] for ours, theirs in NAMES.items()}
    yield from gradients("gcab", label, learnt, wanted)
