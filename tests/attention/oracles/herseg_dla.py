"""The upstream block of dual-gated linear attention, with its attention alone and its rotary table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.blocks import grid
from neurogate.attention.layers.dual_gated_linear import DualGatedLinear
from neurogate.attention.operators import rotary
from tests.attention.agreement import Case, Stored, gradients

HEADS = 2  # the shapes do not tell
MODULES = {
    "norm1": "norm1", "gate": "act_proj", "value.hidden": "attn.up_proj", "value.out": "attn.down_proj",
    "local": "attn.lepe", "o": "out_proj", "norm2": "norm2", "mlp.hidden": "mlp.fc1", "mlp.out": "mlp.fc2",
}  # fmt: skip
WHICH = ("weight", "bias")


def cases(stored: Stored) -> Iterator[Case]:
    rows, columns, pairs, _ = stored["w.attn.rope.rotations"].shape
    width, hidden = 2 * pairs, len(stored["w.mlp.fc1.bias"])
    layer = DualGatedLinear(
        d_model=width, heads=HEADS, ratio=hidden // width,
        bottleneck=width // len(stored["w.attn.up_proj.bias"]),
    )  # fmt: skip
    layer.parameters.update({name: array.astype(float) for name, array in _parameters(stored, "w.").items()})
    y, cache = layer.forward(stored.real("x"), grid=(rows, columns))
    yield Case("herseg_dla", "y", y, stored["y"])
    yield Case("herseg_dla", "attended", cache.attended, stored["attn_out_on_norm1x"])
    turns = [rotary.angles(each.astype(float), pairs) for each in grid.places((rows, columns))]
    table = np.stack([np.concatenate(each, axis=1) for each in zip(*turns, strict=True)], axis=-1)
    wanted = stored["w.attn.rope.rotations"]
    yield Case("rotary", "table", table.reshape(wanted.shape), wanted)
    dx, found = layer.backward(stored.real("dy"), cache)
    yield Case("herseg_dla", "dx", dx, stored["dx"], backward=True)
    yield from gradients("herseg_dla", "", found, _parameters(stored, "gw."))


def _parameters(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    ours = {f"{a}.{which}": stored[f"{prefix}{b}.{which}"] for a, b in MODULES.items() for which in WHICH}
    for which in WHICH:
        halves = np.split(stored[f"{prefix}attn.qk.{which}"], 2)
        ours |= {f"{name}.{which}": half for name, half in zip("qk", halves, strict=True)}
    return ours
