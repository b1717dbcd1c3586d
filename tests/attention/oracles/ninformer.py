"""The upstream NiNformer block, with its gate."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention.layers.ninformer import NiNformer
from tests.attention.agreement import Case, Stored, gradients

MODULES = {
    "norm": "norm", "token_norm": "mgu.Mixer.token_mix.0", "token.hidden": "mgu.Mixer.token_mix.2.net.0",
    "token.out": "mgu.Mixer.token_mix.2.net.3", "channel_norm": "mgu.Mixer.channel_mix.0",
    "channel.hidden": "mgu.Mixer.channel_mix.1.net.0", "channel.out": "mgu.Mixer.channel_mix.1.net.3",
    "proj": "mgu.proj", "mlp.hidden": "ffn.net.0", "mlp.out": "ffn.net.3",
}  # fmt: skip
NAMES = {f"{a}.{which}": f"{b}.{which}" for a, b in MODULES.items() for which in ("weight", "bias")}


def cases(stored: Stored) -> Iterator[Case]:
    (_, tokens, width), hidden = stored["x"].shape, len(stored["w.ffn.net.0.weight"])
    layer = NiNformer(d_model=width, tokens=tokens, hidden=hidden)
    layer.parameters.update(stored.under("w.", NAMES))
    y, cache = layer.forward(stored.real("x"))
    for name, array in (("y", y), ("gate", cache.gate), ("u", cache.mapped)):
        yield Case("ninformer", name, array, stored[name])
    dx, found = layer.backward(stored.real("dy"), cache)
    yield Case("ninformer", "dx", dx, stored["dx"], backward=True)
    wanted = {name: stored[f"gw.{theirs}"] for name, theirs in NAMES.items()}
    yield from gradients("ninformer", "", found, wanted)
