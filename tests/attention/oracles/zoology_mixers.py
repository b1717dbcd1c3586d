"""The mixers of Zoology: gated convolutions, a state space, linear attention, RWKV's memory, attention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from neurogate.attention.blocks import implicit_filter
from neurogate.attention.layer import Layer
from neurogate.attention.layers.base_conv import BaseConv
from neurogate.attention.layers.based import Based
from neurogate.attention.layers.h3 import H3
from neurogate.attention.layers.hyena import Hyena
from neurogate.attention.layers.zoology_attention import ZoologyAttention
from neurogate.attention.operators import wkv
from tests.attention.agreement import Case, Stored, gradients

Names = Mapping[str, str]


def pairs(*names: tuple[str, str], parts: tuple[str, ...] = ("weight", "bias")) -> Names:
    """Name the weight and the bias of each map, ours and theirs."""
    return {f"{ours}.{part}": f"{theirs}.{part}" for ours, theirs in names for part in parts}


PROJECTION = pairs(("projection", "projection"))
SHORT = PROJECTION | pairs(("conv", "conv.conv"))
IMPLICIT = PROJECTION | pairs(("conv.hidden", "conv.mlp.0"), ("conv.out", "conv.mlp.2"))
HYENA = (
    pairs(("in", "in_proj"), ("out", "out_proj"), ("short", "short_filter"))
    | pairs(*((f"filter.map{i}", f"filter_fn.implicit_filter.{2 * i}") for i in range(3)))
    | {
        "filter.map3.weight": "filter_fn.implicit_filter.6.weight",
        "filter.positions": "filter_fn.pos_emb.z",
        "filter.frequency": "filter_fn.implicit_filter.1.freq",
        "skip": "filter_fn.bias",
    }
)
BASED = {f"{name}.weight": f"proj_{name}.weight" for name in "qkvo"}
H3_NAMES = pairs(("q", "q_proj"), ("k", "k_proj"), ("v", "v_proj"), ("o", "output_linear")) | {
    "shift.b": "ssm_k_kernel.kernel.B", "shift.c": "ssm_k_kernel.kernel.C", "shift.skip": "ssm_k_D",
    "diagonal.log_step": "kernel.kernel.log_dt", "diagonal.log_decay": "kernel.kernel.inv_A_real",
    "diagonal.frequency": "kernel.kernel.A_imag", "diagonal.b": "kernel.kernel.B",
    "diagonal.c": "kernel.kernel.C", "skip": "D",
}  # fmt: skip
LEADING_ONE = ("filter.positions", "filter.frequency", "shift.c", "diagonal.c")


def cases(stored: Stored) -> Iterator[Case]:
    x = stored.real("x")
    length, d = x.shape[1:]
    yield from _layer(stored, "base_conv", "baseconv_k3", BaseConv(d_model=d), SHORT)
    yield from _layer(stored, "base_conv", "baseconv_k3_act", BaseConv(d_model=d, activation="silu"), SHORT)
    explicit = BaseConv(d_model=d, kernel="long", l_max=length)
    yield from _layer(
        stored, "base_conv", "baseconv_long", explicit, PROJECTION | {"conv.filter": "conv.filter"}
    )
    implicit = BaseConv(d_model=d, kernel="implicit", l_max=length)
    cache = yield from _layer(stored, "base_conv", "baseconv_implicit", implicit, IMPLICIT)
    yield Case("base_conv", "filter", cache.kernel[None], stored["baseconv_implicit/filter"])
    z = implicit_filter.positions(length, 3)[None]
    yield Case("base_conv", "positions", z, stored["baseconv_implicit/W.conv.pos_emb.z"])
    width = len(stored["hyena/W.filter_fn.implicit_filter.0.bias"])
    cache = yield from _layer(stored, "hyena", "hyena", Hyena(d_model=d, l_max=length, d_hidden=width), HYENA)
    yield Case("hyena", "filter", cache.kernel.T, stored["hyena/filter_Ld"])
    time = implicit_filter.positions(length, 3)[None, :, :1]
    yield Case("hyena", "time", time, stored["hyena/W.filter_fn.pos_emb.t"])
    decays = -implicit_filter.decays(d)[None, None]
    yield Case("hyena", "decays", decays, stored["hyena/W.filter_fn.modulation.deltas"])
    for name in sorted({key.partition("/")[0] for key in stored if key.startswith(("mha", "sliding"))}):
        kind, number = name.rstrip("0123456789"), int(name.lstrip("abcdefghijklmnopqrstuvwxyz"))
        option = {"heads": number} if kind == "mha" else {"window": number}
        layer = ZoologyAttention(d_model=d, **option)
        yield from _layer(stored, "zoology_attention", name, layer, pairs(("o", "out_proj")), fused="Wqkv")
    for form in ("linear", "quadratic"):
        features = len(stored[f"based_{form}/W.proj_q.weight"]) // 2
        layer = Based(d_model=d, heads=2, d_feature=features, form=form, chunk=5)
        yield from _layer(stored, "based", f"based_{form}", layer, BASED)
    state = stored["h3/W.ssm_k_kernel.kernel.B"].shape[1]
    layer = H3(d_model=d, d_head=d // len(stored["h3/W.D"]), d_state=state, l_max=length)
    cache = yield from _layer(stored, "h3", "h3", layer, H3_NAMES)
    for found, which in zip(cache.kernels, ("shift", "diag"), strict=True):
        wanted = stored[f"h3/kernel_{which}_HL"]
        silent = wanted.shape[1] - found.shape[1]  # lags beyond the state
        yield Case("h3", f"{which} kernel", np.pad(found, ((0, 0), (0, silent))), wanted)
    yield from _wkv(stored)


def _layer(
    stored: Stored, gate: str, prefix: str, layer: Layer, names: Names, fused: str = ""
) -> Iterator[Case]:
    """Yield the cases of one layer, and return its cache."""
    layer.parameters.update(_parameters(stored, f"{prefix}/W.", names, fused))
    y, cache = layer.forward(stored.real("x"))
    yield Case(gate, f"{prefix} y", y, stored[f"{prefix}/y"])
    dx, found = layer.backward(stored.real(f"{prefix}/R"), cache)
    yield Case(gate, f"{prefix} dx", dx, stored[f"{prefix}/d_x"], backward=True)
    if any(key.startswith(f"{prefix}/dW.") for key in stored):
        yield from gradients(gate, prefix, found, _parameters(stored, f"{prefix}/dW.", names, fused))
    return cache


def _parameters(stored: Stored, prefix: str, names: Names, fused: str) -> dict[str, Any]:
    found = stored.under(prefix, names)
    found |= {name: found[name][0] for name in LEADING_ONE if name in found}
    for part in ("weight", "bias") if fused else ():
        three = np.split(stored.real(f"{prefix}{fused}.{part}"), 3)
        found |= {f"{name}.{part}": array for name, array in zip("qkv", three, strict=True)}
    return found


def _wkv(stored: Stored) -> Iterator[Case]:
    names = ("k", "v", "w", "u")
    for form in ("recurrent", "compiled"):
        y, cache = wkv.forward(*(stored.real(f"wkv/{name}") for name in names), form=form)
        yield Case("rwkv_time_mix", f"{form} wkv", y, stored["wkv/y"])
        for name, found in zip(names, wkv.backward(stored.real("wkv/R"), cache), strict=False):
            yield Case("rwkv_time_mix", f"{form} wkv d{name}", found, stored[f"wkv/d_{name}"], backward=True)
