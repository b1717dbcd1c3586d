"""Encoders know their gradients; the door for CLIP is tried with small random models, not with CLIP."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.encoders import ColourContrast, OpenClip, open_clip
from neurogate.scanpath.models.nevaclip import nevaclip

Values = NDArray[np.float64]
PIXELS, WIDTH = 3 * 6 * 7, 5


class Tensor:
    """As much of a tensor as the door touches; `pull` is the way back to what it was made of."""

    device = "cpu"

    def __init__(self, numbers: Any, pull: Any = None) -> None:
        self.numbers, self.pull = np.asarray(numbers, dtype=np.float64), pull

    def to(self, like: Any) -> Tensor:
        return self

    def requires_grad_(self, wanted: bool) -> None: ...

    def detach(self) -> Tensor:
        return self

    cpu = double = detach

    def numpy(self) -> Values:
        return self.numbers


class Small:
    """A random model, tanh of a linear map, that knows its own gradient."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.weight = rng.standard_normal((WIDTH, PIXELS)) / 10
        self.words = rng.standard_normal((9, WIDTH))

    def parameters(self) -> Any:
        yield Tensor(self.weight)

    def eval(self) -> Small:
        return self

    def encode_image(self, x: Tensor) -> Tensor:
        y = np.tanh(x.numbers.reshape(-1, PIXELS) @ self.weight.T)
        return Tensor(y, lambda dy: (dy * (1 - y**2)) @ self.weight)

    def encode_text(self, tokens: Tensor) -> Tensor:
        return Tensor(self.words[tokens.numbers.astype(int)].sum(axis=1))


def tokens(texts: list[str]) -> Tensor:
    return Tensor([[len(word) % 9 for word in text.split()] for text in texts])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> OpenClip:
    """Return a door to a small model, with a stand-in for PyTorch that has what is asked of it."""

    def grad(y: Tensor, x: Tensor, dy: Tensor) -> tuple[Tensor]:
        return (Tensor(y.pull(dy.numbers).reshape(x.numbers.shape)),)

    torch = SimpleNamespace(as_tensor=Tensor, autograd=SimpleNamespace(grad=grad), no_grad=nullcontext)
    monkeypatch.setitem(sys.modules, "torch", torch)
    return OpenClip(Small(rng), tokens)


def gradients_agree(encoder: Any, pictures: Values, rng: np.random.Generator) -> None:
    vectors, vjp = encoder.image(pictures)
    dvectors, way = rng.standard_normal(vectors.shape), rng.standard_normal(pictures.shape)
    up, down = (encoder.image(pictures + step * way)[0] for step in (1e-5, -1e-5))
    found = (vjp(dvectors) * way).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(((up - down) * dvectors).sum(axis=1) / 2e-5, found, rtol=1e-5, atol=1e-8)


def test_the_gradient_of_colour_contrast_is_that_of_differences(rng: np.random.Generator) -> None:
    gradients_agree(ColourContrast(), rng.random((3, 3, 6, 7)), rng)


def test_contrast_is_of_its_own_colour_and_of_a_plain_picture_none() -> None:
    picture = np.full((1, 3, 4, 4), 0.5)
    assert ColourContrast().image(picture)[0].tolist() == [[0, 0, 0, 0.01]]
    picture[0, 1, 2, 2] = 1
    assert np.flatnonzero(ColourContrast(grey=0).image(picture)[0]).tolist() == [1]


def test_the_door_passes_gradients_through_the_normalisation(
    small: OpenClip, rng: np.random.Generator
) -> None:
    gradients_agree(small, rng.random((2, 3, 6, 7)), rng)
    other = OpenClip(small.model, tokens, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    picture = rng.random((1, 3, 6, 7))
    normal = (picture - np.reshape(small.mean, (3, 1, 1))) / np.reshape(small.deviation, (3, 1, 1))
    np.testing.assert_allclose(small.image(picture)[0], other.image(normal)[0])


def test_the_eye_can_look_through_the_door(small: OpenClip) -> None:
    model = nevaclip(small, "some words here", size=(6, 7), blur=(3, 1.0), fixations=2)
    first, again = (model.scanpaths(np.eye(12), 2, seed=0) for _ in range(2))
    assert [len(path) for path in first] == [2, 2]
    assert not any(path.outside.any() for path in first)
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(first, again, strict=True))


def test_a_real_small_model_of_pytorch_goes_through_the_door(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; the stand-in was tried instead")

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.eye, self.words = torch.nn.Linear(PIXELS, WIDTH), torch.nn.Embedding(9, WIDTH)

        def encode_image(self, x: Any) -> Any:
            return torch.tanh(self.eye(x.flatten(1)))

        def encode_text(self, texts: Any) -> Any:
            return self.words(texts).sum(1)

    encoder = OpenClip(Net().double().eval(), lambda texts: torch.tensor([[1, 2]] * len(texts)))
    gradients_agree(encoder, rng.random((2, 3, 6, 7)), rng)
    assert encoder.text("two words").shape == (WIDTH,)


def test_open_clip_is_loaded_as_it_wants_and_normalises_as_it_says(
    small: OpenClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def create(name: str, *, pretrained: str, device: str) -> tuple[Any, None, None]:
        asked.append((name, pretrained, device))
        if pretrained == "absent":
            raise RuntimeError("there are no such weights")
        small.model.visual = SimpleNamespace(image_mean=(0.1, 0.2, 0.3), image_std=None)
        return small.model, None, None

    package = SimpleNamespace(create_model_and_transforms=create, get_tokenizer=lambda name: tokens)
    monkeypatch.setitem(sys.modules, "open_clip", package)
    loaded = open_clip()
    assert asked == [("RN50", "openai", "cpu")]
    assert (loaded.mean, loaded.deviation) == ((0.1, 0.2, 0.3), small.deviation)
    assert np.array_equal(loaded.text("one"), small.text("one"))
    with pytest.raises(RequestError, match="weights absent cannot be loaded: there are no such weights"):
        open_clip(pretrained="absent")


@pytest.mark.parametrize(
    ("package", "words"), [("open_clip", "pip install open_clip_torch"), ("torch", "PyTorch")]
)
def test_without_the_package_a_sentence_says_what_to_install(
    package: str, words: str, small: OpenClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RequestError, match=words):
        open_clip() if package == "open_clip" else small.image(np.zeros((1, 3, 6, 7)))
