"""Paths of objects that a model makes: the likeliest steps, or drawn ones, until it ends the search."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurogate.attention.operators import softmax
from neurogate.errors import RequestError
from neurogate.scanpath.models.model import generators
from neurogate.scanpath.models.oat.model import OAT, Memory
from neurogate.scanpath.models.oat.shelf import Shelf, batch

__all__ = ["drawn_searches", "likeliest_searches"]

Chances = NDArray[np.float64]
Chosen = NDArray[np.intp]


def likeliest_searches(model: OAT, shelves: Sequence[Shelf], *, longest: int = 30) -> list[list[int]]:
    """Return the search that takes the likeliest step each time, on each of some shelves.

    Parameters
    ----------
    model : OAT
        Trained on other shelves, of any size.
    shelves : sequence of Shelf
        At least one.
    longest : int
        Fixations after which a search ends.

    Returns
    -------
    list of lists of int
        Objects fixated; at least one each.

    Examples
    --------
    >>> from neurogate.scanpath.models.oat.simulated import drawn_shelf
    >>> model = OAT(features=8, d_model=36, hidden=8, encoders=1, decoders=1, longest=6)
    >>> shelves = [drawn_shelf(np.random.default_rng(n), (2, 3 + n)) for n in range(2)]
    >>> [max(path) < len(made) for path, made in zip(likeliest_searches(model, shelves), shelves)]
    [True, True]
    """
    return _searched(model, model.remember(batch(shelves)), longest, lambda p: p.argmax(axis=1))


def drawn_searches(model: OAT, made: Shelf, n_paths: int, seed: int, *, longest: int = 30) -> list[list[int]]:
    """Return searches of one shelf whose steps are drawn as likely as the model says.

    Parameters
    ----------
    model : OAT
        Trained on other shelves, of any size.
    made : Shelf
        What is searched.
    n_paths : int
        How many searches.
    seed : int
        Of the draws. A search does not depend on how many others are asked for.
    longest : int
        Fixations after which a search ends.

    Returns
    -------
    list of lists of int
        Objects fixated; at least one each.

    Examples
    --------
    >>> from neurogate.scanpath.models.oat.simulated import drawn_shelf
    >>> model = OAT(features=8, d_model=36, hidden=8, encoders=1, decoders=1, longest=6)
    >>> made = drawn_shelf(np.random.default_rng(0), (2, 3))
    >>> drawn_searches(model, made, 3, seed=1)[:2] == drawn_searches(model, made, 2, seed=1)
    True
    """
    draws = list(generators(n_paths, seed))
    if not draws:
        return []
    one = model.remember(batch([made]))
    memory = Memory(*(np.repeat(array, n_paths, axis=0) for array in one))

    def drawn(p: Chances) -> Chosen:
        below = np.array([rng.random() for rng in draws]) * p.sum(axis=1)
        return np.asarray((p.cumsum(axis=1) > below[:, None]).argmax(axis=1))

    return _searched(model, memory, longest, drawn)


def _searched(
    model: OAT, memory: Memory, longest: int, choose: Callable[[Chances], Chosen]
) -> list[list[int]]:
    """Step until all searches have ended, with the start fixated first."""
    if longest < 1:
        raise RequestError(f"A search of {longest} fixations is none. Give at least 1.")
    count, objects = memory.known.shape
    end, past, steps = objects - 1, None, list[Chosen]()
    which, going = np.full(count, end), np.ones(count, dtype=bool)
    while going.any() and len(steps) < longest:
        scores, past = model.step(memory, past, which)
        if not steps:
            scores[:, end] = -np.inf  # a search has a fixation
        which = np.where(going, choose(softmax.forward(scores.astype(np.float64))[0]), end)
        going &= which != end
        steps.append(which)
    return [[int(place) for place in path if place != end] for path in np.transpose(steps)]
