"""The gated delta rule: upstream's recurrent and chunked forms, and the arrays inside NVIDIA's chunks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from neurogate.attention.operators import chunked_delta_rule, delta_rule
from neurogate.attention.operators.linear_recurrence import Form
from tests.attention.agreement import Case, Stored

NAME = "operators.delta_rule"
FORMS: tuple[Form, ...] = ("recurrent", "chunked", "compiled")


def cases(stored: Stored) -> Iterator[Case]:
    q, k, v, beta, g, start = (stored.real(key) for key in ("q", "k", "v", "beta", "g", "S0"))
    for form in FORMS:
        o, cache = delta_rule.forward(q, k, v, beta, g, start, form=form)
        yield Case(NAME, f"{form} o", o, stored["rec/o"])
        yield Case(NAME, f"{form} state", cache.state, stored["rec/S_T"])
        back = delta_rule.backward(stored.real("rec/R"), cache)
        for key, found in zip(("q", "k", "v", "beta", "g", "S0"), back, strict=True):
            yield Case(NAME, f"{form} d {key}", found, stored[f"rec/d_{key}"], backward=True)
        o, cache = delta_rule.forward(q, k, v, beta, g, form=form)
        yield Case(NAME, f"{form} o without a state", o, stored["rec_noS0/o"])
        yield Case(NAME, f"{form} state of none", cache.state, stored["rec_noS0/S_T"])
        o, cache = delta_rule.forward(q, k, v, beta, form=form)
        yield Case(NAME, f"{form} o without decay", o.swapaxes(1, 2), stored["delta_rule/o_bhtd"])
        yield Case(NAME, f"{form} state without decay", cache.state, stored["delta_rule/S_T"])
    found = (re.fullmatch(r"chunk(\d+)/o", key) for key in stored)
    for size in (int(each[1]) for each in found if each):
        o, cache = delta_rule.forward(q, k, v, beta, g, start, chunk=size, form="chunked")
        yield Case(NAME, f"chunks of {size} o", o, stored[f"chunk{size}/o"])
        yield Case(NAME, f"chunks of {size} state", cache.state, stored[f"chunk{size}/S_T"])
    yield from _inside(stored, [q, k, v, beta[..., None], g[..., None]])


def _inside(stored: Stored, given: list[np.ndarray]) -> Iterator[Case]:
    c = chunked_delta_rule.chunks(*given, 16)
    for what, found in (("w", c.w / c.soon), ("u", c.u)):  # NVIDIA's w fades only when it is used
        wanted = stored[f"nv_chunk16/{what}"]
        yield Case(NAME, f"chunks of 16 {what}", found.reshape(wanted.shape), wanted)
    o, _ = delta_rule.forward(*given[:3], given[3][..., 0], given[4][..., 0], chunk=16, form="chunked")
    yield Case(NAME, "chunks of 16 o without a state", o.swapaxes(1, 2), stored["nv_chunk16/o_bhtd"])
