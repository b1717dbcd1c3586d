"""Parts that several layers share: each takes its parameters as a dict, and returns their gradients as one.

``forward(x, parameters, ...) -> y, cache`` and ``backward(dy, cache) -> dx, gradients``.
"""
