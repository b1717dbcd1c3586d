"""Equations of layers that stand in others, written out in plain NumPy, a step or a head at a time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Parameters = Mapping[str, np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def silu(z: np.ndarray) -> np.ndarray:
    return z * sigmoid(z)


def rms(x: np.ndarray, eps: float) -> np.ndarray:
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)


def part(p: Parameters, name: str) -> Parameters:
    return {key.removeprefix(f"{name}."): array for key, array in p.items() if key.startswith(f"{name}.")}


def gated_delta_net(
    p: Parameters, x: np.ndarray, heads: int, **options: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the output of one sequence (T, D), and the memory after it."""
    taps = p["q_convolution.weight"].shape[-1]
    padded, outputs, memory = np.concatenate([np.zeros((taps - 1, x.shape[1])), x]), [], np.zeros(1)
    for t, now in enumerate(x):
        q, k, v = (
            silu(
                (
                    (padded[t : t + taps] @ p[f"{name}.weight"].T) * p[f"{name}_convolution.weight"][:, 0].T
                ).sum(0)
            ).reshape(heads, -1)
            for name in "qkv"
        )
        q, k = (z / np.sqrt((z * z).sum(-1, keepdims=True) + 1e-6) for z in (q, k))
        alpha = np.exp(
            -np.exp(p["decay.log_rate"]) * np.log1p(np.exp(now @ p["decay.weight"].T + p["decay.shift"]))
        )
        beta = sigmoid(now @ p["share.weight"].T + p.get("share.bias", 0))
        if options.get("allow_negative"):
            beta = 2 * beta
        if options.get("longhorn"):
            beta = beta / (1 + beta * (k**2).sum(-1))
        written = v * (1 - alpha)[:, None] if options.get("input_gate") else v
        memory = alpha[:, None, None] * memory
        error = written - (memory * k[:, :, None]).sum(1)
        memory = memory + beta[:, None, None] * k[:, :, None] * error[:, None]
        o = (memory * q[:, :, None]).sum(1) / np.sqrt(k.shape[1])
        if options.get("skip"):
            o = o + p["skip"][:, None] * v
        z = now @ p["gate.weight"].T
        outputs.append(((p["norm.weight"] * rms(o, 1e-5)).ravel() * silu(z)) @ p["o.weight"].T)
    return np.array(outputs), memory


def sliding_window(p: Parameters, x: np.ndarray, heads: int, window: int, base: float) -> np.ndarray:
    """Return the output of one sequence (T, D); consecutive heads share keys and values."""
    width = x.shape[1] // heads
    q, k, v = ((x @ p[f"{n}.weight"].T + p[f"{n}.bias"]).reshape(len(x), -1, width) for n in "qkv")
    half = width // 2
    angles = np.arange(len(x))[:, None] * base ** (-np.arange(half) / half)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]

    def turned(u: np.ndarray) -> np.ndarray:
        a, b = u[..., :half], u[..., half:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)

    q, k, o = turned(q), turned(k), np.zeros((len(x), heads, width))
    for head in range(heads):
        mine = head * k.shape[1] // heads
        for t in range(len(x)):
            seen = slice(max(t - window + 1, 0), t + 1)
            weights = np.exp(k[seen, mine] @ q[t, head] / np.sqrt(width))
            o[t, head] = weights / weights.sum() @ v[seen, mine]
    return o.reshape(len(x), -1) @ p["o.weight"].T
