"""Oktay's additive gate in two and three dimensions, with and without sampling down, in both modes."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention.layers.additive_gate import AdditiveGate
from neurogate.attention.operators.batch_norm import Running
from tests.attention.agreement import Case, Stored, gradients

NAMES = {
    "out.weight": "W.0.weight", "out.bias": "W.0.bias", "out.norm.weight": "W.1.weight",
    "out.norm.bias": "W.1.bias", "theta.weight": "theta.weight",
    **{f"{name}.{which}": f"{name}.{which}" for name in ("phi", "psi") for which in ("weight", "bias")},
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    for label in dict.fromkeys(key.partition("/")[0] for key in stored):
        x, g, theta = (stored.real(f"{label}/{name}") for name in ("x", "g", "W.theta.weight"))
        layer = AdditiveGate(
            channels=x.shape[1], gating=g.shape[1], inner=len(theta), axes=x.ndim - 2, factor=theta.shape[2:],
            mode="softmax" if label.endswith("residual") else "sigmoid",
            activation="softplus" if label.endswith("debug") else "relu",
        )  # fmt: skip
        layer.parameters.update(stored.under(f"{label}/W.", NAMES))
        running = Running(*(stored.real(f"{label}/W.W.1.running_{name}") for name in ("mean", "var")))
        assert not stored[f"{label}/W.W.1.num_batches_tracked"]  # evaluation moves nothing
        y, cache = layer.forward(x, g, {"out": running}, training=False)
        yield Case("additive_gate", f"{label} y", y, stored[f"{label}/y"])
        yield Case("additive_gate", f"{label} attention", cache.attention, stored[f"{label}/att"])
        found, more = layer.backward(stored.real(f"{label}/R"), cache)
        for name, dinput in zip("xg", found, strict=True):
            yield Case(
                "additive_gate", f"{label} d{name}", dinput, stored[f"{label}/d_{name}"], backward=True
            )
        yield from gradients("additive_gate", label, more, stored.under(f"{label}/dW.", NAMES))
