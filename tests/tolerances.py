"""How near numbers must be: one figure for each operation and number type.

What does not stand here must agree bit for bit. A figure states what the mathematics and the number of bits
allow; a test that misses it is mended, not the figure.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["TOLERANCE"]

TOLERANCE: Mapping[tuple[str, str], float] = {
    # |map of bits - normal quantile|: a cubic over a sixteenth of an octave; float32 also rounds the bits.
    ("normal quantile", "float64"): 2e-8,
    ("normal quantile", "float32"): 5e-7,
    # Recursions against a solver, relative to the largest number: N <= 16 and about 50 samples.
    ("least squares", "float64"): 1e-12,
    ("least squares", "float32"): 1e-5,
    # Sums of a geometric series of some thousand terms, relative.
    ("filter", "float64"): 1e-12,
    # A filter in steps of dt against the continuous one, relative: dt over its time constants.
    ("continuous filter", "float64"): 5e-8,
    # Eigenvalues by iteration against eigenvalues of the dense matrix, relative.
    ("spectral radius", "float64"): 1e-11,
    # One step of a network, or a handful, on a GPU, relative to the largest number: some hundred operations.
    ("steps", "float64"): 1e-12,
    ("steps", "float32"): 1e-5,
    # Gates against stored arrays, computed in float64, relative to the largest number: by the arrays' type.
    ("oracle", "float64"): 1e-10,
    ("oracle", "float32"): 1e-5,
    # Gradients against central differences in float64, relative to the largest.
    ("finite differences", "float64"): 1e-6,
    # Two ways through the same sums, relative to the largest number: recurrent and chunked, FFT and direct.
    ("two ways", "float64"): 1e-11,
    ("two ways", "float32"): 1e-4,
    # A few operations, relative: as many roundings.
    ("arithmetic", "float64"): 2e-15,
    ("arithmetic", "float32"): 1e-6,
}
