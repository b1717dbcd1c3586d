"""The gated-attention layers of the literature, forward and backward, on NumPy and CuPy.

`operators` are pure functions of arrays, `blocks` join some of them, `layers` are the published gates, and
`training` fits them. `make` builds a layer by its name.
"""

from neurogate.attention.catalogue import make

__all__ = ["make"]
