"""Parts of networks once more, as their equations stand, for tests that write a whole layer out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["convolved", "enlarged", "normed", "parameters_of", "relu", "sigmoid"]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def relu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0)


def convolved(
    x: np.ndarray, p: Mapping[str, np.ndarray], *, stride: int = 1, before: int = 0, after: int | None = None
) -> np.ndarray:
    """Convolve (B, C, n...) by "weight" (O, C, k...) and add "bias", with zeros beyond each axis."""
    weight, space = p["weight"], x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *[(before, before if after is None else after)] * space])
    seen = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], tuple(range(2, x.ndim)))
    seen = seen[(slice(None), slice(None), *[slice(None, None, stride)] * space)]
    inner = (1, *range(2 + space, 2 + 2 * space))
    y = np.tensordot(seen, weight, (inner, range(1, weight.ndim)))
    return np.moveaxis(y + p.get("bias", 0), -1, 1)


def enlarged(x: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (B, O, 2 h, 2 w) of (B, C, h, w): each place becomes a square of two by two."""
    b, _, h, w = x.shape
    squares = np.einsum("bchw,coij->bohiwj", x, p["weight"])
    return squares.reshape(b, -1, 2 * h, 2 * w) + p["bias"][:, None, None]


def normed(x: np.ndarray, p: Mapping[str, np.ndarray], eps: float) -> np.ndarray:
    """Normalise each channel of (B, C, n...) over the batch, with "norm.weight" and "norm.bias"."""
    others, wide = (0, *range(2, x.ndim)), (-1, *[1] * (x.ndim - 2))
    unit = (x - x.mean(others, keepdims=True)) / np.sqrt(x.var(others, keepdims=True) + eps)
    return unit * p["norm.weight"].reshape(wide) + p["norm.bias"].reshape(wide)


def parameters_of(p: Mapping[str, np.ndarray], *names: str) -> Sequence[dict[str, np.ndarray]]:
    """Return the parameters behind each name, by what stands after it."""
    return [{key.removeprefix(f"{name}."): each for key, each in p.items() if key.startswith(f"{name}.")}
            for name in names]  # fmt: skip
