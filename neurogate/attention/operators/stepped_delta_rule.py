"""The gated delta rule step by step: the reference that its other forms are held to."""

from __future__ import annotations

from neurogate.attention.arrays import Array, namespace, shaped

__all__ = ["SHAPES", "backward", "forward"]

SHAPES = "q, k : (B, T, H, K); v, do : (B, T, H, V); beta, g : (B, T, H, 1); state, dstate : (B, H, K, V)"
"""Of all forms."""


def forward(
    q: Array, k: Array, v: Array, beta: Array, g: Array, state: Array
) -> tuple[Array, Array, list[Array]]:
    r"""Correct what the state holds under each key, step by step.

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
    o : (B, T, H, V)
        Output.
    state : (B, H, K, V)
        After the last step.
    kept : list
        The faded state before each correction, for `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 2, 1, 1))
    >>> forward(x, x, 4 * x, 0.5 * x, 0 * x, np.zeros((1, 1, 1, 1)))[0].ravel().tolist()
    [2.0, 3.0]
    """
    xp = namespace(q=q, k=k, v=v, beta=beta, g=g, state=state)
    shaped(SHAPES, q=q, k=k, v=v, beta=beta, g=g, state=state)
    o, faded, decay = xp.empty_like(v), [], xp.exp(g)
    for t in range(q.shape[1]):
        key = k[:, t, :, :, None]
        faded.append(decay[:, t, :, :, None] * state)
        u = v[:, t] - (faded[-1] * key).sum(axis=-2)
        state = faded[-1] + key * (beta[:, t] * u)[..., None, :]
        o[:, t] = (state * q[:, t, :, :, None]).sum(axis=-2)
    return o, state, faded


def backward(
    do: Array, dstate: Array, q: Array, k: Array, v: Array, beta: Array, g: Array, kept: list[Array]
) -> tuple[Array, Array, Array, Array, Array]:
    """Compute the gradients, as `delta_rule.backward` says.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to the output.
    dstate : (B, H, K, V)
        Gradient with respect to the state after the last step.
    q, k, v, beta, g : arrays
        As in `forward`.
    kept : list
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
    dq, dk, dv, dbeta = (xp.empty_like(each) for each in (q, k, v, beta))
    for t in reversed(range(q.shape[1])):
        key, share = k[:, t, :, :, None], beta[:, t, :, :, None]
        u = v[:, t, :, None] - (kept[t] * key).sum(axis=-2, keepdims=True)
        dq[:, t] = ((kept[t] + share * key * u) * do[:, t, :, None]).sum(axis=-1)
        dstate = dstate + q[:, t, :, :, None] * do[:, t, :, None]
        w = (dstate * key).sum(axis=-2, keepdims=True)
        dv[:, t] = (share * w)[:, :, 0]
        dbeta[:, t] = (w * u).sum(axis=-1)
        dk[:, t] = (dstate * (share * u) - kept[t] * (share * w)).sum(axis=-1)
        dstate = xp.exp(g[:, t, :, :, None]) * (dstate - key * (share * w))
    return dq, dk, dv, dbeta, dstate
