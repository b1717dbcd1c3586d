"""Recurrent layers and linear attention in plain PyTorch tensors; most memories are in `torch_memory`."""

from __future__ import annotations

from typing import Any

from .torch_given import HEADS, Case, Given, forms
from .torch_memory import chunked_deltas, chunked_memory, stepped_deltas, stepped_memory

__all__ = ["CASES"]


def _gla(g: Given, x: Any, memory: Any, start: Any = None) -> Any:
    q, k, v = g.projected(x)
    decay = g.split(g.f.logsigmoid(g.linear(g.linear(x, "decay_in"), "decay")) / 16)
    o = g.rms(memory(g.torch, q * q.shape[-1] ** -0.5, k, v, decay, start), "norm")
    return g.linear(g.joined(o * g.f.silu(g.split(g.linear(x, "gate")))), "o")


def _lina(g: Given, x: Any, memory: Any) -> Any:
    start = 0.02 * g["kappa"].permute(1, 2, 0) @ g["nu"].transpose(0, 1)
    return _gla(g.part("frozen"), x, memory, start.expand(len(x), *start.shape))


def _vig(g: Given, x: Any, memory: Any) -> Any:
    side = int(x.shape[1] ** 0.5)
    local = g.f.silu(
        g.by_channel(x.transpose(1, 2).unflatten(-1, (side, side)), "local").flatten(2).transpose(1, 2)
    )
    q, k, v = (g.torch.cat([u, u.flip(2)], 1) for u in g.projected(local))
    decay = g.f.logsigmoid(g.linear(g.linear(local, "decay_in"), "decay")) / 16
    there, back = g.split(decay, 2 * g.heads).chunk(2, 1)
    both = memory(g.torch, q * q.shape[-1] ** -0.5, k, v, g.torch.cat([there, back.flip(2)], 1))
    there, back = both.chunk(2, 1)
    whole, near = g.rms((there + back.flip(2)) / 2, "norm"), g.rms(g.split(local), "local_norm")
    gate = g.torch.sigmoid(g.split(g.linear(local, "gate")))
    return g.linear(g.f.silu(g.joined(gate * whole + (1 - gate) * near)), "o")


def _lightning(g: Given, x: Any, memory: Any) -> Any:
    q, k, v = (g.split(g.f.silu(g.linear(x, name))) for name in "qkv")
    slopes = 2.0 ** (-8 * g.torch.arange(1, g.heads + 1, dtype=x.dtype, device=x.device) / g.heads)
    decay = (-slopes)[:, None, None].expand(len(x), g.heads, x.shape[1], 1)
    o = g.rms(g.joined(memory(g.torch, q, k, v, decay)), eps=1e-6)
    return g.linear(o * g.torch.sigmoid(g.linear(g.linear(x, "gate_in"), "gate")), "o")


def _transnormer(g: Given, x: Any, memory: Any) -> Any:
    x = x + _lightning(g.part("mixer"), g.rms(x, eps=1e-6), memory)
    return x + g.part("mlp").glu(g.rms(x, eps=1e-6), lambda u: u)


def _gated_delta_net(g: Given, x: Any, memory: Any) -> Any:
    q, k, v = (g.split(g.f.silu(g.by_past(g.linear(x, name), f"{name}_convolution"))) for name in "qkv")
    q, k = (u * g.torch.rsqrt((u * u).sum(-1, keepdim=True) + 1e-6) for u in (q, k))
    decay = -g["decay.log_rate"].exp() * g.f.softplus(g.f.linear(x, g["decay.weight"]) + g["decay.shift"])
    share = g.torch.sigmoid(g.linear(x, "share")).transpose(1, 2)[..., None]
    o = g.rms(memory(g.torch, q * q.shape[-1] ** -0.5, k, v, decay.transpose(1, 2), share), "norm")
    return g.linear(g.joined(o * g.f.silu(g.split(g.linear(x, "gate")))), "o")


def _rwkv_time_mix(g: Given, x: Any) -> Any:
    earlier = g.f.pad(x, (0, 0, 1, 0))[:, :-1]
    k, v, r = (g.linear(earlier + g[f"mix.{name}"] * (x - earlier), name) for name in "kvr")
    w, u, read = -g["decay"].exp(), g["bonus"], []
    above, below = g.torch.zeros_like(x[:, 0]), g.torch.zeros_like(x[:, 0])
    top = g.torch.full_like(above, -1e30)
    for t in range(x.shape[1]):
        now = g.torch.maximum(top, u + k[:, t])
        old, new = (top - now).exp(), (u + k[:, t] - now).exp()
        read.append((old * above + new * v[:, t]) / (old * below + new))
        now = g.torch.maximum(top + w, k[:, t])
        old, new = (top + w - now).exp(), (k[:, t] - now).exp()
        above, below, top = old * above + new * v[:, t], old * below + new, now
    return g.linear(g.torch.sigmoid(r) * g.torch.stack(read, 1), "o")


