"""Encoders of pictures and texts for NevaClip: a few lines that know colours, and a door for CLIP."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError

__all__ = ["ColourContrast", "OpenClip", "open_clip"]

Values = NDArray[np.float64]

WORDS = {"red": (1, 0, 0, 0), "green": (0, 1, 0, 0), "blue": (0, 0, 1, 0), "grey": (0, 0, 0, 1)}
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@attrs.frozen
class ColourContrast:
    r"""How much detail there is in red, green and blue; for tests and examples, since it knows nothing else.

    .. math:: f_c(x) = \langle |\nabla x_c|^2 \rangle, \quad f_4 = g

    with differences of neighbours for the gradient. A text is the sum of the vectors of the colours in it, of
    which grey is the fourth.

    Parameters
    ----------
    grey : float
        g; of a picture without detail nothing else is left.

    Examples
    --------
    >>> ColourContrast().text("a red and a blue ball").tolist()
    [1.0, 0.0, 1.0, 0.0]
    """

    grey: float = 0.01

    def image(self, pictures: Values) -> tuple[Values, Callable[[Values], Values]]:
        """Return vectors (N, 4) of pictures (N, 3, h, w), and their vector-Jacobian product."""
        steps = np.diff(pictures, axis=-2), np.diff(pictures, axis=-1)
        pixels = pictures.shape[-2] * pictures.shape[-1]
        vectors = np.full((len(pictures), 4), float(self.grey))
        vectors[:, :3] = sum((step**2).sum(axis=(-2, -1)) for step in steps) / pixels

        def vjp(dvectors: Values) -> Values:
            scale = 2 / pixels * dvectors[:, :3, None, None]
            gradient = np.zeros(pictures.shape)
            down, right = (scale * step for step in steps)
            gradient[..., 1:, :] += down
            gradient[..., :-1, :] -= down
            gradient[..., 1:] += right
            gradient[..., :-1] -= right
            return gradient

        return vectors, vjp

    def text(self, text: str) -> Values:
        """Return the vector (4,) of a text."""
        found = [WORDS[word] for word in text.lower().split() if word in WORDS]
        if not found:
            raise RequestError(f"There is no colour in {text!r}. Name one of {', '.join(WORDS)}.")
        return np.asarray(np.sum(found, axis=0, dtype=np.float64))


@attrs.frozen(eq=False)
class OpenClip:
    """A model of open_clip, or any of PyTorch with `encode_image` and `encode_text`.

    It was tested with small random models only, one of them of open_clip 3.3. No result with CLIP was
    reproduced here.

    Parameters
    ----------
    model : torch.nn.Module
        In evaluation mode, best; pictures go to where its parameters are, in their number type.
    tokenizer : callable
        Takes a list of texts to what `encode_text` takes.
    mean, deviation : (float, float, float)
        That pictures are normalised by; CLIP's own if left out.
    """

    model: Any
    tokenizer: Callable[[list[str]], Any]
    mean: tuple[float, float, float] = MEAN
    deviation: tuple[float, float, float] = DEVIATION

    def image(self, pictures: Values) -> tuple[Values, Callable[[Values], Values]]:
        """Return vectors (N, D) of pictures (N, 3, h, w), and their vector-Jacobian product."""
        torch = _torch()
        mean, deviation = (np.reshape(each, (3, 1, 1)) for each in (self.mean, self.deviation))
        x = torch.as_tensor((pictures - mean) / deviation).to(next(iter(self.model.parameters())))
        x.requires_grad_(True)
        vectors = self.model.encode_image(x)

        def vjp(dvectors: Values) -> Values:
            (gradient,) = torch.autograd.grad(vectors, x, torch.as_tensor(dvectors).to(vectors))
            return np.asarray(_numbers(gradient) / deviation)

        return _numbers(vectors), vjp

    def text(self, text: str) -> Values:
        """Return the vector (D,) of a text."""
        tokens = self.tokenizer([text]).to(next(iter(self.model.parameters())).device)
        with _torch().no_grad():
            return np.asarray(_numbers(self.model.encode_text(tokens))[0])


def open_clip(name: str = "RN50", pretrained: str | None = "openai", device: str = "cpu") -> OpenClip:
    """Load a model of the package open_clip, if it and its weights are there.

    Parameters
    ----------
    name : str
        As ``open_clip.list_models()`` has it; the paper's if left out.
    pretrained : str, optional
        As ``open_clip.list_pretrained()`` has it, or a file of weights; None leaves them random.
    device : str
        As PyTorch names it.

    Returns
    -------
    OpenClip
        An encoder for `neurogate.scanpath.models.nevaclip.nevaclip`.

    Raises
    ------
    RequestError
        If the package is not there, or the weights cannot be had.
    """
    try:
        package = importlib.import_module("open_clip")
    except ImportError:
        raise RequestError(
            "The package open_clip is not installed. Install it with `pip install open_clip_torch`, or give "
            "another encoder."
        ) from None
    try:
        model, _, _ = package.create_model_and_transforms(name, pretrained=pretrained, device=device)
    except (OSError, RuntimeError, ValueError) as error:
        raise RequestError(f"{name} with the weights {pretrained} cannot be loaded: {error}") from None
    shown = getattr(model, "visual", None)
    mean = tuple(getattr(shown, "image_mean", None) or MEAN)
    deviation = tuple(getattr(shown, "image_std", None) or DEVIATION)
    return OpenClip(model.eval(), package.get_tokenizer(name), mean, deviation)


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        raise RequestError(
            "PyTorch is not installed. Install torch, or give an encoder that is not of it."
        ) from None


def _numbers(tensor: Any) -> Values:
    return np.asarray(tensor.detach().cpu().double().numpy())
