"""The modality gate: the upstream attention, closed and open, and its adapter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.blocks import glu
from neurogate.attention.layers.modality_gate import ModalityGate
from tests.attention.agreement import Case, Stored, gradients

GATE = "vis_adapter_gate.weight"
NAMES = {**{f"{name}.weight": f"w{name}.weight" for name in "qkvo"}, "gate.weight": GATE}
ADAPTER = {
    "gate.weight": "down_sampler_gate.weight", "hidden.weight": "down_sampler.weight",
    "out.weight": "up_sampler.weight",
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    weights = stored.under("W.", NAMES)
    heads, width = weights["gate.weight"].shape
    layer = ModalityGate(d_model=width, heads=heads)
    layer.parameters.update(weights)
    x, image = stored.real("x"), stored["image_position"]
    y, cache = layer.forward(x, image)
    dx, found = layer.backward(stored.real("R"), cache)
    yield Case("modality_gate", "y", y, stored["y"])
    yield Case("modality_gate", "dx", dx, stored["d_x"], backward=True)
    wanted = {ours: stored[f"dW.{theirs}"] for ours, theirs in NAMES.items()}
    yield from gradients("modality_gate", "open", found, wanted)
    layer.parameters["gate.weight"] = np.zeros((heads, width))
    yield Case("modality_gate", "closed y", layer.forward(x, image)[0], stored["y_gate_zero"])
    y, _ = glu.forward(x, stored.under("glu/W.", ADAPTER))
    yield Case("modality_block", "adapter y", y, stored["glu/y"])
