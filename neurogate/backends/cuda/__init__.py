"""The same numbers on an NVIDIA GPU: whole runs inside one kernel, through CuPy.

The kernels lie in ``kernels/`` of the checkout. Arrays are NumPy's, coming and going; the GPU keeps nothing
between two calls. CuPy is imported when a function is called. The rivals of the delta rule learn on the CPU.
"""

from ..numba_cpu.hebbian import decaying_hebb, filtered_delta, rewarded_hebb
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
