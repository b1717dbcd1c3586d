"""A task that needs sharp eyes, and a small network that learns it: to say which way fine stripes run.

There are no weights to download here, and none are needed: the network is trained within seconds.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Cache
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import adaptive_pooling, convolution
from neurogate.attention.operators.pointwise import relu
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.loop import Training, fit
from neurogate.attention.training.losses import cross_entropy
from neurogate.units import Count, Domain, settings

__all__ = ["StripeNet", "Stripes", "stripes", "trained"]

Values = NDArray[np.float64]


class Stripes(NamedTuple):
    """Pictures of the task.

    Attributes
    ----------
    pictures : (N, 3, size, size)
        Grey from 0 to 1, with two patches: stripes, and dots that say nothing.
    labels : (N,) int
        Way of the stripes, in parts of a half turn.
    striped, dotted : (N, 2) int
        Upper row and left column of the patches.
    """

    pictures: Values
    labels: NDArray[np.intp]
    striped: NDArray[np.intp]
    dotted: NDArray[np.intp]


def stripes(
    count: int, *, seed: int, size: int = 24, patch: int = 8, period: float = 4.0, ways: int = 4
) -> Stripes:
    """Draw pictures in which a patch is striped, and another one dotted.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Of the draws.
    size, patch : int
        Sides of pictures and patches, in px; a patch is shorter than half a picture.
    period : float
        Of the stripes, in px.
    ways : int
        In how many ways stripes can run.

    Examples
    --------
    >>> drawn = stripes(5, seed=0)
    >>> drawn.pictures.shape, bool(drawn.labels.max() < 4)
    ((5, 3, 24, 24), True)
    """
    rng = np.random.default_rng(seed)
    pictures = 0.5 + 0.02 * rng.standard_normal((count, 1, size, size))
    labels = rng.integers(ways, size=count)
    halves = rng.permuted(np.tile([0, 1], (count, 1)), axis=1) * (size // 2)
    corners = rng.integers(0, size // 2 - patch + 1, (2, count, 2))
    corners[:, :, 1] += halves.T
    corners[:, :, 0] += rng.integers(0, 2, (2, count)) * (size // 2)
    rows, columns = np.indices((patch, patch))
    for i, (plane, label) in enumerate(zip(pictures[:, 0], labels, strict=True)):
        angle, phase = np.pi * label / ways, rng.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi / period * (rows * np.cos(angle) + columns * np.sin(angle)) + phase)
        for corner, pattern in zip(corners[:, i], (wave, rng.uniform(-1, 1, wave.shape)), strict=True):
            row, column = corner
            plane[row : row + patch, column : column + patch] += 0.4 * pattern
    return Stripes(np.repeat(np.clip(pictures, 0, 1), 3, axis=1), labels, *corners)


@settings
class StripeNet(Layer):
    r"""Two convolutions, rectified, and the mean over all places.

    .. math:: z = V \langle \max(0, W_2 * \max(0, W_1 * (x - \tfrac{1}{2}))) \rangle + c

    What it says of a picture does not depend on which others are asked about.

    Parameters
    ----------
    classes : int
        How many.
    channels : int
        Of both convolutions, of 5 x 5 and 3 x 3, each with steps of 2.

    Examples
    --------
    >>> StripeNet().forward(np.zeros((2, 3, 24, 24)))[0].shape
    (2, 4)
    """

    classes: Annotated[int, Domain(2)] = 4
    channels: Count = 8

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by He's rule, with biases of 0."""
        shapes = {
            "first": (self.channels, 3, 5, 5),
            "second": (self.channels, self.channels, 3, 3),
            "last": (self.classes, self.channels, 1, 1),
        }
        weights = {f"{name}.weight": draw.kaiming_normal(rng, shape) for name, shape in shapes.items()}
        return weights | {f"{name}.bias": np.zeros(shape[0]) for name, shape in shapes.items()}

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return logits (B, classes) of pictures (B, 3, h, w)."""
        image(3, 2, x=x)
        _, p = self.given(x=x)
        y, first = convolution.forward(x - 0.5, **part(p, "first"), stride=2, padding=2)
        y, kept = relu.forward(y)
        y, second = convolution.forward(y, **part(p, "second"), stride=2, padding=1)
        y, held = relu.forward(y)
        y, pooled = adaptive_pooling.forward(y, 1)
        y, last = convolution.forward(y, **part(p, "last"))
        return y[:, :, 0, 0], (first, kept, second, held, pooled, last)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the pictures and the parameters."""
        first, kept, second, held, pooled, last = cache
        d, weight, bias = convolution.backward(dy[:, :, None, None], last)
        gradients = named("last", {"weight": weight, "bias": bias})
        d = relu.backward(adaptive_pooling.backward(d, pooled), held)
        d, weight, bias = convolution.backward(d, second)
        gradients |= named("second", {"weight": weight, "bias": bias})
        d, weight, bias = convolution.backward(relu.backward(d, kept), first)
        return d, gradients | named("first", {"weight": weight, "bias": bias})


TRAINING = Training(epochs=12, batch=32, optimiser=Adam(rate=0.02, weight_decay=0.0), largest=5.0)


def trained(task: Stripes, training: Training = TRAINING, seed: int = 0) -> StripeNet:
    """Return a network that has learnt a task.

    Parameters
    ----------
    task : Stripes
        To learn from.
    training : Training
        How.
    seed : int
        Of the parameters to start with.

    Examples
    --------
    >>> trained(stripes(8, seed=1), Training(epochs=1)).count
    1228
    """
    network = StripeNet(classes=max(2, int(task.labels.max()) + 1), seed=seed)

    def objective(batch: NDArray[np.intp], rng: np.random.Generator) -> tuple[float, Parameters]:
        logits, cache = network.forward(task.pictures[batch])
        loss, dlogits = cross_entropy(logits, task.labels[batch])
        return loss, network.backward(dlogits, cache)[1]

    fit(network.parameters, objective, len(task.pictures), training)
    return network
