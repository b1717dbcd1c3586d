"""Some gated layers in plain PyTorch tensors, with our parameters, for `neurogate bench attention`.

Softmax attention is written out, as eager implementations of models have it. The memory of a recurrence is
one of `torch_memory`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = [
    "clipped_attention", "feature_selection", "fused_gated_sdpa", "gated_delta_net", "gated_sdpa", "gla",
    "lightning", "rwkv_time_mix",
]  # fmt: skip

Tensors = Mapping[str, Any]
Memory = Callable[..., Any]


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
    like = {"dtype": x.dtype, "device": x.device}
    angle = torch.arange(x.shape[1], **like)[:, None] * 1e4 ** (-torch.arange(0, width, 2, **like) / width)
    cos, sin = (torch.cat([part, part], -1) for part in (angle.cos(), angle.sin()))
    q, k = (
        _turned(torch, _rms(torch, a, p[f"{name}_norm.weight"], 1e-6), cos, sin)
        for name, a in (("q", q), ("k", k))
    )
    k, v = (a.repeat_interleave(groups, 1) for a in (k, v))
    if fused:
        o = f.scaled_dot_product_attention(q, k, v, is_causal=True)
    else:
        hidden = torch.full((x.shape[1],) * 2, float("-inf"), **like).triu(1)
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


def clipped_attention(torch: Any, p: Tensors, x: Any, heads: int) -> Any:
    """Return the output of attention whose weights are stretched below 0 and cut there.

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
    q, k, v = (_split(f.linear(x, p[f"{a}.weight"], p[f"{a}.bias"]), heads) for a in "qkv")
    weights = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
    weights = torch.clip(weights * 1.025 - 0.025, 0, 1)
    return f.linear(_joined(weights @ v), p["o.weight"], p["o.bias"])


def rwkv_time_mix(torch: Any, p: Tensors, x: Any, heads: int) -> Any:
    """Return the output of RWKV-4's time mix, its memory step by step.

    Parameters
    ----------
    torch : module
        PyTorch.
    p : mapping
        Parameters by our names.
    x : (B, T, D) tensor
        Input.
    heads : int
        Without meaning here.
    """
    f = torch.nn.functional
    earlier = f.pad(x, (0, 0, 1, 0))[:, :-1]
    k, v, r = (f.linear(earlier + p[f"mix.{name}"] * (x - earlier), p[f"{name}.weight"]) for name in "kvr")
    w, u, read = -p["decay"].exp(), p["bonus"], []
    above, below = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
    top = torch.full_like(above, -1e30)
    for t in range(x.shape[1]):
        now = torch.maximum(top, u + k[:, t])
        old, new = (top - now).exp(), (u + k[:, t] - now).exp()
        read.append((old * above + new * v[:, t]) / (old * below + new))
        now = torch.maximum(top + w, k[:, t])
        old, new = (top + w - now).exp(), (k[:, t] - now).exp()
        above, below, top = old * above + new * v[:, t], old * below + new, now
    return f.linear(torch.sigmoid(r) * torch.stack(read, 1), p["o.weight"])


def gated_delta_net(torch: Any, p: Tensors, x: Any, heads: int, memory: Memory) -> Any:
    """Return the output of the gated DeltaNet.

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
        `stepped_deltas` or `chunked_deltas`.
    """
    f = torch.nn.functional

    def short(name: str) -> Any:
        flat = f.pad(f.linear(x, p[f"{name}.weight"]).transpose(1, 2), (3, 0))
        mixed = f.conv1d(flat, p[f"{name}_convolution.weight"], groups=flat.shape[1])
        return _split(f.silu(mixed.transpose(1, 2)), heads)

    q, k = (a * torch.rsqrt((a * a).sum(-1, keepdim=True) + 1e-6) for a in map(short, "qk"))
    g = -p["decay.log_rate"].exp() * f.softplus(f.linear(x, p["decay.weight"]) + p["decay.shift"])
    beta = torch.sigmoid(f.linear(x, p["share.weight"]))
    scaled = q * q.shape[-1] ** -0.5
    o = memory(torch, scaled, k, short("v"), g.transpose(1, 2), beta.transpose(1, 2)[..., None])
    o = _rms(torch, o, p["norm.weight"], 1e-5) * f.silu(_split(f.linear(x, p["gate.weight"]), heads))
    return f.linear(_joined(o), p["o.weight"])


def lightning(torch: Any, p: Tensors, x: Any, heads: int, memory: Memory) -> Any:
    """Return the output of lightning attention with its norm and gate.

    Parameters
    ----------
    torch : module
        PyTorch.
    p : mapping
        Parameters by our names.
    x : (B, T, D) tensor
        Input.
    heads : int
        H, a power of two.
    memory : callable
        `stepped_memory` or `chunked_memory`.
    """
    f = torch.nn.functional
    q, k, v = (_split(f.silu(f.linear(x, p[f"{a}.weight"])), heads) for a in "qkv")
    slopes = 2.0 ** (-8 * torch.arange(1, heads + 1, dtype=x.dtype, device=x.device) / heads)
    o = _joined(memory(torch, q, k, v, (-slopes)[:, None, None].expand(len(x), heads, x.shape[1], 1)))
    o = o * torch.rsqrt((o * o).mean(-1, keepdim=True) + 1e-6)
    gate = torch.sigmoid(f.linear(f.linear(x, p["gate_in.weight"]), p["gate.weight"]))
    return f.linear(o * gate, p["o.weight"])


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


def _split(x: Any, heads: int) -> Any:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _joined(x: Any) -> Any:
    return x.transpose(1, 2).flatten(2)


def _rms(torch: Any, x: Any, weight: Any, eps: float) -> Any:
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def _turned(torch: Any, x: Any, cos: Any, sin: Any) -> Any:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin
