"""Attention between places and between channels: DANet's two, and the one of AGUNet's repository."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.dual_attention import ChannelAttention, PositionAttention
from tests.attention.agreement import Case, Stored, gradients

PROJECTIONS = {f"{ours}.{which}": f"{theirs}_conv.{which}" for ours, theirs in
               (("q", "query"), ("k", "key"), ("v", "value")) for which in ("weight", "bias")}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    x = stored.real("pam/x")
    inner = len(stored["pam/W.query_conv.weight"])
    position = PositionAttention(channels=x.shape[1], inner=inner, axes=x.ndim - 2)
    yield from _agrees(stored, "position_attention", "pam", position, {"gamma": "gamma", **PROJECTIONS})
    x = stored.real("cam/x")
    channel = ChannelAttention(channels=x.shape[1], axes=x.ndim - 2)
    yield from _agrees(stored, "channel_attention", "cam", channel, {"gamma": "gamma"})
    x, wanted = (np.moveaxis(stored[f"cam_agunet/{name}_cl"], -1, 1) for name in "xy")
    like = ChannelAttention(channels=x.shape[1], axes=x.ndim - 2, likeness="like")
    like.parameters["gamma"] = np.array([0.8])  # not stored; the same as of the others
    yield Case("channel_attention", "cam_agunet y", like.forward(x)[0], wanted)


def _agrees(
    stored: Stored, gate: str, label: str, layer: PositionAttention | ChannelAttention, names: dict[str, str]
) -> Iterator[Case]:
    layer.parameters.update(_flat(stored.under(f"{label}/W.", names)))
    y, cache = layer.forward(stored.real(f"{label}/x"))
    yield Case(gate, f"{label} y", y, stored[f"{label}/y"])
    dx, found = layer.backward(stored.real(f"{label}/R"), cache)
    yield Case(gate, f"{label} dx", dx, stored[f"{label}/d_x"], backward=True)
    yield from gradients(gate, label, found, _flat(stored.under(f"{label}/dW.", names)))


def _flat(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: a.reshape(a.shape[:2]) if a.ndim > 2 else a for name, a in arrays.items()}
