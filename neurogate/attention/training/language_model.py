"""Tokens in, scores of the next token out, around any layer that maps sequences to sequences."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import nested
from neurogate.attention.layer import Layer, Parameters, named
from neurogate.attention.operators import embedding, linear
from neurogate.attention.options import whole_number
from neurogate.attention.training.losses import cross_entropy
from neurogate.errors import RequestError

__all__ = ["LanguageModel"]


class Cache(NamedTuple):
    """What the backward needs."""

    embedding: embedding.Cache
    layer: nested.Cache
    scores: linear.Cache


@attrs.frozen
class LanguageModel:
    r"""Embed, map, and compare with the embeddings.

    .. math:: z = f(E_i) E^T

    Parameters
    ----------
    layer : Layer
        :math:`f`, such as `ZoologyBackbone`; its parameters stand behind "layer." from then on.
    vocabulary : int
        Rows of :math:`E`.
    seed : int
        Of :math:`E`, drawn with a deviation of 0.02.

    Examples
    --------
    >>> from neurogate.attention import make
    >>> model = LanguageModel(make("zoology_backbone", d_model=4, mixer="base_conv", l_max=8), vocabulary=10)
    >>> model.forward(np.array([[1, 2, 3]]))[0].shape
    (1, 3, 10)
    >>> kept = model.layer.masks(np.random.default_rng(0), (1, 3, 4))
    >>> loss, gradients = model.loss(np.array([[1, 2, 3]]), np.array([[2, 3, 4]]), kept=kept)
    """

    layer: Layer
    vocabulary: int
    seed: int = 0
    parameters: Parameters = attrs.field(init=False, eq=False, repr=False)  # to be learnt, by name

    def __attrs_post_init__(self) -> None:
        """Draw the embeddings; complain of what is no layer of vectors."""
        width = getattr(self.layer, "d_model", None)
        if width is None:
            told = type(self.layer).__name__
            raise RequestError(f"layer is {told}. Give one of sequences of vectors, such as ZoologyBackbone.")
        whole_number("vocabulary", self.vocabulary, of="tokens")
        table = draw.normal(np.random.default_rng(self.seed), (self.vocabulary, width), 0.02)
        drawn: Parameters = {"embedding": table}
        object.__setattr__(self, "parameters", drawn | named("layer", self.layer.parameters))

    def forward(self, tokens: Array, **options: Any) -> tuple[Array, Cache]:
        """Return the scores of (B, T) tokens, (B, T, V), and what `backward` needs.

        The layer is given the options, such as what dropout keeps.
        """
        x, embedded = embedding.forward(tokens, self.parameters["embedding"])
        y, inner = nested.forward(self.layer, x, self.parameters, "layer", **options)
        z, scores = linear.forward(y, self.parameters["embedding"])
        return z, Cache(embedded, inner, scores)

    def backward(self, dz: Array, cache: Cache) -> Parameters:
        """Return the gradients of the parameters; the embeddings' are of both their uses."""
        dy, dtable, _ = linear.backward(dz, cache.scores)
        dx, gradients = nested.backward(dy, cache.layer)
        return gradients | {"embedding": dtable + embedding.backward(dx, cache.embedding)}

    def loss(self, tokens: Array, labels: Array, **options: Any) -> tuple[float, Parameters]:
        """Return the mean cross-entropy of the labels that are asked for, and the gradients."""
        z, cache = self.forward(tokens, **options)
        loss, dz = cross_entropy(z, labels)
        return loss, self.backward(dz, cache)