def _attention_gru(g: Given, x: Any, memory: Any) -> Any:
    h = memory(g.part("gru"), x)
    scores = g.linear(g.torch.tanh(g.linear(h, "attend")), "score").transpose(1, 2)
    return g.linear(g.torch.softmax(scores + g.later(x), -1) @ h, "out")


def _stepped_gru(g: Given, x: Any) -> Any:
    given = g.f.linear(x, g["weight"], g["bias"])
    h = x.new_zeros(len(x), g["recurrent_weight"].shape[1])
    states = []
    for t in range(x.shape[1]):
        r, z, n = given[:, t].chunk(3, -1)
        ours_r, ours_z, ours_n = g.f.linear(h, g["recurrent_weight"], g["recurrent_bias"]).chunk(3, -1)
        r, z = g.torch.sigmoid(r + ours_r), g.torch.sigmoid(z + ours_z)
        n = g.torch.tanh(n + r * ours_n)
        h = n + z * (h - n)
        states.append(h)
    return g.torch.stack(states, 1)


def _fused_gru(g: Given, x: Any) -> Any:
    weights = [g[name] for name in ("weight", "recurrent_weight", "bias", "recurrent_bias")]
    start = x.new_zeros(1, len(x), g["recurrent_weight"].shape[1])
    return g.torch.gru(x, start, weights, True, 1, 0.0, True, False, True)[0]


def _based(g: Given, x: Any) -> Any:
    q, k, v = g.projected(x)
    weights = (_taylor(g, q) @ _taylor(g, k).transpose(-1, -2)).tril()
    return g.linear(g.joined(weights @ v / (weights.sum(-1, keepdim=True) + 1e-12)), "o")


def _chunked_based(g: Given, x: Any, chunk: int = 64) -> Any:
    q, k, v = g.projected(x)
    v = g.torch.cat([v, g.torch.ones_like(v[..., :1])], -1)
    q, k, read = _taylor(g, q), _taylor(g, k), []
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    for qc, kc, vc in zip(*(u.split(chunk, 2) for u in (q, k, v)), strict=True):
        read.append((qc @ kc.transpose(-1, -2)).tril() @ vc + qc @ state)
        state = state + kc.transpose(-1, -2) @ vc
    sums = g.torch.cat(read, 2)
    return g.linear(g.joined(sums[..., :-1] / (sums[..., -1:] + 1e-12)), "o")


def _taylor(g: Given, x: Any) -> Any:
    """Return the features whose products are the exponential's first terms, as they are published."""
    width = x.shape[-1]
    square = (x[..., :, None] * x[..., None, :]).flatten(-2) * (2 * width) ** -0.5
    return g.torch.cat([g.torch.ones_like(x[..., :1]), x * width**-0.25, square], -1)


_MEMORIES = {"loop": stepped_memory, "chunked": chunked_memory}
_DELTAS = {"loop": stepped_deltas, "chunked": chunked_deltas}

CASES = (
    Case("gla", forms(_gla, **_MEMORIES), {"heads": HEADS}),
    Case("lina", forms(_lina, **_MEMORIES), {"heads": HEADS}),
    Case("vig", forms(_vig, **_MEMORIES), {"heads": HEADS}, grows=False),
    Case("lightning", forms(_lightning, **_MEMORIES), {"heads": HEADS, "norm": "rms", "eps": 1e-6}),
    Case("transnormer", forms(_transnormer, **_MEMORIES), {"heads": HEADS, "hidden": 512}),
    Case(
        "gated_delta_net", forms(_gated_delta_net, **_DELTAS),
        {"heads": HEADS, "head_width": 64, "expand_v": 1.0},
    ),
    Case("rwkv_time_mix", {"loop": _rwkv_time_mix}),
    Case(
        "attention_gru", forms(_attention_gru, loop=_stepped_gru, fused=_fused_gru),
        {"d_hidden": 256, "d_attention": 64, "outputs": 256}, width="d_input", grows=False,
    ),
    Case("based", {"eager": _based, "chunked": _chunked_based}, {"heads": HEADS}),
)  # fmt: skip
"""What is measured of them."""
