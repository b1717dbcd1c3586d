"""The linear recurrence step by step: the reference that its other forms are held to."""

from __future__ import annotations

from neurogate.attention.arrays import Array, namespace, shaped

__all__ = ["SHAPES", "backward", "forward"]

SHAPES = (
    "q, k : (B, T, H, K); v, do : (B, T, H, V); g : (B or 1, T, H or 1, K or 1); state, dstate : (B, H, K, V)"
)
"""Of all forms."""


def forward(q: Array, k: Array, v: Array, g: Array, state: Array) -> tuple[Array, Array, list[Array]]:
    r"""Write each value under its key, and read with the query, step by step.

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
    o : (B, T, H, V)
        Output.
    state : (B, H, K, V)
        After the last step.
    kept : list
        The state after each step, for `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 2, 1, 1))
    >>> forward(x, x, x, np.log(0.5 * x), x[:, 0, :, None])[0].ravel().tolist()
    [1.5, 1.75]
    """
    xp = namespace(q=q, k=k, v=v, g=g, state=state)
    shaped(SHAPES, q=q, k=k, v=v, g=g, state=state)
    o, states, decay = xp.empty_like(v), [], xp.exp(g)
    for t in range(q.shape[1]):
        state = decay[:, t, :, :, None] * state + k[:, t, :, :, None] * v[:, t, :, None]
        states.append(state)
        o[:, t] = (state * q[:, t, :, :, None]).sum(axis=-2)
    return o, state, states


def backward(
    do: Array, dstate: Array, q: Array, k: Array, v: Array, g: Array, kept: list[Array]
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
    kept : list
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
    dq, dk, dv, decay = xp.empty_like(q), xp.empty_like(k), xp.empty_like(v), xp.exp(g)
    for t in reversed(range(q.shape[1])):
        dq[:, t] = (kept[t] * do[:, t, :, None]).sum(axis=-1)
        dstate = dstate + q[:, t, :, :, None] * do[:, t, :, None]
        dk[:, t] = (dstate * v[:, t, :, None]).sum(axis=-1)
        dv[:, t] = (dstate * k[:, t, :, :, None]).sum(axis=-2)
        dstate = decay[:, t, :, :, None] * dstate
    return dq, dk, dv, dstate
