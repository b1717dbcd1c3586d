"""The three Hyenas that are grafted: upstream modules."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.attention import make
from tests.attention.agreement import Case, Stored, gradients

THEIRS = {"in": "in_proj", "out": "out_proj", "short": "short_filter", "inner": "inner_filter"}


def cases(stored: Stored) -> Iterator[Case]:
    for which in sorted({key.partition(".")[0] for key in stored}):
        gate = f"hyena_{which}"
        filters = [key for key in stored if key.startswith(f"{which}.w.") and "filter.weight" in key]
        layer = make(gate, d_model=stored[f"{which}.x"].shape[-1], taps=stored[filters[0]].shape[-1])
        names = {
            name: ".".join((THEIRS[name.partition(".")[0]], name.partition(".")[2]))
            for name in layer.parameters
        }
        layer.parameters.update(stored.under(f"{which}.w.", names))
        y, cache = layer.forward(stored.real(f"{which}.x"))
        yield Case(gate, "y", y, stored[f"{which}.y"])
        dx, found = layer.backward(stored.real(f"{which}.dy"), cache)
        yield Case(gate, "dx", dx, stored[f"{which}.dx"], backward=True)
        wanted = {ours: stored[f"{which}.gw.{theirs}"] for ours, theirs in names.items()}
        yield from gradients(gate, which, found, wanted)
