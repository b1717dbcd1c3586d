r"""Pure Hebbian learning with decay: what is left of the three-factor rule without its error.

.. math:: \Delta w = \eta g \left( \frac{d x}{1 + |x|^2} - \kappa w \right)

The target d takes the place of the error, so nothing says when enough is learned; the decay
:math:`\kappa` bounds the weights instead. The step is a function of the `three_factor` rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .episode import Call
from .stepping import Learner

__all__ = ["by_target"]

Array = npt.NDArray[Any]


def by_target(call: Call, decay: float) -> Learner:
    """Return Hebb's rule with decay, `neurogate.backends.numpy_reference.hebbian.decaying_hebb`.

    Parameters
    ----------
    call : Call
    decay : float

    Examples
    --------
    >>> from neurogate.backends import numpy_reference
    >>> learn = by_target(lambda name: getattr(numpy_reference, name), 0.5)
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> learn(np.ones((1, 1, 3)), x, d, c, 1.0, 0.0)[0].tolist()
    [[[0.75, 0.75, 0.75]]]
    """

    def learn(
        weights: Array, samples: Array, targets: Array, course: Array, eta: float | Array, saturation: float
    ) -> tuple[Array, Array, Array]:
        rate = np.broadcast_to(eta, len(samples)).astype(samples.dtype)
        learned: tuple[Array, Array, Array] = call("decaying_hebb")(
            weights, samples, targets, course, rate, saturation, decay
        )
        return learned

    return learn
