"""Layers that gate attention between places of a picture or points of a scene, in plain PyTorch tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .torch_given import HEADS, Case, Given

__all__ = ["CASES"]

SIDE = 16  # of a picture


def _position_attention(g: Given, x: Any) -> Any:
    q, k, v = (g.linear(x.transpose(1, 2), name) for name in "qkv")
    weights = g.torch.softmax(q @ k.transpose(-1, -2), -1)
    return x + g["gamma"] * (weights @ v).transpose(1, 2)


def _gpsa(g: Given, x: Any) -> Any:
    q, k, v = g.projected(x)
    content = g.torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
    row, column = _grid(g, x)
    down, across = (place - place[:, None] for place in (row, column))
    offsets = g.torch.stack([across, down, across**2 + down**2], -1)
    position = g.torch.softmax(g.linear(offsets, "position").permute(2, 0, 1), -1)
    gate = g.torch.sigmoid(g["gate"])[:, None, None]
    return g.linear(g.joined(((1 - gate) * content + gate * position) @ v), "o")


def _grid(g: Given, x: Any) -> tuple[Any, Any]:
    """Return the row and the column of each token of a square."""
    side = g.torch.arange(math.isqrt(x.shape[1]), dtype=x.dtype, device=x.device)
    return side.repeat_interleave(len(side)), side.repeat(len(side))


def _image(x: Any) -> Any:
    return x.transpose(1, 2).unflatten(-1, (math.isqrt(x.shape[1]),) * 2)


def _tokens(x: Any) -> Any:
    return x.flatten(2).transpose(1, 2)


def _agent_attention(g: Given, x: Any) -> Any:
    flat_q, flat_k, flat_v = (g.linear(x, name) for name in "qkv")
    q, k, v = (g.split(u) for u in (flat_q, flat_k, flat_v))
    side = math.isqrt(g["collect.map"].shape[1])
    agents = g.split(_tokens(g.f.adaptive_avg_pool2d(_image(flat_q), side)))
    collected = g.attend(agents, k, v, _agent_bias(g.part("collect")))
    o = g.attend(q, agents, collected, _agent_bias(g.part("hand_back")).transpose(-1, -2))
    return g.linear(g.joined(o) + _tokens(g.by_channel(_image(flat_v), "convolution")), "o")


def _agent_bias(g: Given) -> Any:
    rows, columns = g["rows"], g["columns"]
    small = g.f.interpolate(g["map"], (rows.shape[-1], columns.shape[-1]), mode="bilinear")
    return (small + rows[..., None] + columns[..., None, :]).flatten(2)


def _agent_windows(g: Given, x: Any, window: int = 8) -> Any:
    batch, side, many = len(x), math.isqrt(x.shape[1]), math.isqrt(x.shape[1]) // window
    apart = x.reshape(batch, many, window, many, window, -1).transpose(2, 3)
    y = _agent_attention(g, apart.reshape(batch * many * many, window * window, -1))
    whole = y.reshape(batch, many, many, window, window, -1).transpose(2, 3)
    return whole.reshape(batch, side * side, -1)


def _v2p(g: Given, x: Any, queries: Any) -> Any:
    n = g.norm(x + g.part("attention").attention(x), "norm")
    e, d = g.part("patch").mlp(n, g.f.gelu), g.part("query").mlp(queries, g.f.gelu)
    return d @ e.transpose(1, 2) * x.shape[-1] ** -0.5


def _agile3d(g: Given, x: Any, coordinates: Any, clicks: Any, frequencies: Any, levels: int = 2) -> Any:
    points, objects, times = clicks
    low = coordinates.amin(0)
    angles = ((coordinates - low) / (coordinates.amax(0) - low)) @ (2 * math.pi * frequencies)
    place = g.torch.cat([angles.sin(), angles.cos()], -1).to(x).expand_as(x)
    learnt = (g[f"background.{name}"].expand(len(x), -1, -1) for name in ("feature", "place"))
    rates = 1e4 ** (-g.torch.arange(0, x.shape[-1], 2, dtype=x.dtype, device=x.device) / x.shape[-1])
    when = times.to(x)[:, None] * rates
    when = g.torch.stack([when.sin(), when.cos()], -1).flatten(-2)
    q, qp = (
        g.torch.cat(pair, 1) for pair in zip((x[:, points], place[:, points] + when), learnt, strict=True)
    )
    owner = g.torch.cat([objects, objects.new_zeros(q.shape[1] - len(objects))])
    added: Any = 0
    found = []
    for level in range(levels):
        own = g.part(f"level{level}")
        q = _placed(own.part("c2s"), q, x, qp, place, added)
        q = _placed(own.part("c2c"), q, q, qp, qp)
        q = own.norm(q + own.part("ffn").mlp(q, g.f.relu), "norm")
        x = _placed(own.part("s2c"), x, q, place, qp)
        scores = x @ g.part("head").mlp(g.norm(q, "norm"), g.f.relu).transpose(1, 2)
        best = [scores[..., owner == each].amax(-1) for each in range(int(owner.max()) + 1)]
        found.append(g.torch.stack(best, -1))
        seen = found[-1].argmax(-1)[:, None] == owner[:, None]
        added = g.hidden(~(seen | ~seen.any(-1, keepdim=True)), x)[:, None]
    return g.torch.stack(found, 1)


def _placed(g: Given, x: Any, memory: Any, place: Any, memory_place: Any, added: Any = 0) -> Any:
    u = g.part("attention").attention(x + place, memory + memory_place, memory, added)
    return g.norm(x + u, "norm")


def _herseg_dla(g: Given, x: Any) -> Any:
    n = g.norm(x, "norm1")
    q, k = (g.f.elu(g.linear(n, name)) + 1 for name in "qk")
    v = g.part("value").mlp(n, g.f.silu)
    half = x.shape[-1] // 2
    rates = 1e4 ** (-g.torch.arange(0, half, 2, dtype=x.dtype, device=x.device) / half)
    angle = g.torch.cat([place[:, None] * rates for place in _grid(g, x)], -1)
    q, k, v, turned_q, turned_k = map(g.split, (q, k, v, *(g.rotated(u, angle, pairs=True) for u in (q, k))))
    summary = turned_k.transpose(-1, -2) @ (v / x.shape[1])
    share = 1 / (q @ k.mean(-2, keepdim=True).transpose(-1, -2) + 1e-6)
    o = g.joined(turned_q @ summary * share) + _tokens(g.by_channel(_image(g.joined(v)), "local"))
    x = x + g.linear(o * g.f.silu(g.linear(n, "gate")), "o")
    return x + g.part("mlp").mlp(g.norm(x, "norm2"), g.f.gelu)


def _queries(shape: tuple[int, ...]) -> Mapping[str, Any]:
    return {"queries": np.random.default_rng(1).standard_normal((shape[0], 16, shape[2]))}


def _clicked(shape: tuple[int, ...]) -> Mapping[str, Any]:
    """Return six clicks on two objects and the background."""
    rng, clicks = np.random.default_rng(1), (np.arange(6), np.array([0, 1, 2, 1, 2, 0]), np.arange(6))
    frequencies = rng.standard_normal((3, shape[2] // 2))
    return {"coordinates": rng.random((shape[1], 3)), "clicks": clicks, "frequencies": frequencies}


_PICTURE = {"heads": HEADS, "rows": SIDE, "columns": SIDE, "class_token": False}

CASES = (
    Case(
        "position_attention", {"eager": _position_attention}, {"axes": 1}, width="channels",
        shape=lambda batch, length, width: (batch, width, length), grows=False,
    ),
    Case("gpsa", {"eager": _gpsa}, {"heads": HEADS}, grows=False),
    Case("agent_attention", {"eager": _agent_attention}, _PICTURE, grows=False),
    Case("agent_windows", {"eager": _agent_windows}, {**_PICTURE, "window": 8}, grows=False),
    Case("v2p", {"eager": _v2p}, {"heads": HEADS}, beside=_queries, moved=("queries",), grows=False),
    Case(
        "agile3d", {"eager": _agile3d}, {"heads": HEADS, "hidden": 512, "levels": 2},
        beside=_clicked, grows=False,
    ),
    Case("herseg_dla", {"eager": _herseg_dla}, {"heads": HEADS}, grows=False),
)  # fmt: skip
"""What is measured of them."""
