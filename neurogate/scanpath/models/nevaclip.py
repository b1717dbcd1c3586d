"""NevaClip: the eye goes where what it sees would fit a caption better, as an encoder of both judges.

No result of the paper with CLIP was reproduced here: there were neither weights nor its data. What was tested
is the mathematics, with an encoder of a few lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.neva import NeVA

__all__ = ["Encoder", "Fit", "nevaclip"]

Values = NDArray[np.float64]


class Encoder(Protocol):
    """Pictures and texts as vectors of one space."""

    def image(self, pictures: Values) -> tuple[Values, Callable[[Values], Values]]:
        """Return vectors (N, D) of pictures (N, 3, h, w), from 0 to 1, and their vector-Jacobian product.

        The latter takes gradients with respect to the vectors to those with respect to the pictures.
        """

    def text(self, text: str) -> Values:
        """Return the vector (D,) of a text."""


def nevaclip(
    encoder: Encoder, caption: str, first: str | None = None, *, size: tuple[int, int] | None = (224, 224),
    **settings: Any,
) -> NeVA:  # fmt: skip
    """Return a model of gaze that is led by a caption.

    Parameters
    ----------
    encoder : Encoder
        Of pictures and texts.
    caption : str
        What is looked for.
    first : str, optional
        What is looked for at first, as of `Fit`.
    size : (int, int), optional
        Rows and columns to which pictures are brought, whole; the authors' are cropped to a square.
    **settings
        Others of `neurogate.scanpath.models.neva.NeVA`, in place of the authors': σ = 0.2, no memory, a blur
        of 41 taps, and places that are no better drawn anew.

    Raises
    ------
    RequestError
        If a text says nothing, or a setting cannot be.

    References
    ----------
    Zanca et al. 2023, Contrastive language-image pretrained models are zero-shot human scanpath predictors,
    arXiv:2305.12380. No result of it was reproduced.

    Examples
    --------
    >>> from neurogate.scanpath.models.encoders import ColourContrast
    >>> image = np.zeros((24, 48, 3))
    >>> image[4:10:2, 6:12, 0] = image[14:20:2, 36:42, 2] = 1
    >>> for caption in ("something red", "something blue"):
    ...     model = nevaclip(ColourContrast(), caption, size=None, fixations=1, blur=(5, 5.0))
    ...     print(bool(model.scanpaths(image, n_paths=1, seed=1)[0].x_px[0] < 24))
    True
    False
    """
    usual: dict[str, Any] = {"sigma": 0.2, "retention": 0.0, "blur": (41, 10.0), "restarts": True}
    return NeVA(Fit(encoder, caption, first), size=size, **(usual | settings))


@attrs.frozen(eq=False)
class Fit:
    r"""See what is spoken of.

    .. math::
        L = 1 - \cos(f(\tilde x), y), \quad y = \lambda \frac{a}{|a|} + (1 - \lambda) \frac{b}{|b|}, \quad
        \lambda = (t / T)^2

    with vectors a of the caption and b of what is looked for at first; without the latter, λ is 1.

    Parameters
    ----------
    encoder : Encoder
        f, and of texts.
    caption : str
        Of a.
    first : str, optional
        Of b: looking freely may become a search.

    Examples
    --------
    >>> from neurogate.scanpath.models.encoders import ColourContrast
    >>> flat = np.full((1, 1, 3, 4, 4), 0.5)
    >>> losses, gradient = Fit(ColourContrast(), "grey")(flat[0], 0.0).loss_and_vjp(flat)
    >>> losses.tolist(), np.abs(gradient).max().item()
    ([[0.0]], 0.0)
    """

    encoder: Encoder
    caption: str
    first: str | None = None

    def __attrs_post_init__(self) -> None:
        """Look whether the texts say something."""
        for share in (0.0, 1.0):
            self.target(share)

    def __call__(self, pictures: Values, share: float) -> _Misfit:
        """Return the objective after a share, t / T, of the fixations."""
        return _Misfit(self.encoder, self.target(share))

    def target(self, share: float) -> Values:
        """Return y, (D,), after a share, t / T, of the fixations."""
        caption = _unit(self.encoder, self.caption)
        if self.first is None:
            return caption
        part = share**2
        return part * caption + (1 - part) * _unit(self.encoder, self.first)


def _unit(encoder: Encoder, text: str) -> Values:
    vector = np.asarray(encoder.text(text), dtype=np.float64)
    length = np.linalg.norm(vector)
    if not 0 < length < np.inf:
        raise RequestError(f"The encoder makes a vector of length {length:g} of {text!r}. Say it otherwise.")
    return vector / length


@attrs.frozen(eq=False)
class _Misfit:
    """One minus the cosine with a vector (D,)."""

    encoder: Encoder
    target: Values

    def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
        vectors, vjp = self.encoder.image(percept.reshape(-1, *percept.shape[2:]))
        length = np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
        f, y = vectors / length, self.target / np.linalg.norm(self.target)
        cosine = (f * y).sum(axis=-1, keepdims=True)
        gradient = vjp((cosine * f - y) / length)
        return (1 - cosine).reshape(percept.shape[:2]), gradient.reshape(percept.shape)
