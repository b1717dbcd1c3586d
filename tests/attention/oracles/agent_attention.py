"""Agent attention: the upstream modules, with a class token and for a window; their pooling and resizing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.agent_attention import AgentAttention, WindowedAgentAttention
from neurogate.attention.operators import adaptive_pooling, resizing
from tests.attention.agreement import Case, Stored, gradients


def cases(stored: Stored) -> Iterator[Case]:
    for name, operator, x, sizes in (
        ("bilinear", resizing, "z77", ("6x6", "8x8", "14x14", "5x9")),
        ("adapool", adaptive_pooling, "z14x10", ("7x7", "3x4")),
    ):
        for size in sizes:
            y, _ = operator.forward(stored.real(f"prim.{x}"), [int(n) for n in size.split("x")])
            yield Case(operator.__name__.rpartition(".")[2], size, y, stored[f"prim.{name}_{size}"])
    deit = AgentAttention(**_sizes(stored, "deit"))
    sizes = _sizes(stored, "swin")
    swin = WindowedAgentAttention(**sizes, window=sizes["rows"])
    for gate, name, layer in (("agent_attention", "deit", deit), ("agent_windows", "swin", swin)):
        layer.parameters.update({k: a.astype(float) for k, a in _ours(stored, f"{name}.w.").items()})
        y, cache = layer.forward(stored.real(f"{name}.x"))
        dx, found = layer.backward(stored.real(f"{name}.dy"), cache)
        yield Case(gate, "y", y, stored[f"{name}.y"])
        yield Case(gate, "dx", dx, stored[f"{name}.dx"], backward=True)
        yield from gradients(gate, name, found, _ours(stored, f"{name}.gw."))


def _sizes(stored: Stored, name: str) -> dict[str, int]:
    (_, heads, agents, rows, _), width = stored[f"{name}.w.ah_bias"].shape, stored[f"{name}.x"].shape[-1]
    columns = stored[f"{name}.w.aw_bias"].shape[-1]
    return {"d_model": width, "heads": heads, "agents": agents, "rows": rows, "columns": columns}


def _ours(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    def table(name: str) -> np.ndarray:
        return stored[f"{prefix}{name}_bias"]

    ours = {
        "collect.map": table("an"), "collect.rows": table("ah")[0, ..., 0],
        "collect.columns": table("aw")[0, ..., 0, :], "hand_back.map": table("na"),
        "hand_back.rows": table("ha")[0, :, :, 0].swapaxes(1, 2),
        "hand_back.columns": table("wa")[0, :, 0].swapaxes(1, 2),
    }  # fmt: skip
    if f"{prefix}ac_bias" in stored.arrays:
        ours |= {"collect.class": table("ac")[0, ..., 0], "hand_back.class": table("ca")[0, :, 0]}
    for which in ("weight", "bias"):
        rows = np.split(stored[f"{prefix}qkv.{which}"], 3)
        ours |= {f"{name}.{which}": array for name, array in zip("qkv", rows, strict=True)}
        ours |= {f"o.{which}": stored[f"{prefix}proj.{which}"]}
        ours |= {f"convolution.{which}": stored[f"{prefix}dwc.{which}"]}
    return ours
