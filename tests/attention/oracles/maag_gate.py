"""The decoder brick of multi-scale adversarial attention gates, without norms, and its adversarial losses."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention.layers.adversarial_gate import AdversarialGate
from neurogate.attention.operators import least_squares_gan
from tests.attention.agreement import Case, Stored, gradients

NAMES = {f"{ours}.{which}": f"{theirs}.{which}" for ours, theirs in
         (("up", "c1"), ("merge", "c2"), ("out", "c3"), ("attention", "att"))
         for which in ("weight", "bias")}  # fmt: skip
GATE = "adversarial_gate"


def cases(stored: Stored) -> Iterator[Case]:
    x, skip, logits = stored.real("x"), stored.real("skip"), stored["W.att.weight"]
    layer = AdversarialGate(channels=x.shape[1], skip=skip.shape[1], filters=logits.shape[1],
                            classes=len(logits), axes=x.ndim - 2, norm=False)  # fmt: skip
    layer.parameters.update(stored.under("W.", NAMES))
    y, cache = layer.forward(x, skip)
    for what, found, name in (("y", y, "y"), ("probabilities", cache.probabilities, "att_probs"),
                              ("attention", cache.attention, "att_map")):  # fmt: skip
        yield Case(GATE, what, found, stored[name])
    found, more = layer.backward(stored.real("R"), cache)
    for name, dinput in zip(("x", "skip"), found, strict=True):
        yield Case(GATE, f"d{name}", dinput, stored[f"d_{name}"], backward=True)
    yield from gradients(GATE, "brick", more, stored.under("dW.", NAMES))
    real, fake = stored.real("disc_real"), stored.real("disc_fake")
    losses = {
        "D": least_squares_gan.forward(real, 1)[0] + least_squares_gan.forward(fake, -1)[0],
        "G": least_squares_gan.forward(fake, 1)[0],
    }
    for name, loss in losses.items():
        yield Case("least_squares_gan", f"loss of {name}", loss, stored[f"loss_{name}"])
