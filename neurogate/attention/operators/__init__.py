"""Differentiable functions of arrays, one module each.

Every module has ``forward(...) -> y, cache`` and ``backward(dy, cache) -> gradients``, in the order of the
arguments of `forward`; `pointwise` has one such pair for each function of one number. They change none of
their arguments, and answer in the number type and the library of their input.
"""
