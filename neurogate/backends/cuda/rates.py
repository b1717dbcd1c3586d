"""Networks without spikes on a GPU: there are none; the CPU is fast enough for what they are asked."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ...errors import RequestError
from ..layout import RateArrays, RateCodes, RecordPlan, StateArrays, Status

__all__ = ["run_rates"]

Array = npt.NDArray[Any]


def run_rates(
    codes: RateCodes,
    network: RateArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    threads: int = 1,
) -> tuple[StateArrays, Array, Status]:
    """Refuse, since no kernel does what `numpy_reference.run_rates` says.

    Raises
    ------
    RequestError
        Always.

    Examples
    --------
    >>> run_rates(*[None] * 5)
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The backend 'cuda' simulates spiking networks only; use numba.
    """
    raise RequestError("The backend 'cuda' simulates spiking networks only; use numba.")
