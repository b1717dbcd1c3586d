"""The memories of linear attention in PyTorch tensors: step by step, as they are published, and in chunks."""

from __future__ import annotations

from typing import Any

__all__ = ["chunked_deltas", "chunked_memory", "stepped_deltas", "stepped_memory"]


def stepped_memory(torch: Any, q: Any, k: Any, v: Any, g: Any, start: Any = None) -> Any:
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
    start : (B, H, K, V) tensor, optional
        The memory before the first step; 0 if left out.
    """
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1]) if start is None else start
    read = []
    for t in range(q.shape[2]):
        state = state * g[:, :, t].exp()[..., None] + k[:, :, t, :, None] * v[:, :, t, None]
        read.append((q[:, :, t, :, None] * state).sum(-2))
    return torch.stack(read, 2)


def chunked_memory(torch: Any, q: Any, k: Any, v: Any, g: Any, start: Any = None, chunk: int = 64) -> Any:
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
    start : (B, H, K, V) tensor, optional
        The memory before the first step; 0 if left out.
    chunk : int
        Steps taken together.
    """
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1]) if start is None else start
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


def stepped_deltas(torch: Any, q: Any, k: Any, v: Any, g: Any, beta: Any) -> Any:
    """Correct the memory by a share of its error step by step, as the published naive form does.

    Parameters
    ----------
    torch : module
        PyTorch.
    q, k : (B, H, T, K) tensor
        Queries, scaled, and keys.
    v : (B, H, T, V) tensor
        Values.
    g : (B, H, T) tensor
        Logarithms of the decays.
    beta : (B, H, T, 1) tensor
        The share.
    """
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    read = []
    for t in range(q.shape[2]):
        state = state * g[:, :, t].exp()[..., None, None]
        error = beta[:, :, t] * (v[:, :, t] - (state * k[:, :, t, :, None]).sum(-2))
        state = state + k[:, :, t, :, None] * error[:, :, None]
        read.append((q[:, :, t, :, None] * state).sum(-2))
    return torch.stack(read, 2)


def chunked_deltas(torch: Any, q: Any, k: Any, v: Any, g: Any, beta: Any, chunk: int = 64) -> Any:
    """Do the same in chunks, each of which solves one triangular system.

    Parameters
    ----------
    torch : module
        PyTorch.
    q, k : (B, H, T, K) tensor
        Queries, scaled, and keys.
    v : (B, H, T, V) tensor
        Values.
    g : (B, H, T) tensor
        Logarithms of the decays.
    beta : (B, H, T, 1) tensor
        The share.
    chunk : int
        Steps taken together.
    """
    state = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    read = []
    for at in range(0, q.shape[2], chunk):
        qc, kc, vc, gc, bc = (a[:, :, at : at + chunk] for a in (q, k, v, g, beta))
        total = gc.cumsum(-1)
        fade = (total[..., :, None] - total[..., None, :]).tril().exp().tril()
        corrected = (bc * (kc @ kc.transpose(-1, -2)) * fade).tril(-1)
        system = torch.eye(qc.shape[2], dtype=q.dtype, device=q.device) + corrected
        through = total.exp()[..., None]
        known = torch.cat([bc * vc, bc * kc * through], -1)
        solved = torch.linalg.solve_triangular(system, known, upper=False, unitriangular=True)
        written = solved[..., : v.shape[-1]] - solved[..., v.shape[-1] :] @ state
        read.append((qc * through) @ state + ((qc @ kc.transpose(-1, -2)) * fade) @ written)
        last = total[..., -1:, None]
        state = last.exp() * state + (kc * (last - total[..., None]).exp()).transpose(-1, -2) @ written
    return torch.cat(read, 2)
