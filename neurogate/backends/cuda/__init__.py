"""The same numbers on an NVIDIA GPU: whole runs inside one kernel, through CuPy.

The kernels lie in ``kernels/`` of the checkout. Arrays are NumPy's, coming and going; the GPU keeps nothing
between two calls. CuPy is imported when a function is called. The rivals of the delta rule learn on the CPU.
Linear attention, in `recurrence` and `wkv`, is apart: its arrays are CuPy's and stay where they are.
"""

from typing import Any

from .features import high_pass
from .learning import normalised_delta, readout, recursive_least_squares
from .rates import run_rates
from .reservoir import run_reservoir

__all__ = [
    "decaying_hebb",
    "filtered_delta",
    "high_pass",
    "normalised_delta",
    "readout",
    "recursive_least_squares",
    "rewarded_hebb",
    "run_rates",
    "run_reservoir",
]


def __getattr__(name: str) -> Any:
    """Find what learns on the CPU; Numba is imported no sooner than that."""
    if name in __all__:
        from ..numba_cpu import hebbian

        return getattr(hebbian, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
