"""Layers that gate softmax attention, in plain PyTorch tensors: written out, as eager code has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .torch_given import HEADS, Case, Given

__all__ = ["CASES"]


def _feature_selection(g: Given, x: Any) -> Any:
    x = x + g.torch.sigmoid(g["gate1"]) * g.part("attention").attention(g.norm(x, "norm1"))
    return x + g.torch.sigmoid(g["gate2"]) * g.part("mlp").mlp(g.norm(x, "norm2"), g.f.gelu)


def _gated_sdpa(g: Given, x: Any) -> Any:
    q, k, v = _grouped(g, x)
    return _gated(g, x, g.attend(q, k, v, g.later(x)))


def _fused_gated_sdpa(g: Given, x: Any) -> Any:
    return _gated(g, x, g.f.scaled_dot_product_attention(*_grouped(g, x), is_causal=True))


def _grouped(g: Given, x: Any) -> Any:
    """Return queries and keys, normed and turned, and values; the keys and values of a group are repeated."""
    width, steps = len(g["q.weight"]) // g.heads, g.torch.arange(x.shape[1], device=x.device)
    q, k, v = (g.split(u, u.shape[-1] // width) for u in (g.linear(x, name) for name in "qkv"))
    q, k = (g.turned(g.rms(u, f"{name}_norm", 1e-6), steps) for name, u in (("q", q), ("k", k)))
    return q, *(u.repeat_interleave(g.heads // u.shape[1], 1) for u in (k, v))


def _gated(g: Given, x: Any, o: Any) -> Any:
    return g.linear(g.joined(o) * g.torch.sigmoid(g.linear(x, "gate")), "o")


def _clipped_attention(g: Given, x: Any) -> Any:
    q, k, v = g.projected(x)
    weights = g.torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
    return g.linear(g.joined(g.torch.clip(weights * 1.025 - 0.025, 0, 1) @ v), "o")


def _head_gated(g: Given, x: Any) -> Any:
    logits = g.split(x) @ g["gate.out.weight"].transpose(-1, -2) + g["gate.out.bias"][:, :, None]
    q, k, v = g.projected(x)
    return g.linear(g.joined(g.attend(q, k, v, g.later(x)) * g.torch.sigmoid(logits)), "o")


def _eviction_gate(g: Given, x: Any) -> Any:
    small_q, small_k, small_v = (g.linear(x, f"gate_{name}") for name in "qkv")
    p = g.torch.sigmoid(g.linear(g.attend(small_q, small_k, small_v), "gate")).transpose(1, 2)
    kept = p + ((p > 0.5).to(p) - p).detach()
    lags = g.lags(x)
    seen = g.torch.where(lags == 0, 1, kept[:, :, None] * (lags > 0))
    q, k, v = g.projected(x)
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    top = scores.masked_fill(seen == 0, -float("inf")).amax(-1, keepdim=True).detach()
    weights = (scores - top).exp() * seen
    return g.linear(g.joined((weights / weights.sum(-1, keepdim=True)) @ v), "o")


def _modality_gate(g: Given, x: Any, image: Any) -> Any:
    steps = g.torch.arange(x.shape[1], device=x.device)
    q, k, v = g.projected(x)
    q, k = (g.turned(u, steps, pairs=True) for u in (q, k))
    opened = g.torch.where(image[:, None], g.torch.tanh(g.linear(x, "gate")), 1).transpose(1, 2)[..., None]
    return g.linear(g.joined(g.attend(q, k, opened * v, g.later(x))), "o")


def _modality_block(g: Given, x: Any, image: Any) -> Any:
    def unit(u: Any, name: str) -> Any:
        return g.part(name).glu(u, g.f.silu)

    z = g.rms(x, "norm1")
    x = x + _modality_gate(g.part("attention"), z + unit(z, "adapter"), image)
    n = g.rms(x, "norm2")
    own = g.torch.where(image[:, None], unit(n, "image_adapter"), unit(n, "text_adapter"))
    return x + unit(n + own, "mlp")


def _norga(g: Given, x: Any) -> Any:
    q, k, v = g.projected(x)
    prompt_k, prompt_v = (g[f"prompt.{name}"].transpose(0, 1) for name in ("keys", "values"))
    q = q * q.shape[-1] ** -0.5
    of_prompts = q @ prompt_k.transpose(-1, -2)
    bent = of_prompts + g["tau"] * g.torch.sigmoid(g["alpha"] * of_prompts)
    weights = g.torch.softmax(g.torch.cat([bent, q @ k.transpose(-1, -2)], -1), -1)
    count = bent.shape[-1]
    return g.linear(g.joined(weights[..., :count] @ prompt_v + weights[..., count:] @ v), "o")


def _sliding_window(g: Given, x: Any, window: int = 64) -> Any:
    lags, width = g.lags(x), x.shape[-1] // g.heads
    steps = g.torch.arange(x.shape[1], device=x.device)
    q, k, v = (g.split(u, u.shape[-1] // width) for u in (g.linear(x, name) for name in "qkv"))
    q, k = (g.turned(u, steps, 1e6) for u in (q, k))
    k, v = (u.repeat_interleave(g.heads // u.shape[1], 1) for u in (k, v))
    return g.linear(g.joined(g.attend(q, k, v, g.hidden((lags < 0) | (lags >= window), x))), "o")


def _zoology_attention(g: Given, x: Any) -> Any:
    return g.attention(x, added=-1e4 * (g.lags(x) < 0))


def _local_attention(g: Given, x: Any) -> Any:
    return g.attention(x, added=g.hidden(g.lags(x).abs() > 4, x))


def _linear_attention(g: Given, x: Any) -> Any:
    q, k, v = g.projected(x)
    q, k = g.f.elu(q) + 1, g.f.elu(k) + 1
    weighed = q @ (k.transpose(-1, -2) @ v)
    return g.linear(g.joined(weighed / (q @ k.sum(-2)[..., None] + 1e-6 * x.shape[1])), "o")


def _gcab(g: Given, x: Any) -> Any:
    g0, g2 = (g.torch.sigmoid(800 * g[f"embedding{i}"][0]) for i in (0, 2))
    n = g.norm(x, "norm1")
    q, k, v = (g.linear(u * g0, name) for name, u in (("q", n[:, :1]), ("k", n), ("v", n)))
    o = g.joined(g.attend(g.split(q * g0), g.split(k * g0), g.split(v)))
    c = x[:, :1] + g.linear(o * g0, "o") * g0
    a = g.f.gelu(g.linear(g.norm(c, "norm2") * g0, "mlp.hidden"))
    return c + g.linear(a * g2, "mlp.out") * g0


def _gateformer(g: Given, x: Any, patch: int = 8) -> Any:
    mean = x.mean(1, keepdim=True).detach()
    sd = (((x - mean) ** 2).mean(1, keepdim=True) + 1e-5).sqrt()
    n = ((x - mean) / sd).transpose(1, 2)
    longer = g.torch.cat([n, n[..., -1:].expand(*n.shape[:2], patch)], -1)
    tokens = g.linear(longer.unfold(-1, patch, patch), "patch")
    tokens = (tokens + _waves(g, tokens)).flatten(0, 1)
    encoded = _encoder(g.part("time0"), tokens).transpose(1, 2).reshape(*n.shape[:2], -1)
    z = _highway(g.part("gate1"), g.linear(n, "whole"), g.linear(encoded, "flat"))
    z = _highway(g.part("gate2"), z, _encoder(g.part("variates0"), z))
    return g.linear(z, "out").transpose(1, 2) * sd + mean


def _waves(g: Given, x: Any) -> Any:
    """Return sines and cosines in turn as codes of places."""
    rates = 1e4 ** (-g.torch.arange(0, x.shape[-1], 2, dtype=x.dtype, device=x.device) / x.shape[-1])
    angle = g.torch.arange(x.shape[-2], dtype=x.dtype, device=x.device)[:, None] * rates
    return g.torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)


def _encoder(g: Given, x: Any) -> Any:
    x = x + g.part("attention").attention(g.norm(x, "norm1"))
    return x + g.part("mlp").mlp(g.norm(x, "norm2"), g.f.relu)


def _highway(g: Given, a: Any, b: Any) -> Any:
    gate = g.torch.sigmoid(g.linear(a, "first") + g.linear(b, "second"))
    return gate * a + (1 - gate) * b


def _quarter(shape: tuple[int, ...]) -> Mapping[str, Any]:
    """Say that the first quarter of the tokens is of an image."""
    return {"image": np.arange(shape[1]) < shape[1] // 4}


_SQUARE: dict[str, Any] = {"settings": {"heads": HEADS}, "grows": False}

CASES = (
    Case("feature_selection", {"eager": _feature_selection}, {"heads": HEADS}),
    Case(
        "gated_sdpa", {"eager": _gated_sdpa, "fused": _fused_gated_sdpa},
        {"heads": HEADS, "kv_heads": HEADS // 2, "head_width": 64},
    ),
    Case("clipped_attention", {"eager": _clipped_attention}, {"heads": HEADS}),
    Case("head_gated", {"eager": _head_gated}, **_SQUARE),
    Case("eviction_gate", {"eager": _eviction_gate}, {"heads": HEADS, "opening": 0.0}, grows=False),
    Case("modality_gate", {"eager": _modality_gate}, beside=_quarter, **_SQUARE),
    Case(
        "modality_block", {"eager": _modality_block}, {"heads": HEADS, "hidden": 1024},
        beside=_quarter, grows=False,
    ),
    Case("norga", {"eager": _norga}, **_SQUARE),
    Case(
        "sliding_window", {"eager": _sliding_window},
        {"heads": HEADS, "kv_heads": HEADS // 2, "window": 64},
    ),
    Case("zoology_attention", {"eager": _zoology_attention}, **_SQUARE),
    Case("local_attention", {"eager": _local_attention}, {"heads": HEADS}),
    Case("linear_attention", {"eager": _linear_attention}, {"heads": HEADS}),
    Case("gcab", {"eager": _gcab}, {"heads": HEADS}),
    Case(
        "gateformer", {"eager": _gateformer},
        {"length": 256, "d_model": 256, "heads": HEADS, "hidden": 512, "layers": 1},
        width="", shape=lambda batch, length, width: (batch, length, 16), grows=False,
    ),
)  # fmt: skip
"""What is measured of them."""
