"""What agents think of places, or places of agents: a small map made larger, rows, columns, a class token."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import grid as grids
from neurogate.attention.fused import summed
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import axis_maps, resizing

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs."""

    resizing: axis_maps.Cache
    grid: tuple[int, int]
    class_token: bool


def initial(
    rng: np.random.Generator, heads: int, agents: int, grid: tuple[int, int], *,
    table: int = 7, class_token: bool = False,
) -> Parameters:  # fmt: skip
    """Draw the tables from a normal distribution with a standard deviation of 0.02.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    heads, agents : int
        H and n.
    grid : (int, int)
        Rows and columns of places.
    table : int
        Rows, and columns, of the small map.
    class_token : bool
        Whether there is one.

    Examples
    --------
    >>> {name: array.shape for name, array in initial(np.random.default_rng(0), 3, 9, (6, 5)).items()}
    {'map': (3, 9, 7, 7), 'rows': (3, 9, 6), 'columns': (3, 9, 5)}
    """
    shapes: dict[str, tuple[int, ...]] = {"map": (table, table), "rows": grid[:1], "columns": grid[1:]}
    if class_token:
        shapes["class"] = ()
    return {name: draw.normal(rng, (heads, agents, *shape), 0.02) for name, shape in shapes.items()}


def forward(parameters: Mapping[str, Array], grid: tuple[int, int]) -> tuple[Array, Cache]:
    r"""Sum up the parts.

    .. math:: b_{hnij} = (R \, m_{hn} S^T)_{ij} + r_{hni} + c_{hnj}

    with the matrices of `resizing`; the class token stands in front and has a number of its own.

    Parameters
    ----------
    parameters : mapping
        As `initial` draws them.
    grid : (int, int)
        Rows and columns of places.

    Returns
    -------
    bias : (H, n, N)
        N is the number of places, and one more with a class token.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Han et al. 2023, arXiv:2312.08874.

    Examples
    --------
    >>> forward(initial(np.random.default_rng(0), 3, 9, (6, 5), class_token=True), (6, 5))[0].shape
    (3, 9, 31)
    """
    xp = namespace(**parameters)
    grid = grids.pair(grid)
    bias, cache = resizing.forward(parameters["map"], grid)
    bias = summed(bias, parameters["rows"][..., None], parameters["columns"][..., None, :])
    bias = bias.reshape(*bias.shape[:2], math.prod(grid))
    if "class" in parameters:
        bias = xp.concatenate([parameters["class"][..., None], bias], axis=-1)
    return bias, Cache(cache, grid, "class" in parameters)


def backward(dbias: Array, cache: Cache) -> Parameters:
    """Return the gradients.

    Parameters
    ----------
    dbias : (H, n, N)
        Gradient with respect to the bias.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dict
        Of the parameters.

    Examples
    --------
    >>> _, cache = forward(initial(np.random.default_rng(0), 3, 9, (6, 5)), (6, 5))
    >>> backward(np.ones((3, 9, 30)), cache)["rows"].max().item()
    5.0
    """
    first = int(cache.class_token)
    places = dbias[..., first:].reshape(*dbias.shape[:2], *cache.grid)
    gradients = {
        "map": resizing.backward(places, cache.resizing), "rows": places.sum(axis=-1),
        "columns": places.sum(axis=-2),
    }  # fmt: skip
    return gradients | ({"class": dbias[..., 0].copy()} if cache.class_token else {})
