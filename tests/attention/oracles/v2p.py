"""V2P: labels of patches, the upstream pointer head, and its loss with all that flows back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.pointer_head import PointerHead
from neurogate.attention.operators import patch_labels, pointer_loss
from tests.attention.agreement import Case, Stored, gradients

HEADS = 4  # the shapes do not tell
MODULES = {
    "attention.o": "self_attention.out_proj", "norm": "layer_norm", "patch.hidden": "projection_enc.0",
    "patch.out": "projection_enc.2", "query.hidden": "projection_dec.0", "query.out": "projection_dec.2",
}  # fmt: skip
WHICH = ("weight", "bias")


def cases(stored: Stored) -> Iterator[Case]:
    size, patch = stored["image_wh"], int(stored["patch"])
    grid = (int(size[1]) // patch, int(size[0]) // patch)
    box = stored["bbox01"] * np.tile(size / (np.array(grid[::-1]) * patch), 2)
    for name in (name for name in stored if name.startswith("label_sf")):
        label = patch_labels.gaussian(box, grid, factor=float(name.removeprefix("label_sf")))
        yield Case("patch_labels", name, label, stored[name])
    yield Case("patch_labels", "binary", patch_labels.uniform(box, grid), stored["label_binary"])
    layer = PointerHead(d_model=stored["enc"].shape[1], heads=HEADS)
    layer.parameters.update({name: array.astype(float) for name, array in _parameters(stored, "w.").items()})
    y, cache = layer.forward(stored.real("enc")[None], stored.real("dec")[None])
    loss, parts = pointer_loss.forward(y, stored.real("labels")[None])
    yield Case("v2p", "attention", cache.weights[0], stored["attn"])
    yield Case("pointer_loss", "loss", loss, stored["loss_total"])
    yield Case("pointer_loss", "stray", parts.stray, stored["loss_negative"])
    (dpatches, dqueries), found = layer.backward(pointer_loss.backward(1.0, parts), cache)
    yield Case("v2p", "d patches", dpatches[0], stored["denc"], backward=True)
    yield Case("v2p", "d queries", dqueries[0], stored["ddec"], backward=True)
    yield from gradients("v2p", "", found, _parameters(stored, "gw."))


def _parameters(stored: Stored, prefix: str) -> dict[str, np.ndarray]:
    ours = {f"{a}.{which}": stored[f"{prefix}{b}.{which}"] for a, b in MODULES.items() for which in WHICH}
    for which in WHICH:
        rows = np.split(stored[f"{prefix}self_attention.in_proj_{which}"], 3)
        ours |= {f"attention.{name}.{which}": each for name, each in zip("qkv", rows, strict=True)}
    return ours
