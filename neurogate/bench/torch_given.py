"""What layers in plain PyTorch tensors share: our parameters by name, and the maps that all are made of."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import attrs

__all__ = ["Case", "Given", "forms"]

HEADS = 4
Peer = Callable[..., Any]


def _sequences(batch: int, length: int, width: int) -> tuple[int, ...]:
    return batch, length, width


def _nothing(shape: tuple[int, ...]) -> Mapping[str, Any]:
    return {}


@attrs.frozen
class Case:
    """A layer, and what does the same in PyTorch.

    Parameters
    ----------
    layer : str
        Of the catalogue.
    peers : mapping of str to callable
        "eager", "loop", "chunked" or "fused"; each takes what is `Given`, the input, and what is put in
        beside it by name.
    settings : mapping
        Of the layer, beside its width.
    width : str
        The setting that says how wide the input is; none if it is empty.
    shape : callable
        The shape of the input for a batch, a length and a width.
    beside : callable
        What is put in beside an input of a shape: arrays, or tuples of them, by name.
    moved : tuple of str
        Which of that have a gradient.
    grows : bool
        Whether it is measured at many lengths too.
    """

    layer: str
    peers: Mapping[str, Peer]
    settings: Mapping[str, Any] = attrs.Factory(dict)
    width: str = "d_model"
    shape: Callable[[int, int, int], tuple[int, ...]] = _sequences
    beside: Callable[[tuple[int, ...]], Mapping[str, Any]] = _nothing
    moved: tuple[str, ...] = ()
    grows: bool = True


@attrs.frozen
class Given:
    """What a peer computes with.

    Parameters
    ----------
    torch : module
        PyTorch.
    parameters : mapping of str to tensor
        By our names.
    heads : int
        H.

    Examples
    --------
    >>> Given(None, {"norm.weight": 1.0, "q.weight": 2.0}).part("q")["weight"]
    2.0
    """

    torch: Any
    parameters: Mapping[str, Any]
    heads: int = HEADS

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    @property
    def f(self) -> Any:
        """The functions of PyTorch."""
        return self.torch.nn.functional

    def part(self, name: str) -> Given:
        """Return the same with the parameters of one part, without its name in front."""
        own = {
            key.removeprefix(f"{name}."): p
            for key, p in self.parameters.items()
            if key.startswith(f"{name}.")
        }
        return attrs.evolve(self, parameters=own)

    def linear(self, x: Any, name: str) -> Any:
        """Map the last axis."""
        return self.f.linear(x, self[f"{name}.weight"], self.parameters.get(f"{name}.bias"))

    def norm(self, x: Any, name: str) -> Any:
        """Return the layer norm."""
        return self.f.layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], 1e-5)

    def rms(self, x: Any, name: str = "", eps: float = 1e-5) -> Any:
        """Return the norm by the root mean square, with weights if they have a name."""
        unit = x * self.torch.rsqrt((x * x).mean(-1, keepdim=True) + eps)
        return unit * self[f"{name}.weight"] if name else unit

    def mlp(self, x: Any, bend: Any) -> Any:
        """Return the perceptron of the parts "hidden" and "out"."""
        return self.linear(bend(self.linear(x, "hidden")), "out")

    def glu(self, x: Any, bend: Any) -> Any:
        """Return the gated linear unit."""
        return self.linear(bend(self.linear(x, "gate")) * self.linear(x, "hidden"), "out")

    def split(self, x: Any, heads: int | None = None) -> Any:
        """Return (B, H, T, h) of (B, T, H h)."""
        return x.unflatten(-1, (heads or self.heads, -1)).transpose(1, 2)

    def joined(self, x: Any) -> Any:
        """Return (B, T, H h) of (B, H, T, h)."""
        return x.transpose(1, 2).flatten(2)

    def projected(self, x: Any, names: str = "qkv") -> list[Any]:
        """Return what each head works with."""
        return [self.split(self.linear(x, name)) for name in names]

    def attend(self, q: Any, k: Any, v: Any, added: Any = 0) -> Any:
        """Return softmax attention, written out, with something added to its scores."""
        return self.torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + added, -1) @ v

    def attention(self, query: Any, key: Any = None, value: Any = None, added: Any = 0) -> Any:
        """Return multi-head attention, of a sequence to itself if it is alone."""
        inputs = query, query if key is None else key, query if value is None else value
        q, k, v = (self.split(self.linear(x, name)) for x, name in zip(inputs, "qkv", strict=True))
        return self.linear(self.joined(self.attend(q, k, v, added)), "o")

    def hidden(self, where: Any, like: Any) -> Any:
        """Return what hides scores: minus infinity where it says so, else 0."""
        return self.torch.zeros(where.shape, dtype=like.dtype, device=like.device).masked_fill(
            where, -float("inf")
        )

    def lags(self, x: Any) -> Any:
        """Return how many steps each key, (T, T), lies before its query."""
        steps = self.torch.arange(x.shape[1], device=x.device)
        return steps[:, None] - steps

    def later(self, x: Any) -> Any:
        """Return what hides the keys behind a query."""
        return self.hidden(self.lags(x) < 0, x)

    def turned(self, x: Any, places: Any, base: float = 1e4, *, pairs: bool = False) -> Any:
        """Return rotary positions, of neighbours or of the two halves of the features."""
        rates = base ** (-self.torch.arange(0, x.shape[-1], 2, dtype=x.dtype, device=x.device) / x.shape[-1])
        angle = places[..., None].to(x.dtype) * rates
        return self.rotated(x, angle, pairs=pairs)

    def rotated(self, x: Any, angle: Any, *, pairs: bool) -> Any:
        """Turn pairs of features by angles."""
        one, two = (x[..., ::2], x[..., 1::2]) if pairs else x.chunk(2, -1)
        cos, sin = angle.cos(), angle.sin()
        both = one * cos - two * sin, two * cos + one * sin
        return self.torch.stack(both, -1).flatten(-2) if pairs else self.torch.cat(both, -1)

    def by_channel(self, x: Any, name: str) -> Any:
        """Convolve the channels of an image, each by itself, with a border of zeros."""
        weight = self[f"{name}.weight"]
        padding = weight.shape[-1] // 2
        return self.f.conv2d(
            x, weight, self.parameters.get(f"{name}.bias"), padding=padding, groups=len(weight)
        )

    def by_past(self, x: Any, name: str) -> Any:
        """Convolve the channels of (B, T, D), each by itself and its past."""
        weight = self[f"{name}.weight"].flatten(1)[:, None]
        longer = self.f.pad(x.transpose(1, 2), (weight.shape[-1] - 1, 0))
        bias = self.parameters.get(f"{name}.bias")
        return self.f.conv1d(longer, weight, bias, groups=len(weight)).transpose(1, 2)


def forms(peer: Peer, **memories: Peer) -> dict[str, Peer]:
    """Return a peer with each of several memories.

    Parameters
    ----------
    peer : callable
        Takes a memory by name.
    **memories : callable
        By the names of the peers.

    Examples
    --------
    >>> forms(lambda memory: memory(3), loop=abs)["loop"]()
    3
    """
    return {name: functools.partial(peer, memory=memory) for name, memory in memories.items()}
