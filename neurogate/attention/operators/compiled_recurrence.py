"""The linear recurrence by the compiled loop of the library: Numba's for NumPy, CUDA's for CuPy.

One loop does everything. Values and gradients of values read rows of the state; queries and keys read its
columns, which are the rows of its transpose.
"""

from __future__ import annotations

import importlib
from typing import Any

from neurogate.attention.arrays import Array, Namespace, namespace, shaped
from neurogate.attention.operators.stepped_recurrence import SHAPES
from neurogate.attention.pieces import in_pieces

__all__ = ["backward", "forward", "kernels"]


def forward(q: Array, k: Array, v: Array, g: Array, state: Array) -> tuple[Array, Array, tuple[Array, Array]]:
    r"""Write each value under its key, and read with the query, in a compiled loop.

    .. math:: S_t = e^{g_t} S_{t-1} + k_t v_t^T, \quad o_t = S_t^T q_t

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries, already scaled, and keys.
    v : (B, T, H, V)
        Values.
    g : (B or 1, T, H or 1, K or 1)
        Logarithms of the decays.
    state : (B, H, K, V)
        Before the first step.

    Returns
    -------
    o, state, kept
        Output, state after the last step, and what `backward` needs.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 3, 1, 1))
    >>> forward(x, x, x, np.log(0.5 * x), x[:, 0, :, None])[0].ravel().tolist()
    [1.5, 1.75, 1.875]
    """
    xp = namespace(q=q, k=k, v=v, g=g, state=state)
    shaped(SHAPES, q=q, k=k, v=v, g=g, state=state)
    decay, shape = in_pieces(xp.exp, alone=False)(g), (*q.shape[:3], g.shape[3])
    if decay.shape != shape:
        decay = xp.broadcast_to(decay, shape)
    o, after = kernels(xp).scan(q, k, v, decay, state)
    return o, after, (decay, state)


def backward(
    do: Array, dstate: Array, q: Array, k: Array, v: Array, g: Array, kept: tuple[Array, Array]
) -> tuple[Array, Array, Array, Array]:
    r"""Compute the gradients, from the last step to the first.

    .. math:: D_t = e^{g_{t+1}} D_{t+1} + q_t \bar o_t^T, \quad
        \bar q_t = S_t \bar o_t, \quad \bar k_t = D_t v_t, \quad \bar v_t = D_t^T k_t

    with the gradient of the state after the last step in place of :math:`e^{g_{T+1}} D_{T+1}`.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to the output.
    dstate : (B, H, K, V)
        Gradient with respect to the state after the last step.
    q, k, v, g : arrays
        As in `forward`.
    kept : tuple
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dstate
        Gradients; the last with respect to the state before the first step.

    Examples
    --------
    >>> import numpy as np
    >>> x, s = np.ones((1, 2, 1, 1)), np.zeros((1, 1, 1, 1))
    >>> _, _, kept = forward(x, x, x, np.log(0.5 * x), s)
    >>> [d.ravel().tolist() for d in backward(x, s, x, x, x, np.log(0.5 * x), kept)]
    [[1.0, 1.5], [1.5, 1.0], [1.5, 1.0], [0.75]]
    """
    xp = namespace(do=do, dstate=dstate, q=q, k=k, v=v, g=g)
    shaped(SHAPES, do=do, dstate=dstate, q=q, k=k, v=v, g=g)
    (decay, state), scan = kept, kernels(xp).scan
    dq, _ = scan(do, v, k, decay, state.swapaxes(-1, -2), columns=True)
    dk, _ = scan(v, do, q, decay, dstate.swapaxes(-1, -2), columns=True, adjoint=True)
    dv, before = scan(k, q, do, decay, dstate, adjoint=True)
    return dq, dk, dv, before


def kernels(xp: Namespace) -> Any:
    """Import the compiled loops for a library; nothing is loaded before.

    Parameters
    ----------
    xp : module
        `numpy` or `cupy`.

    Examples
    --------
    >>> import numpy as np
    >>> kernels(np).__name__
    'neurogate.backends.numba_cpu.recurrence'
    """
    backend = "numba_cpu" if xp.__name__ == "numpy" else "cuda"
    return importlib.import_module(f"neurogate.backends.{backend}.recurrence")
