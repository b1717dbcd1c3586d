"""Examples of a batch, shared out: each thread takes some of them through all of a layer."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TypeVar

from neurogate.attention.options import whole_number
from neurogate.attention.pieces import COMPILING, in_shares, threads
from neurogate.attention.products import ONE_EACH

__all__ = ["over_examples"]

_R = TypeVar("_R")


def over_examples(work: Callable[[slice], _R], count: int, shares: int | None = None) -> list[_R]:
    """Call a function for parts of a batch, a part for each thread; results come in order.

    Threads that share single products and sums wait for each other after every one. Here each takes its
    examples through a whole forward, or a forward and its backward, and computes alone, so the bits of a part
    depend on which examples it has and not on how many threads there are. One share is no
    part: it is computed as without this, by as many threads as there are.

    Parameters
    ----------
    work : callable
        Takes where a part lies along the axis of examples, and must not change what other parts use.
    count : int
        How many examples there are.
    shares : int, optional
        In how many parts; as many as there are threads of compiled loops if left out.

    Raises
    ------
    RequestError
        If there is no example, or no share.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention import make
    >>> layer, x = make("gla", d_model=8), np.ones((4, 6, 8))
    >>> parts = over_examples(lambda part: layer.forward(x[part]), 4, shares=2)
    >>> np.concatenate([y for y, cache in parts]).shape
    (4, 6, 8)
    >>> def back(part):
    ...     y, cache = layer.forward(x[part])
    ...     return layer.backward(np.ones_like(y), cache)
    >>> (_, first), (_, second) = over_examples(back, 4, shares=2)
    >>> gradients = {name: first[name] + second[name] for name in first}
    """
    whole_number("count", count, of="examples")
    if shares != 1:
        importlib.import_module(COMPILING)  # which has the threads
    shares = threads() if shares is None else whole_number("shares", shares, of="parts")
    if shares == 1:
        return [work(slice(0, count))]
    shares = min(shares, count)
    parts = [slice(count * i // shares, count * (i + 1) // shares) for i in range(shares)]
    found: dict[int, _R] = {}

    def some(first: int, last: int) -> None:
        found.update((i, work(parts[i])) for i in range(first, last))

    with ONE_EACH:
        in_shares(some, shares)
    return [found[i] for i in range(shares)]
