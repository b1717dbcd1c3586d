"""The same numbers on an NVIDIA GPU: whole runs inside one kernel, through CuPy.

The kernels lie in ``kernels/`` of the checkout. Arrays are NumPy's, coming and going; the GPU keeps nothing
between two calls. CuPy is imported when a function is called.
"""

from .features import high_pass
from .learning import normalised_delta, readout, recursive_least_squares
from .rates import run_rates
from .reservoir import run_reservoir

__all__ = [
    "high_pass",
    "normalised_delta",
    "readout",
    "recursive_least_squares",
    "run_rates",
    "run_reservoir",
]
