"""Published checkpoints of gated attention, whose queries and gates are rows of one matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from neurogate.attention.arrays import Array, fits
from neurogate.attention.layer import Parameters
from neurogate.attention.options import mapping, one_of, whole_number
from neurogate.errors import RequestError

__all__ = ["Layout", "from_published", "split_rows"]

Layout: TypeAlias = Literal["group", "head"]
"""What the rows of gates follow: the queries of each group of heads, or of each head."""


def from_published(tensors: Mapping[str, Array], *, heads: int, kv_heads: int, layout: Layout) -> Parameters:
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
        If the rows cannot be shared out, there are no keys, or no such layout.

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
    heads, kv_heads = whole_number("heads", heads), whole_number("kv_heads", kv_heads)
    one_of("layout", layout, get_args(Layout))
    tensors = mapping("tensors", tensors)
    if "k_proj.weight" not in tensors:
        raise RequestError(f"tensors lacks k_proj.weight. It has {', '.join(tensors) or 'nothing'}.")
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
    groups, queries = whole_number("groups", groups), whole_number("queries", queries, 0)
    good = queries % groups == len(fused) % groups == 0 and queries <= len(fused)
    fits(good, f"{groups} groups cannot share its rows, {queries} of them queries", fused=fused)
    rows = fused.reshape(groups, len(fused) // groups, *fused.shape[1:])
    each = queries // groups
    rest = fused.shape[1:]
    return rows[:, :each].reshape(queries, *rest), rows[:, each:].reshape(len(fused) - queries, *rest)
