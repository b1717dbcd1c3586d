"""The gated delta rule by the compiled loops of the library: Numba's for NumPy, CUDA's for CuPy.

Once the corrections are known, states and their gradients are linear recurrences; their loop does the rest.
"""

from __future__ import annotations

from neurogate.attention.arrays import Array, namespace, shaped
from neurogate.attention.operators.compiled_recurrence import kernels
from neurogate.attention.operators.stepped_delta_rule import SHAPES

__all__ = ["backward", "forward"]


def forward(
    q: Array, k: Array, v: Array, beta: Array, g: Array, state: Array
) -> tuple[Array, Array, tuple[Array, Array, Array]]:
    r"""Correct what the state holds under each key, in a compiled loop.

    .. math:: \tilde S_t = e^{g_t} S_{t-1}, \quad u_t = v_t - \tilde S_t^T k_t, \quad
        S_t = \tilde S_t + \beta_t k_t u_t^T, \quad o_t = S_t^T q_t

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries, already scaled, and keys.
    v : (B, T, H, V)
        Values.
    beta, g : (B, T, H, 1)
        Shares of the error, and logarithms of the decays.
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
    >>> forward(x, x, 4 * x, 0.5 * x, 0 * x, np.zeros((1, 1, 1, 1)))[0].ravel().tolist()
    [2.0, 3.0, 3.5]
    """
    xp = namespace(q=q, k=k, v=v, beta=beta, g=g, state=state)
    shaped(SHAPES, q=q, k=k, v=v, beta=beta, g=g, state=state)
    decay = xp.exp(g)
    o, error, after = kernels(xp).correct(q, k, v, beta, decay, state)
    return o, after, (decay, error, state)


def backward(
    do: Array, dstate: Array, q: Array, k: Array, v: Array, beta: Array, g: Array,
    kept: tuple[Array, Array, Array],
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """Compute the gradients, as `delta_rule.backward` says.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to the output.
    dstate : (B, H, K, V)
        Gradient with respect to the state after the last step.
    q, k, v, beta, g : arrays
        As in `forward`.
    kept : tuple
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dbeta, dstate
        Gradients; the last with respect to the state before the first step.

    Examples
    --------
    >>> import numpy as np
    >>> x, s = np.ones((1, 2, 1, 1)), np.zeros((1, 1, 1, 1))
    >>> _, _, kept = forward(x, x, 4 * x, 0.5 * x, 0 * x, s)
    >>> [d.ravel().tolist() for d in backward(x, s, x, x, 4 * x, 0.5 * x, 0 * x, kept)]
    [[2.0, 3.0], [3.0, 0.0], [0.75, 0.5], [6.0, 2.0], [0.75]]
    """
    xp = namespace(do=do, dstate=dstate, q=q, k=k, v=v, beta=beta, g=g)
    shaped(SHAPES, do=do, dstate=dstate, q=q, k=k, v=v, beta=beta, g=g)
    loops, (decay, error, state) = kernels(xp), kept
    new, turned, dturned = beta * error, state.swapaxes(-1, -2), dstate.swapaxes(-1, -2)
    w, before = loops.correct_adjoint(q, k, do, beta, decay, dstate)
    dv = beta * w
    dbeta = (w * error).sum(axis=-1, keepdims=True)
    dq, _ = loops.scan(do, new, k, decay, turned, columns=True)
    seen, _ = loops.scan(dv, new, k, decay, turned, columns=True)
    dk, _ = loops.scan(new, do, q, decay, dturned, columns=True, adjoint=True)
    lost, _ = loops.scan(new, dv, k, decay, 0 * dturned, columns=True, adjoint=True)
    dk += 2 * (new * dv).sum(axis=-1, keepdims=True) * k - seen - lost
    return dq, dk, dv, dbeta, before
