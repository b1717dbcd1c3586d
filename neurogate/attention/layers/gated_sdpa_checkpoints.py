"""Published checkpoints of gated attention, whose queries and gates are rows of one matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from neurogate.attention.arrays import Array, fits
from neurogate.attention.layer import Parameters

__all__ = ["from_published", "split_rows"]


def from_published(
    tensors: Mapping[str, Array], *, heads: int, kv_heads: int, layout: Literal["group", "head"]
) -> Parameters:
    """Return the parameters of `GatedSDPA` that are a checkpoint's.

    Parameters
    ----------
    tensors : mapping
        Of one attention layer, by their names there: ``q_proj.weight``, ``k_norm.weight`` and so on; or
        gradients by the same names.
    heads, kv_heads : int
        H, and how many heads of keys and values there are.
    layout : {"group", "head"}
        Whether the rows of the gates follow the queries of each group of heads, as in the research code, or
        those of each head, as in Qwen3-Next.

    Returns
    -------
    dict
        Arrays by our names; "gate.weight" is there if the matrix has rows left for it.

    Raises
    ------
    RequestError
        If the rows cannot be shared out.

    References
    ----------
    Qiu et al. 2025, arXiv:2505.06708.

    Examples
    --------
    >>> import numpy as np
    >>> fused = {"q_proj.weight": np.ones((2 * 6 + 2, 4)), "k_proj.weight": np.ones((6, 4))}
    >>> found = from_published(fused, heads=2, kv_heads=1, layout="group")
    >>> {name: array.shape for name, array in found.items()}
    {'q.weight': (12, 4), 'gate.weight': (2, 4), 'k.weight': (6, 4)}
    """
    width = len(tensors["k_proj.weight"]) // kv_heads
    groups = kv_heads if layout == "group" else heads
    ours: Parameters = {}
    for name, array in tensors.items():
        part = name.replace("_proj", "")
        if part.startswith("q."):
            ours[part], gates = split_rows(array, groups, queries=heads * width)
            if len(gates):
                ours[part.replace("q.", "gate.")] = gates
        else:
            ours[part] = array
    return ours


def split_rows(fused: Array, groups: int, *, queries: int) -> tuple[Array, Array]:
    """Take queries and gates out of one matrix, or one bias.

    Parameters
    ----------
    fused : (rows, ...)
        For each group its rows of queries, then its rows of gates.
    groups : int
        How many there are.
    queries : int
        How many rows are queries, in all groups.

    Returns
    -------
    queries, gates : (queries, ...), (rows - queries, ...)
        In order of the heads.

    Raises
    ------
    RequestError
        If the rows cannot be shared out.

    Examples
    --------
    >>> import numpy as np
    >>> [rows.tolist() for rows in split_rows(np.arange(6.0), 2, queries=4)]
    [[0.0, 1.0, 3.0, 4.0], [2.0, 5.0]]
    """
    good = groups > 0 and queries % groups == len(fused) % groups == 0 and queries <= len(fused)
    fits(good, f"{groups} groups cannot share its rows, {queries} of them queries", fused=fused)
    rows = fused.reshape(groups, len(fused) // groups, *fused.shape[1:])
    each = queries // groups
    rest = fused.shape[1:]
    return rows[:, :each].reshape(queries, *rest), rows[:, each:].reshape(len(fused) - queries, *rest)
