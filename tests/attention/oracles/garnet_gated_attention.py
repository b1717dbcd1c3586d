"""GaRNet's gate, its residual blocks, the gate without a mask, and the masks at each scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.blocks import text_gate
from neurogate.attention.layers.garnet import GatedTextBlock
from neurogate.attention.operators import mask_scales
from tests.attention.agreement import Case, Stored, gradients

GATE = {"alpha": "alpha", "beta": "beta", "stroke.weight": "conv.weight", "surround.weight": "conv2.weight"}
BLOCK = {
    **{f"{ours}.{which}": f"conv{i}.{which}" for i, ours in ((1, "first"), (2, "second"))
       for which in ("weight", "bias")},
    **{f"gate.{ours}": f"att_layer.{theirs}" for ours, theirs in GATE.items()},
}  # fmt: skip
SHORTCUT = {f"shortcut.{which}": f"conv3.{which}" for which in ("weight", "bias")}
MASKS = ("in1", "out1", "in2", "out2", "in3", "out3", "in4", "out4", "out5")


def cases(stored: Stored) -> Iterator[Case]:
    yield from _gate(stored)
    x = stored.real("gate/x")
    alone, _ = text_gate.forward(x, {"stroke.weight": stored.real("spatial/W.conv.weight")})
    yield Case("garnet", "spatial attention", alone, stored["spatial/att"])
    for label in dict.fromkeys(key.partition("/")[0] for key in stored if key.startswith("res")):
        yield from _block(stored, label)
    found = mask_scales.forward(stored.real("maskbranch/in"), per_sample=False)
    for name, mask in zip(MASKS, found, strict=True):
        yield Case("mask_scales", name, mask, stored[f"maskbranch/{name}"])


def _gate(stored: Stored) -> Iterator[Case]:
    x, mask, p = stored.real("gate/x"), stored.real("gate/mask"), _vectors(stored.under("gate/W.", GATE))
    attention, cache = text_gate.forward(x, p, mask)
    for name, array in (("att", attention), ("att1_sig", cache.stroke), ("att2_sig", cache.surround)):
        yield Case("garnet", f"gate {name}", array, stored[f"gate/{name}"])
    dx, _, found = text_gate.backward(stored.real("gate/R"), cache)
    yield Case("garnet", "gate dx", dx, stored["gate/d_x"], backward=True)
    yield from gradients("garnet", "gate", found, _vectors(stored.under("gate/dW.", GATE)))


def _block(stored: Stored, label: str) -> Iterator[Case]:
    names = BLOCK | (SHORTCUT if f"{label}/W.conv3.weight" in stored.arrays else {})
    x, y = stored.real(f"{label}/x"), stored[f"{label}/y"]
    layer = GatedTextBlock(channels=x.shape[1], outputs=y.shape[1], stride=-(-x.shape[2] // y.shape[2]),
                           kernel=stored[f"{label}/W.att_layer.conv.weight"].shape[-1])  # fmt: skip
    layer.parameters.update(_vectors(stored.under(f"{label}/W.", names)))
    found, cache = layer.forward(x, stored.real(f"{label}/mask"))
    yield Case("garnet", f"{label} y", found, y)
    yield Case("garnet", f"{label} attention", cache.gate.attention, stored[f"{label}/att"])
    (dx, _), more = layer.backward(stored.real(f"{label}/R"), cache)
    yield Case("garnet", f"{label} dx", dx, stored[f"{label}/d_x"], backward=True)
    yield from gradients("garnet", label, more, _vectors(stored.under(f"{label}/dW.", names)))


def _vectors(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array.reshape(array.shape or 1) for name, array in arrays.items()}
