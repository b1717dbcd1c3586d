"""Grafting: a new operator learns, alone, what an old one did, and then takes its place.

First `distil` on stored pairs of inputs and outputs of each operator to be replaced; then swap, and train
the whole a little further with `neurogate.attention.training.loop`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.layer import Layer, Parameters
from neurogate.attention.options import FROM_0_TO_1, number, one_of, whole_number
from neurogate.attention.training.loop import Epoch, Training, fit
from neurogate.attention.training.losses import huber, mean_absolute_error, mean_squared_error

__all__ = ["distil", "interleaved", "locality"]


_LOSSES: Mapping[str, Callable[[Array, Array], tuple[float, Array]]] = {
    "l1": mean_absolute_error, "l2": mean_squared_error, "huber": huber,
}  # fmt: skip


def distil(
    layer: Layer, inputs: Array, outputs: Array, training: Training | None = None, *,
    loss: Literal["l1", "l2", "huber"] = "l1", tell: Callable[[Epoch], object] | None = None,
) -> list[Epoch]:  # fmt: skip
    """Train a layer, in place, to answer as another one did.

    Parameters
    ----------
    layer : Layer
        The new one.
    inputs, outputs : (examples, ...)
        What was stored of the old one.
    training : Training, optional
        How.
    loss : {"l1", "l2", "huber"}
        Of their difference; the paper takes the first where attention was, and the second for perceptrons.
    tell : callable, optional
        Is given each epoch.

    Returns
    -------
    list of Epoch
        All of them.

    Raises
    ------
    RequestError
        If there are not as many outputs as inputs.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340.

    Examples
    --------
    >>> from neurogate.attention import make
    >>> old, new = (make("hyena_y", d_model=4, seed=seed) for seed in (0, 1))
    >>> x = np.random.default_rng(0).standard_normal((16, 6, 4))
    >>> history = distil(new, x, old.forward(x)[0], Training(epochs=5))
    >>> history[-1].loss < history[0].loss
    True
    """
    namespace(inputs=inputs, outputs=outputs)
    alike = inputs.ndim > 0 < outputs.ndim and len(inputs) == len(outputs)
    fits(alike, "there must be an output for each input", inputs=inputs, outputs=outputs)
    compare = _LOSSES[one_of("loss", loss, _LOSSES)]

    def objective(batch: NDArray[np.intp], rng: np.random.Generator) -> tuple[float, Parameters]:
        y, cache = layer.forward(inputs[batch])
        off, dy = compare(y, outputs[batch])
        return off, layer.backward(dy, cache)[1]

    return fit(layer.parameters, objective, len(inputs), training, tell=tell)


def locality(weights: Array, reach: int) -> float:
    r"""Return how much of attention goes to near tokens.

    .. math:: L_k = \langle \sum_{|j - i| \le k} A_{ij} \rangle_i

    Where it is large, a local operator can take attention's place.

    Parameters
    ----------
    weights : (..., T, T)
        :math:`A`; each row sums to 1.
    reach : int
        :math:`k`.

    Returns
    -------
    float
        From 0 to 1, over all rows.

    Raises
    ------
    RequestError
        If the weights are not square, there are none, or the reach is negative.

    Examples
    --------
    >>> round(locality(np.full((5, 5), 0.2), 1), 2)
    0.52
    """
    xp = namespace(weights=weights)
    square = weights.ndim >= 2 and weights.shape[-1] == weights.shape[-2] and weights.size > 0
    fits(square, "weights must be (..., length, length), and not empty", weights=weights)
    reach = whole_number("reach", reach, 0, of="tokens")
    place = xp.arange(weights.shape[-1])
    near = xp.abs(place[:, None] - place) <= reach
    return float((weights * near).sum(axis=-1).mean())


def interleaved(blocks: int, share: float) -> tuple[int, ...]:
    """Choose blocks to swap, in equal distances and ending with the last.

    Parameters
    ----------
    blocks : int
        How many there are.
    share : float
        Which part of them, from 0 to 1.

    Returns
    -------
    tuple of int
        From 0 on; of a half, those with odd numbers.

    Raises
    ------
    RequestError
        If the share is not from 0 to 1.

    Examples
    --------
    >>> interleaved(8, 0.5), interleaved(8, 0.75)
    ((1, 3, 5, 7), (0, 1, 3, 4, 5, 7))
    """
    blocks = whole_number("blocks", blocks)
    count = round(number("share", share, FROM_0_TO_1) * blocks)
    return tuple((i + 1) * blocks // count - 1 for i in range(count))
