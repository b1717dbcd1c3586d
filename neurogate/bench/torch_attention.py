"""Some gated layers in plain PyTorch tensors, with our parameters, for `neurogate bench attention`.

Softmax attention is written out, as eager implementations of models have it. A recurrence stands here twice:
as the loop over steps that papers publish, and in chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["chunked_memory", "feature_selection", "fused_gated_sdpa", "gated_sdpa", "gla", "stepped_memory"]

Tensors = Mapping[str, Any]
Memory = Callable[[Any, Any, Any, Any, Any], Any]


def feature_selection(torch: Any, p: Tensors, x: Any, heads: int) -> Any:
    """Return the output of the transformer block with feature-selection gates.

    Parameters
    ----------
    torch : module
        PyTorch.
    p : mapping
        Parameters by our names.
    x : (B, T, D) tensor
        Input.
    heads : int
        H.
    """
    f = torch.nn.functional
    n = f.layer_norm(x, x.shape[-1:], p["norm1.weight"], p["norm1.bias"])
    q, k, v = (
        _split(f.linear(n, p[f"attention.{a}.weight"], p[f"attention.{a}.bias"]), heads) for a in "qkv"
    )
    o = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1) @ v
    u = f.linear(_joined(o), p["attention.o.weight"], p["attention.o.bias"])
    x = x + torch.sigmoid(p["gate1"]) * u
    n = f.layer_norm(x, x.shape[-1:], p["norm2.weight"], p["norm2.bias"])
    hidden = f.gelu(f.linear(n, p["mlp.hidden.weight"], p["mlp.hidden.bias"]))
    return x + torch.sigmoid(p["gate2"]) * f.linear(hidden, p["mlp.out.weight"], p["mlp.out.bias"])


def gated_sdpa(torch: Any, p: Tensors, x: Any, heads: int, *, fused: bool = False) -> Any:
    """Return the output of causal attention with grouped heads, norms, rotary positions and an output gate.

    Parameters
    ----------
    torch : module
        PyTorch.
    p : mapping
        Parameters by our names.
    x : (B, T, D) tensor
        Input.
    heads : int
        H.
    fused : bool
        Whether PyTorch's one function does softmax attention, which keeps no weights.
    """
    f = torch.nn.functional
    width = p["q.weight"].shape[0] // heads
    groups = heads * width // p["k.weight"].shape[0]
    q, k, v = (_split(f.linear(x, p[f"{a}.weight"]), heads // (1 if a == "q" else groups)) for a in "qkv")
    angle = torch.arange(x.shape[1], dtype=x.dtype)[:, None] * 1e4 ** (
        -torch.arange(0, width, 2, dtype=x.dtype) / width
    )
    cos, sin = (torch.cat([part, part], -1) for part in (angle.cos(), angle.sin()))
    q, k = (
        _turned(torch, _rms(torch, a, p[f"{name}_norm.weight"], 1e-6), cos, sin)
        for name, a in (("q", q), ("k", k))
    )
    k, v = (a.repeat_interleave(groups, 1) for a in (k, v))
    if fused:
        o = f.scaled_dot_product_attention(q, k, v, is_causal=True)
    else:
        hidden = torch.full((x.shape[1],) * 2, float("-inf"), dtype=x.dtype).triu(1)
        o = torch.softmax(q @ k.transpose(-1, -2) * width**-0.5 + hidden, -1) @ v
    return f.linear(_joined(o) * torch.sigmoid(f.linear(x, p["gate.weight"])), p["o.weight"])


def fused_gated_sdpa(torch: Any, p: Tensors, x: Any, heads: int) -> Any:
    """Return the same by PyTorch's one function of softmax attention.

    Parameters
    ----------
    torch : module
        PyTorch.
    p : mapping
        Parameters by our names.
    x : (B, T, D) tensor
        Input.
    heads : int
        H.
    """
    return gated_sdpa(torch, p, x, heads, fused=True)


def gla(torch: Any, p: Tensors, x: Any, heads: int, memory: Memory) -> Any:
    """Return the output of gated linear attention.

    Parameters
    ----------
    torch : module
        PyTorch.
    p : mapping
        Parameters by our names.
    x : (B, T, D) tensor
        Input.
    heads : int
        H.
    memory : callable
        `stepped_memory` or `chunked_memory`.
    """
    f = torch.nn.functional
    q, k, v = (_split(f.linear(x, p[f"{a}.weight"]), heads) for a in "qkv")
    logits = f.linear(f.linear(x, p["decay_in.weight"]), p["decay.weight"], p["decay.bias"])
    o = memory(torch, q * q.shape[-1] ** -0.5, k, v, _split(f.logsigmoid(logits) / 16, heads))
    o = _rms(torch, o, p["norm.weight"], 1e-5) * f.silu(_split(f.linear(x, p["gate.weight"]), heads))
    return f.linear(_joined(o), p["o.weight"])


def stepped_memory(torch: Any, q: Any, k: Any, v: Any, g: Any) -> Any:
    """Write and read the fading memory step by step, as the published naive form does.

    Parameters
    ----------
    torch : module
        PyTorch.
    q, k : (B, H, T, K) tensor
        Queries, scaled, and keys.
    v : (B, H, T, V) tensor
        Values.
    g : (B, H, T, K) tensor
        Logarithms of the decays; the last axis may be 1.
    """
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    read = []
    for t in range(q.shape[2]):
        state = state * g[:, :, t].exp()[..., None] + k[:, :, t, :, None] * v[:, :, t, None]
        read.append((q[:, :, t, :, None] * state).sum(-2))
    return torch.stack(read, 2)


def chunked_memory(torch: Any, q: Any, k: Any, v: Any, g: Any, chunk: int = 64) -> Any:
    """Do the same in chunks: products of matrices inside, a state from chunk to chunk.

    Decays that are not extreme are assumed: the exponential of their sums over a chunk is taken apart.

    Parameters
    ----------
    torch : module
        PyTorch.
    q, k : (B, H, T, K) tensor
        Queries, scaled, and keys.
    v : (B, H, T, V) tensor
        Values.
    g : (B, H, T, K) tensor
        Logarithms of the decays; the last axis may be 1.
    chunk : int
        Steps taken together.
    """
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    read = []
    for at in range(0, q.shape[2], chunk):
        qc, kc, vc, gc = (a[:, :, at : at + chunk] for a in (q, k, v, g))
        total = gc.cumsum(2)
        inward, outward = qc * total.exp(), kc * (-total).exp()
        within = (inward @ outward.transpose(-1, -2)).tril()
        read.append(inward @ state + within @ vc)
        last = total[:, :, -1:]
        state = last.exp().transpose(-1, -2) * state + (kc * (last - total).exp()).transpose(-1, -2) @ vc
    return torch.cat(read, 2)


def _split(x: Any, heads: int) -> Any:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _joined(x: Any) -> Any:
    return x.transpose(1, 2).flatten(2)


def _rms(torch: Any, x: Any, weight: Any, eps: float) -> Any:
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def _turned(torch: Any, x: Any, cos: Any, sin: Any) -> Any:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin
