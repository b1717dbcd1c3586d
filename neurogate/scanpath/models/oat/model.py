"""OAT: a transformer that reads objects and the search so far, and scores the object looked at next."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, fits
from neurogate.attention.blocks import decoder, encoder, weighted
from neurogate.attention.layer import Layer, Parameters, named, part
from neurogate.attention.operators import dropout, linear
from neurogate.scanpath.models.oat import object_head, pictures, tokens
from neurogate.scanpath.models.oat.pictures import Patch
from neurogate.scanpath.models.oat.position_code import exact_code
from neurogate.scanpath.models.oat.shelf import Batch
from neurogate.units import Count, Domain, Positive, settings

__all__ = ["OAT", "Memory"]

HIDDEN = -1e9
"""Score of what is no object: its probability is 0, and it stays finite."""


class Memory(NamedTuple):
    """What is read once in a search.

    Attributes
    ----------
    encoded : (B, N + 1, D)
        What the encoder says of the objects, and of the target.
    looked, places : (B, N + 1, ...)
        How the objects look and where they stand; the start comes last.
    known : (B, N + 1) bool
        Where there is an object; true for the last.
    targets : (B,) int
        Which is searched.
    """

    encoded: Array
    looked: Array
    places: Any
    known: Any
    targets: Any


class Cache(NamedTuple):
    """What the backward needs; ``head.scores`` are those of each head, before they are mixed."""

    looks: Any
    read: tokens.Cache
    encoder: list[encoder.Cache]
    seen: tokens.Cache
    decoder: list[decoder.Cache]
    head: object_head.Cache
    known: Any
    kept: tuple[Array | None, Array | None]


@settings
class OAT(Layer):
    r"""The object-level attention transformer.

    A token is :math:`[\text{look}; \text{row}; \text{column}; \text{flag}]`, half of its width for what is
    seen and half for the exact code of positions (`position_code`). The encoder reads all objects and, as the
    last token, the target once more with the flag 1. The decoder reads what was fixated, from the middle of
    the shelf on, with a sinusoidal code of the order; the target has the flag 1 there too. What it says is
    compared with what the encoder says (`object_head`).

    The target is shown where it stands, as the authors do: the model says how humans come there, and need not
    find it. ``told="look"`` hides the place and leaves the look.

    Parameters
    ----------
    features : int
        F of looks, if they are features.
    patch : Patch, optional
        If looks are pictures: what looks at them.
    d_model : int
        D.
    hidden : int
        Width of the perceptrons.
    encoders, decoders : int
        Layers; norms stand behind residuals.
    heads, object_heads : int
        Of attention, and of `object_head`.
    longest : int
        Rows and columns that a shelf may have.
    spread : float
        Of the code of positions.
    end : {"constant", "target"}
        What the end of a search scores: 0, or what the token of the target does, as in the authors' code.
    told : {"place", "look"}
        Whether the token of the target says where it stands, or stands in the middle.
    dropout : float
        How likely a number of a token is lost in training. The layers themselves lose none.

    References
    ----------
    Fang, Yu, Zhang, van der Lans & Shi 2024, OAT: Object-Level Attention Transformer for Gaze Scanpath
    Prediction, arXiv:2407.13335.

    Examples
    --------
    >>> from neurogate.scanpath.models.oat.shelf import batch, shelf
    >>> model = OAT(features=3, d_model=48, hidden=16, encoders=1, decoders=1, longest=4)
    >>> scene = batch([shelf(np.eye(6, 3), target=4, shape=(2, 3))])
    >>> scores, _ = model.forward(scene, np.array([[1, 2, 4]]))
    >>> scores.shape  # at the start and after each fixation: of six objects and the end
    (1, 4, 7)
    """

    features: Count = 256
    patch: Patch | None = None
    d_model: Count = 512
    hidden: Count = 512
    encoders: Count = 4
    decoders: Count = 4
    heads: Count = 4
    object_heads: Count = 2
    longest: Count = 14
    spread: Positive = 2.0
    end: Literal["constant", "target"] = "constant"
    told: Literal["place", "look"] = "place"
    dropout: Annotated[float, Domain(0, 1, high_open=True)] = 0.1

    def check(self) -> None:
        """Raise ValueError if the parts of a token do not fit."""
        if self.d_model % 2 or self.d_model % self.heads:
            raise ValueError(f"d_model is {self.d_model}; 2 and heads, {self.heads}, must divide it.")
        most = self.d_model // 2 - 2 * self._part
        if not 2 <= self.longest <= most:
            raise ValueError(f"longest is {self.longest}; it must be from 2 to {most}, or d_model larger.")
        if self.patch is not None and not self.patch.features:
            raise ValueError(
                f"patch is of {self.patch.height} x {self.patch.width}, too small for its network; "
                "use smaller pools."
            )

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the layers as PyTorch does, and the rest by Glorot's rule."""
        d = self.d_model
        if self.patch is None:
            weight = draw.xavier_uniform(rng, (d // 2, self.features))
            drawn: Parameters = {"look.weight": weight, "look.bias": np.zeros(d // 2)}
        else:
            drawn = named("look", pictures.initial(rng, self.patch, d // 2))
        for layer in range(self.encoders):
            drawn |= named(f"encoder.{layer}", encoder.initial(rng, d, self.hidden))
        for layer in range(self.decoders):
            drawn |= named(f"decoder.{layer}", decoder.initial(rng, d, self.hidden))
        return drawn | named("head", object_head.initial(rng, d, self.object_heads))

    def forward(
        self, scene: Batch, fixated: Any, *, rng: np.random.Generator | None = None
    ) -> tuple[Array, Cache]:
        """Return the scores (B, T + 1, N + 1) at the start and after each of the objects fixated, (B, T).

        With `rng`, numbers of tokens are lost.
        """
        xp, p = self.given(looks=scene.looks)
        self._fits(scene, fixated)
        memory, looks, read, kept, layers = self._encoded(scene, p, xp, rng)
        started = xp.full((len(fixated), 1), scene.known.shape[1])
        x, seen = self._said(xp.concatenate([started, fixated], axis=1), memory, xp)
        x, lost = self._lossy(tokens.in_order(x), rng)
        y, steps = self._decoded(x, memory, p, [None] * self.decoders)
        z, head = object_head.forward(memory.encoded, y, part(p, "head"), constant=self.end == "constant")
        cache = Cache(looks, read, layers, seen, steps, head, memory.known, (kept, lost))
        return self._only(z, memory.known, xp), cache

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the looks and the parameters."""
        dencoded, dx, found = object_head.backward(dy * cache.known[:, None], cache.head)
        gradients = named("head", found)
        for layer in reversed(range(self.decoders)):
            dx, dmemory, found = decoder.backward(dx, cache.decoder[layer])
            dencoded = dencoded + dmemory
            gradients |= named(f"decoder.{layer}", found)
        dlooked = tokens.backward(dropout.backward(dx, cache.kept[1]), cache.seen)
        dx = dencoded
        for layer in reversed(range(self.encoders)):
            dx, found = encoder.backward(dx, cache.encoder[layer])
            gradients |= named(f"encoder.{layer}", found)
        dlooked = dlooked + tokens.backward(dropout.backward(dx, cache.kept[0]), cache.read)
        if self.patch is None:
            dlooks, found = weighted.backward(dlooked, cache.looks)
        else:
            dlooks, found = pictures.backward(dlooked, cache.looks)
            found = named("look", found)
        return dlooks[:, :-1], gradients | found

    def remember(self, scene: Batch) -> Memory:
        """Return what all steps of a search need, read once."""
        xp, p = self.given(looks=scene.looks)
        self._fits(scene, np.zeros((len(scene.looks), 0), dtype=int))
        return self._encoded(scene, p, xp, None)[0]

    def step(self, memory: Memory, past: list[Array] | None, which: Any) -> tuple[Array, list[Array]]:
        """Return the scores (B, N + 1) after the fixation of one object each, (B,), and the past after it.

        The past before the first step is None; what is fixated then is the start, object N.
        """
        xp, p = self.given(encoded=memory.encoded)
        before: list[Array | None] = [*past] if past else [None] * self.decoders
        count = 0 if before[0] is None else before[0].shape[1]
        x, _ = self._said(which[:, None], memory, xp)
        y, steps = self._decoded(tokens.in_order(x, count), memory, p, before)
        z, _ = object_head.forward(memory.encoded, y, part(p, "head"), constant=self.end == "constant")
        return self._only(z, memory.known, xp)[:, 0], [step.keys for step in steps]

    def _encoded(
        self, scene: Batch, p: Parameters, xp: Namespace, rng: np.random.Generator | None
    ) -> tuple[Memory, Any, tokens.Cache, Array | None, list[encoder.Cache]]:
        """Look at the objects, and at a blank for the start, and let them see each other."""
        blank = xp.ones_like(scene.looks[:, :1])
        looks = xp.concatenate([scene.looks, blank], axis=1)
        looked, seen = (
            weighted.forward(linear, looks, p, "look") if self.patch is None
            else pictures.forward(looks, part(p, "look"), self.patch)
        )  # fmt: skip
        places = xp.concatenate([scene.places, scene.starts[:, None]], axis=1)
        known = xp.concatenate([scene.known, xp.ones((len(looks), 1), dtype=bool)], axis=1)
        which = xp.broadcast_to(xp.arange(known.shape[1]), known.shape).copy()
        flags, where = xp.zeros_like(which), places.copy()
        which[:, -1], flags[:, -1] = scene.targets, 1
        if self.told == "place":
            where[:, -1] = places[xp.arange(len(looks)), scene.targets]
        x, read = tokens.forward(looked, which, where, flags, self._code(looked, xp))
        x, kept = self._lossy(x, rng)
        caches = []
        for layer in range(self.encoders):
            own = part(p, f"encoder.{layer}")
            x, cache = encoder.forward(x, own, heads=self.heads, norm="post", mask=known[:, None, None])
            caches.append(cache)
        return Memory(x, looked, places, known, scene.targets), seen, read, kept, caches

    def _said(self, which: Any, memory: Memory, xp: Namespace) -> tuple[Array, tokens.Cache]:
        flags = (which == memory.targets[:, None]).astype(int)
        places = memory.places[xp.arange(len(which))[:, None], which]
        return tokens.forward(memory.looked, which, places, flags, self._code(memory.looked, xp))

    def _decoded(
        self, x: Array, memory: Memory, p: Parameters, past: list[Array | None]
    ) -> tuple[Array, list[decoder.Cache]]:
        caches = []
        for layer, before in enumerate(past):
            x, cache = decoder.forward(
                x, memory.encoded, part(p, f"decoder.{layer}"), heads=self.heads, norm="post",
                seen=memory.known[:, None, None], past=before,
            )  # fmt: skip
            caches.append(cache)
        return x, caches

    def _lossy(self, x: Array, rng: np.random.Generator | None) -> tuple[Array, Array | None]:
        kept = None if rng is None else dropout.draw(rng, x.shape, rate=self.dropout)
        return dropout.forward(x, kept, rate=self.dropout)

    def _only(self, z: Array, known: Any, xp: Namespace) -> Array:
        """Hide what is no object."""
        return xp.where(known[:, None], z, HIDDEN).astype(z.dtype, copy=False)

    @property
    def _part(self) -> int:
        """Width of the codes of row, column and flag."""
        return -(-self.d_model // 6)

    def _code(self, like: Array, xp: Namespace) -> Array:
        return xp.asarray(_code(self.longest, self._part, self.spread), dtype=like.dtype)

    def _fits(self, scene: Batch, fixated: Any) -> None:
        wanted = 3 if self.patch is None else 5
        good = scene.looks.ndim == wanted and (
            self.patch is not None or scene.looks.shape[-1] == self.features
        )
        kind = f"(batch, objects, {self.features})" if self.patch is None else "(batch, objects, pictures)"
        fits(good, f"looks must be {kind}", looks=scene.looks)
        fits(fixated.ndim == 2 and len(fixated) == len(scene.looks) and fixated.dtype.kind in "iu",
             "fixated must be (batch, length), whole numbers", fixated=fixated)  # fmt: skip
        legal = not fixated.size or 0 <= int(fixated.min()) <= int(fixated.max()) < scene.known.shape[1]
        fits(legal, f"fixated must be objects from 0 to {scene.known.shape[1] - 1}", fixated=fixated)
        furthest = max(int(scene.places.max()), int(scene.starts.max()))
        fits(furthest < self.longest, f"rows and columns must be below longest, {self.longest}",
             places=scene.places)  # fmt: skip


@functools.lru_cache
def _code(n: int, width: int, spread: float) -> NDArray[np.float64]:
    return exact_code(n, width, spread)
