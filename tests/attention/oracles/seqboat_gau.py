"""SeqBoat: the upstream layer in four variants, its averages and its bias. Time comes first there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurogate.attention.layers.seqboat import SeqBoat
from neurogate.attention.operators import damped_ema, relative_bias
from tests.attention.agreement import Case, Stored, gradients

RATES = ("delta", "alpha", "beta", "gamma", "omega")
NAMES = {
    "norm.weight": "norm.norm.weight", "norm.bias": "norm.norm.bias", "temperature": "q_router.temp",
    "unit.o.weight": "h_proj.weight", "unit.o.bias": "h_proj.bias",
    **{f"ema.{name}": f"ssm.{name}" for name in RATES},
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    for name in sorted({key.partition(".")[0] for key in stored} - {"ema", "emab", "relbias"}):
        yield from _layer(stored, name)
    yield from _averages(stored)
    for length in (int(key.partition(".L")[2]) for key in stored if key.startswith("relbias.L")):
        places = np.arange(length)
        bias, _ = relative_bias.forward(stored.real("relbias.w"), places, places)
        yield Case("seqboat", f"bias of {length}", bias, stored[f"relbias.L{length}"])


def _layer(stored: Stored, name: str) -> Iterator[Case]:
    narrow, width = stored[f"{name}.w.gamma"].shape[1], stored[f"{name}.x"].shape[2]
    wide, averages = stored[f"{name}.w.h_proj.weight"].shape[1], stored[f"{name}.w.ssm.gamma"].shape[1]
    layer = SeqBoat(
        d_model=width, d_query=narrow, d_value=wide, averages=averages, window=8, ahead="bidir" in name,
        activation="softmax" if "softmax" in name else "relu2", code="rotary" if "rotary" in name else "bias",
    )  # fmt: skip
    layer.parameters.update(_split(stored, f"{name}.w.", narrow, wide))
    y, cache = layer.forward(_turned(stored.real(f"{name}.x")))
    yield Case("seqboat", f"{name} y", _turned(y), stored[f"{name}.y"])
    yield Case("seqboat", f"{name} averages", _turned(cache.averaged), stored[f"{name}.ema"])
    yield Case("seqboat", f"{name} router", cache.router.probabilities, stored[f"{name}.router_probs"])
    active = stored[f"{name}.active"]
    yield Case("seqboat", f"{name} choice", cache.router.active.astype(active.dtype), active)
    dx, found = layer.backward(_turned(stored.real(f"{name}.dy")), cache)
    yield Case("seqboat", f"{name} dx", _turned(dx), stored[f"{name}.dx"], backward=True)
    wanted = {key: a.astype(np.float32) for key, a in _split(stored, f"{name}.gw.", narrow, wide).items()}
    yield from gradients("seqboat", name, found, wanted)


def _split(stored: Stored, prefix: str, narrow: int, wide: int) -> dict[str, Any]:
    found = stored.under(prefix, NAMES)
    for name in ("delta", "alpha", "beta"):
        found[f"ema.{name}"] = found[f"ema.{name}"][..., 0]
    for kind, which in (("scale", "gamma"), ("shift", "beta")):
        found |= {f"unit.{n}.{kind}": a for n, a in zip("qk", stored.real(f"{prefix}{which}"), strict=True)}
    for part in ("weight", "bias"):
        three = np.split(stored.real(f"{prefix}mx_proj.{part}"), [narrow, narrow + wide])
        found |= {f"unit.{n}.{part}": a for n, a in zip("zrv", three, strict=True)}
        two = np.split(stored.real(f"{prefix}hx_proj.{part}"), [2])
        found |= {f"{n}.{part}": a for n, a in zip(("route", "candidate"), two, strict=True)}
    table = f"{prefix}rel_pos_bias.rel_pos_bias"
    return found | ({"unit.relative": stored.real(table)} if table in set(stored) else {})


def _averages(stored: Stored) -> Iterator[Case]:
    x = _turned(stored.real("ema.x"))
    for name in ("ema", "emab"):
        rates = [stored.real(f"{name}.w.{rate}") for rate in RATES]
        y, cache = damped_ema.forward(x, *(a[..., 0] if a.ndim == 3 else a for a in rates))
        yield Case("seqboat", f"{name} y", _turned(y), stored[f"{name}.y"])
        if name == "ema":
            dx, *found, _ = damped_ema.backward(_turned(stored.real("ema.dy")), cache)
            yield Case("seqboat", "ema dx", _turned(dx), stored["ema.dx"], backward=True)
            for rate, gradient in zip(RATES, found, strict=True):
                wanted = stored[f"ema.gw.{rate}"]
                yield Case("seqboat", f"ema d{rate}", gradient.reshape(wanted.shape), wanted, backward=True)


def _turned(x: np.ndarray) -> np.ndarray:
    return x.swapaxes(0, 1)
