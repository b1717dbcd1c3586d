"""Initial-state tuning: the state that the upstream model makes of its parameters, and their gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.operators import linear_recurrence, low_rank_state
from tests.attention.agreement import Case, Stored


def cases(stored: Stored) -> Iterator[Case]:
    kappa, nu = stored.real("kparam")[0, ..., 0], stored.real("vparam")[0, :, :, 0]
    start, cache = low_rank_state.forward(kappa, nu, scale=float(stored["scale"]))
    yield Case("lina", "state", start[None], stored["S0"])
    q, k, v, g = (stored.real(name) for name in ("q", "k", "v", "gk"))
    o, memory = linear_recurrence.forward(q, k, v, g, np.broadcast_to(start, (len(q), *start.shape)))
    yield Case("lina", "o", o, stored["o"])
    yield Case("lina", "state after", memory.state, stored["hT"])
    *_, dstate = linear_recurrence.backward(stored.real("do"), memory)
    assert dstate is not None
    dkappa, dnu = low_rank_state.backward(dstate.sum(axis=0), cache)
    yield Case("lina", "d kappa", dkappa[None, ..., None], stored["dkparam"], backward=True)
    yield Case("lina", "d nu", dnu[None, :, :, None], stored["dvparam"], backward=True)
