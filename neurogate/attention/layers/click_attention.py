"""Click attention: clicks on a scene ask its points which object they belong to, all objects at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.blocks import mlp, placed_attention, weighted
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import fourier_code, layer_norm, object_masks, sinusoidal
from neurogate.attention.options import record
from neurogate.attention.products import matmul
from neurogate.units import Count, Positive, settings

__all__ = ["ClickAttention", "Clicks"]


class Clicks(NamedTuple):
    """What was clicked, in any order.

    Attributes
    ----------
    points : (Q,) or (B, Q) int
        Which points of the scene; of each scene if there are several.
    objects : (Q,) int
        What they belong to: 0 is the background, the objects count from 1 without a gap.
    times : (Q,)
        When; the first click of all is at 0.
    """

    points: Array
    objects: Array
    times: Array


class CacheOfLevel(NamedTuple):
    """What the backward of one level needs, and what the class says of its fields."""

    after_c2s: Array
    after_c2c: Array
    after_ffn: Array
    scene: Array
    logits: Array
    allowed: Array
    masks: Array
    parts: dict[str, Any]


class Cache(NamedTuple):
    """What the backward needs; `levels` are described by the class."""

    levels: list[CacheOfLevel]
    clicked: Array


@settings
class ClickAttention(Layer):
    r"""Segment the points of a scene by clicks on its objects.

    Each click is a query: the feature of its point, placed by a code of where and when. Learnt queries stand
    for the background beside clicks on it. A level is

    .. math::
        q \leftarrow \mathrm{LN}(q + \mathrm{MHA}(q + p_q, s + p_s, s)), \quad
        q \leftarrow \mathrm{LN}(q + \mathrm{MHA}(q + p_q, q + p_q, q))

        q \leftarrow \mathrm{LN}(q + \mathrm{FFN}(q)), \quad
        s \leftarrow \mathrm{LN}(s + \mathrm{MHA}(s + p_s, q + p_q, q))

        l_{io} = \max_{q \in o} s_i \cdot \mathrm{MLP}(\mathrm{LN}(q))

    for scene s, and in the next level a query looks only at points whose largest logit is that of its own
    object, or at all if there are none. Where points lie is a constant for the backward.

    The output (B, levels, P, 1 + O) are the logits after each level, the background first, for every level
    has a loss, `neurogate.attention.operators.click_loss`. Each of ``cache.levels`` has the queries
    ``after_c2s``, ``after_c2c`` and ``after_ffn`` (the clicks as they were given, then the learnt ones), the
    ``scene``, the ``logits``, and where queries are ``allowed`` (B, Q, P) to look next.
    `neurogate.attention.training.clicks` simulates who clicks.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    hidden : int
        Width of the FFN.
    levels : int
        How many.
    background : int
        Learnt queries.
    dimensions : int
        Of space.
    eps : float
        Of the norms.

    References
    ----------
    AGILE3D: attention guided interactive multi-object 3D segmentation (2023), arXiv:2306.00977.

    Examples
    --------
    >>> layer = ClickAttention(d_model=8, heads=2, hidden=6, levels=2, background=1, dimensions=2)
    >>> clicks = Clicks(np.array([0, 3]), np.array([1, 2]), np.array([0, 1]))
    >>> y, cache = layer.forward(np.ones((1, 5, 8)), np.random.default_rng(0).random((5, 2)), clicks)
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape
    ((1, 2, 5, 3), (1, 5, 8))
    """

    d_model: Count = 128
    heads: Count = 8
    hidden: Count = 1024
    levels: Count = 3
    background: Count = 10
    dimensions: Count = 3
    eps: Positive = 1e-5

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or the width is odd."""
        divides("heads", self.heads, self.d_model)
        if self.d_model % 2:
            raise ValueError(f"d_model is {self.d_model}; sines and cosines need an even one.")

    @property
    def frequencies(self) -> Array:
        """Those of the code of places, (dimensions, D / 2), drawn from the seed and not learnt."""
        return np.random.default_rng([self.seed, 1]).standard_normal((self.dimensions, self.d_model // 2))

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw maps by Xavier's rule, the learnt queries from a normal distribution."""
        d = self.d_model
        drawn: Parameters = {f"background.{name}": draw.normal(rng, (self.background, d), 1.0)
                             for name in ("feature", "place")}  # fmt: skip
        for i in range(self.levels):
            for name in ("c2s", "c2c", "s2c"):
                drawn |= named(f"level{i}.{name}", placed_attention.initial(rng, d))
                drawn[f"level{i}.{name}.attention.o.weight"] = draw.xavier_uniform(rng, (d, d))
            ffn = mlp.initial(rng, d, self.hidden, d)
            ffn |= {f"{name}.weight": draw.xavier_uniform(rng, ffn[f"{name}.weight"].shape)
                    for name in ("hidden", "out")}  # fmt: skip
            drawn |= named(f"level{i}.ffn", ffn)
            drawn |= {f"level{i}.norm.weight": np.ones(d), f"level{i}.norm.bias": np.zeros(d)}
        drawn |= {"norm.weight": np.ones(d), "norm.bias": np.zeros(d)}
        return drawn | named("head", mlp.initial(rng, d, d, d))

    def forward(
        self, x: Array, coordinates: Array, clicks: Clicks, frequencies: Array | None = None
    ) -> tuple[Array, Cache]:
        """Return the logits (B, levels, P, 1 + O) of the points (B, P, D), and what `backward` needs.

        Coordinates are (B, P, dimensions), or (P, dimensions) of all scenes. Frequencies are those of the
        layer if left out. That clicks are on points of the scene is looked at on a CPU alone; a click beside
        them has no feature.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        points, objects, times = self._checked(x, coordinates, clicks)
        waves = xp.asarray(self.frequencies) if frequencies is None else frequencies
        namespace(x=x, frequencies=waves)
        place = fourier_code.code(coordinates, waves.astype(coordinates.dtype)).astype(x.dtype)
        place = xp.broadcast_to(place, x.shape)
        when, _ = sinusoidal.forward(times.astype(x.dtype), self.d_model)
        clicked = (points[..., None] == xp.arange(x.shape[1])).astype(x.dtype)
        learnt = (len(x), self.background, self.d_model)
        feature, where = (xp.broadcast_to(p[f"background.{name}"], learnt) for name in ("feature", "place"))
        q = xp.concatenate([matmul(clicked, x), feature], axis=1)
        qp = xp.concatenate([matmul(clicked, place) + when, where], axis=1)
        owner = xp.concatenate([objects, xp.zeros(self.background, objects.dtype)])
        owners, levels = object_masks.plan(owner), list[CacheOfLevel]()
        for i in range(self.levels):
            mask = levels[-1].allowed[:, None] if levels else None
            levels.append(self._level(q, qp, x, place, owner, owners, p, i, mask))
            q, x = levels[-1].after_ffn, levels[-1].scene
        return xp.stack([level.logits for level in levels], axis=1), Cache(levels, clicked)

    def _level(
        self, q: Array, qp: Array, s: Array, sp: Array, owner: Array, owners: object_masks.Plan,
        p: Parameters, i: int, mask: Array | None,
    ) -> CacheOfLevel:  # fmt: skip
        own = part(p, f"level{i}")
        parts: dict[str, Any] = {}
        how: dict[str, Any] = {"heads": self.heads, "eps": self.eps}
        q1, parts["c2s"] = placed_attention.forward(q, s, qp, sp, part(own, "c2s"), mask=mask, **how)
        q2, parts["c2c"] = placed_attention.forward(q1, q1, qp, qp, part(own, "c2c"), **how)
        u, parts["ffn"] = mlp.forward(q2, part(own, "ffn"), activation="relu")
        q3, parts["norm"] = weighted.forward(layer_norm, q2, own, "norm", eps=self.eps, added=u)
        s, parts["s2c"] = placed_attention.forward(s, q3, sp, qp, part(own, "s2c"), **how)
        n, parts["head norm"] = weighted.forward(layer_norm, q3, p, "norm", eps=self.eps)
        masks, parts["head"] = mlp.forward(n, part(p, "head"), activation="relu")
        logits, parts["best"] = object_masks.forward(matmul(s, masks.swapaxes(1, 2)), owners)
        return CacheOfLevel(q1, q2, q3, s, logits, object_masks.allowed(logits, owner), masks, parts)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the features of the points and the parameters."""
        dy = answers(dy, (len(cache.clicked), self.levels, *cache.levels[0].logits.shape[1:]), cache)
        total: Parameters = {}
        dq: Any = 0
        ds: Any = 0
        dqp: Any = 0
        for i in reversed(range(self.levels)):
            dq, ds, more, found = self._back(dq, ds, dy[:, i], cache.levels[i], i)
            dqp = dqp + more
            for name, array in found.items():
                total[name] = total[name] + array if name in total else array
        clicks = cache.clicked.shape[1]
        for name, gradient in (("feature", dq), ("place", dqp)):
            total[f"background.{name}"] = gradient[:, clicks:].sum(axis=0)
        return ds + matmul(cache.clicked.swapaxes(1, 2), dq[:, :clicks]), total

    def _back(self, dq: Any, ds: Any, dlogits: Array, level: CacheOfLevel, i: int) -> Any:
        parts = level.parts
        dscores = object_masks.backward(dlogits, parts["best"])
        dn, found = mlp.backward(matmul(dscores.swapaxes(1, 2), level.scene), parts["head"])
        more, shared = weighted.backward(dn, parts["head norm"])
        shared |= named("head", found)
        ds, dq3, _, dqp, s2c = placed_attention.backward(ds + matmul(dscores, level.masks), parts["s2c"])
        dx, norm = weighted.backward(dq + more + dq3, parts["norm"])
        du, ffn = mlp.backward(dx, parts["ffn"])
        dq1, again, place, too, c2c = placed_attention.backward(dx + du, parts["c2c"])
        dq, dmemory, dplace, _, c2s = placed_attention.backward(dq1 + again, parts["c2s"])
        own = norm
        for name, each in (("s2c", s2c), ("ffn", ffn), ("c2c", c2c), ("c2s", c2s)):
            own = own | named(name, each)
        return dq, ds + dmemory, dqp + place + too + dplace, shared | named(f"level{i}", own)

    def _checked(self, x: Array, coordinates: Array, clicks: Clicks) -> tuple[Array, Array, Array]:
        xp = namespace(x=x, coordinates=coordinates)
        points, objects, times = map(xp.asarray, record("clicks", clicks, Clicks))
        fits(coordinates.shape in ((*x.shape[:2], self.dimensions), (x.shape[1], self.dimensions)),
             f"coordinates must be (batch, points, {self.dimensions}) or (points, {self.dimensions})",
             x=x, coordinates=coordinates)  # fmt: skip
        good = objects.ndim == 1 and times.shape == objects.shape and points.shape[-1:] == objects.shape
        fits(good and points.shape[:-1] in ((), (len(x),)), "each click needs a point, an object and a time",
             x=x, points=points, objects=objects, times=times)  # fmt: skip
        whole = all(each.dtype.kind in "iu" or not each.size for each in (points, objects))
        fits(whole and times.dtype.kind in "iuf", "points and objects must be whole, and times be numbers",
             points=points, objects=objects, times=times)  # fmt: skip
        inside = xp is not np or ((points >= 0) & (points < x.shape[1])).all()  # a GPU would have to wait
        fits(inside, "a click must be on a point of the scene", x=x, points=points)
        return xp.broadcast_to(points, (len(x), len(objects))), objects, times
