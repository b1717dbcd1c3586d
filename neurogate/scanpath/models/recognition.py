"""The task of recognising a picture, for any network that has a forward and a backward."""

from __future__ import annotations

from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.attention.operators import softmax
from neurogate.errors import RequestError

__all__ = ["Network", "Recognition"]

Values = NDArray[np.float64]


class Network(Protocol):
    """A classifier; every `neurogate.attention.layer.Layer` with such shapes is one."""

    def forward(self, x: Values) -> tuple[Values, Any]:
        """Return logits (N, classes) of pictures (N, 3, h, w), and what `backward` needs."""

    def backward(self, dy: Values, cache: Any) -> tuple[Values, Any]:
        """Return gradients with respect to the pictures and, which is not used here, the parameters."""


@attrs.frozen(eq=False)
class Recognition:
    r"""Recognise what is there as well as if all of it were sharp.

    .. math:: L = -\log p_y(\tilde x), \quad p = \text{softmax}(f(\tilde x)), \quad y = \arg\max f(x)

    Parameters
    ----------
    network : Network
        f.
    label : int, optional
        y; what the network itself sees in the sharp picture, if left out.

    References
    ----------
    Schwinn et al. 2022, arXiv:2204.09093.

    Examples
    --------
    >>> class Redness:
    ...     def forward(self, x):
    ...         return x.mean(axis=(2, 3))[:, :2], x.shape
    ...     def backward(self, dy, shape):
    ...         dx = np.zeros(shape)
    ...         dx[:, :2] = dy[..., None, None] / (shape[2] * shape[3])
    ...         return dx, {}
    >>> red = np.zeros((1, 3, 4, 4))
    >>> red[:, 0] = 1
    >>> losses, gradient = Recognition(Redness())(red, 0.0).loss_and_vjp(red[None])
    >>> losses.round(3).tolist(), bool(gradient[0, 0, 0].mean() < 0 < gradient[0, 0, 1].mean())
    ([[0.313]], True)
    """

    network: Network
    label: int | None = None

    def __call__(self, pictures: Values, share: float) -> _Surprise:
        """Return the objective, for sharp pictures (images, 3, h, w)."""
        logits, _ = self.network.forward(pictures)
        classes = logits.shape[-1]
        if self.label is None:
            return _Surprise(self.network, logits.argmax(axis=-1))
        if not 0 <= self.label < classes:
            raise RequestError(f"The label is {self.label}. Give one of the classes, 0 to {classes - 1}.")
        return _Surprise(self.network, np.full(len(pictures), self.label))


@attrs.frozen(eq=False)
class _Surprise:
    """The cross-entropy of labels (images,)."""

    network: Network
    labels: NDArray[np.intp]

    def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
        images, paths, *planes = percept.shape
        logits, cache = self.network.forward(percept.reshape(-1, *planes))
        wanted = np.arange(logits.shape[-1]) == np.repeat(self.labels, paths)[:, None]
        top = logits.max(axis=-1, keepdims=True)
        losses = np.log(np.exp(logits - top).sum(axis=-1)) + top[:, 0] - logits[wanted]
        gradient, _ = self.network.backward(softmax.forward(logits)[0] - wanted, cache)
        return losses.reshape(images, paths), gradient.reshape(percept.shape)
