"""The numerical core: the same functions written once for each backend.

`numpy_reference` is the mathematics, readable as the equations; `numba_cpu` is the fast form for CPUs.
Both offer the functions listed in `registry.FUNCTIONS` with the same signatures and, because every sum
has one stated order, the same bits. `noise` defines the random streams, `layout` the arrays that the
functions share. Models, learning rules and files are none of this package's business.
"""
