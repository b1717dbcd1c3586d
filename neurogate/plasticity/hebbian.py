r"""Pure Hebbian learning with decay: what is left of the three-factor rule without its error.

.. math:: \Delta w = \eta g \left( \frac{d x}{1 + |x|^2} - \kappa w \right)

The target d takes the place of the error, so nothing says when enough is learned; the decay
:math:`\kappa` bounds the weights instead. The step is a function of the `three_factor` rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["decaying_hebb"]

Array = npt.NDArray[Any]


def decaying_hebb(
    weights: Array,
    samples: Array,
    targets: Array,
    course: Array,
    eta: float | Array,
    saturation: float,
    decay: float,
) -> tuple[Array, Array, Array]:
    r"""Learn from samples in their order, with the signature of `normalised_delta` and a decay.

    Parameters
    ----------
    weights : (B, K, N) array
        Left untouched.
    samples : (B, S, N) array
    targets : (B, S, K) array
    course : (B, S) array
        The part of the gate that does not depend on what is to be learned.
    eta : float or (B,) array
        Learning rate.
    saturation : float
        Target at which an error gate, which here sees the target, is fully open; 0 for no such gate.
    decay : float
        Decay :math:`\kappa`: about the reciprocal of the number of patterns that are told apart.

    Returns
    -------
    weights : (B, K, N) array
    outputs, gates : (B, S, K) arrays
        Readouts before each update, and the gates.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z, g = decaying_hebb(np.ones((1, 1, 3)), x, d, c, 1.0, 0.0, 0.5)
    >>> w.tolist(), z.item(), g.item()
    ([[[0.75, 0.75, 0.75]]], 3.0, 1.0)
    """
    weights = weights.copy()
    one, theta = targets.dtype.type(1), targets.dtype.type(saturation)
    opened = np.minimum(one, np.abs(targets) / theta) if saturation > 0 else np.ones_like(targets)
    gates = course[..., None] * opened
    outputs = np.empty_like(targets)
    norms = one + (samples * samples).sum(axis=-1)
    drive = targets / norms[..., None]
    rate = np.broadcast_to(eta, len(samples)).astype(targets.dtype)[:, None, None]
    for s in range(samples.shape[1]):
        x = samples[:, s, None]
        outputs[:, s] = (weights * x).sum(axis=-1)
        if gates[:, s].any():
            step = rate * gates[:, s, :, None]
            weights += step * (drive[:, s, :, None] * x - targets.dtype.type(decay) * weights)
    return weights, outputs, gates
