"""The recurrent unit with attention over its states: a reference composition."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention.layers.attention_gru import AttentionGru
from tests.attention.agreement import Case, Stored, gradients

GATE = "attention_gru"
NAMES = {
    "gru.weight": "gru.weight_ih_l0", "gru.recurrent_weight": "gru.weight_hh_l0",
    "gru.bias": "gru.bias_ih_l0", "gru.recurrent_bias": "gru.bias_hh_l0", "attend.weight": "Wa.weight",
    "attend.bias": "Wa.bias", "score.weight": "va.weight", "out.weight": "ho.weight", "out.bias": "ho.bias",
}  # fmt: skip


def cases(stored: Stored) -> Iterator[Case]:
    """Yield the cases; the published output is the last one, of the whole window."""
    parameters, x = stored.under("w.", NAMES), stored["x"]
    layer = AttentionGru(
        d_input=x.shape[2], d_hidden=stored["h"].shape[2], d_attention=len(parameters["attend.bias"]),
        outputs=len(parameters["out.bias"]),
    )  # fmt: skip
    layer.parameters.update(parameters)
    y, cache = layer.forward(x)
    for what, found, wanted in (
        ("states", cache.hidden, "h"), ("scores", cache.scores, "score"),
        ("weights", cache.weights[:, -1, 1:], "alpha"), ("context", cache.contexts[:, -1], "context"),
        ("y", y[:, -1], "y"),
    ):  # fmt: skip
        yield Case(GATE, what, found, stored[wanted])
    dy = 0 * y
    dy[:, -1] = stored["dy"]
    dx, found = layer.backward(dy, cache)
    yield Case(GATE, "dx", dx, stored["dx"], backward=True)
    yield from gradients(GATE, "", found, stored.under("gw.", NAMES))
