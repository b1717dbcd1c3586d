"""The gated delta rule: a fading matrix that corrects what it holds under a key, rather than adding to it.

Heads stand behind the steps, (B, T, H, K). Three forms give the same numbers: step by step
(`stepped_delta_rule`, the reference), in chunks (`chunked_delta_rule`), and compiled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from neurogate.attention.arrays import Array, alike, fits, namespace
from neurogate.attention.operators import chunked_delta_rule, compiled_delta_rule, stepped_delta_rule
from neurogate.attention.operators.linear_recurrence import Form, chosen, fades
from neurogate.attention.options import FINITE, number, whole_number

__all__ = ["Cache", "backward", "forward"]

_FORMS: dict[str, Any] = {
    "recurrent": stepped_delta_rule, "chunked": chunked_delta_rule, "compiled": compiled_delta_rule,
}  # fmt: skip
_LARGEST = 2**14  # a state of 128 x 128


class Cache(NamedTuple):
    """What the backward needs; `state` is the state after the last step, (B, H, K, V)."""

    q: Array
    k: Array
    v: Array
    beta: Array
    decay: Array
    output: Array
    scale: float
    form: str
    kept: Any
    gated: bool
    carried: bool
    state: Array


def forward(
    q: Array, k: Array, v: Array, beta: Array, g: Array | None = None, state: Array | None = None, *,
    scale: float | None = None, chunk: int = 64, form: Form = "auto",
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Correct what a fading memory holds under each key, then read it with the query.

    .. math::
        \tilde S_t = e^{g_t} S_{t-1}, \quad u_t = v_t - \tilde S_t^T k_t, \quad
        S_t = \tilde S_t + \beta_t k_t u_t^T, \quad o_t = c S_t^T q_t, \quad c = K^{-1/2}

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries, and keys: of length 1, else the correction may overshoot and the state grow.
    v : (B, T, H, V)
        Values.
    beta : (B, T, H)
        How much of the error is corrected: 0 to 1, or 2 for eigenvalues down to -1.
    g : (B, T, H), optional
        Logarithms of the decays, at most 0. No decay (the delta rule) if left out.
    state : (B, H, K, V), optional
        The state before the first step; 0 if left out.
    scale : float, optional
        :math:`c`.
    chunk : int
        Steps taken together by the chunked form; may be longer than T.
    form : {"auto", "recurrent", "chunked", "compiled"}
        How to go through time.

    Returns
    -------
    o : (B, T, H, V)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, an option is none, or, on a CPU, a logarithm is above 0.

    References
    ----------
    Yang, Kautz & Hatamizadeh 2024, arXiv:2412.06464; Yang et al. 2024, arXiv:2406.06484.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 3, 1, 1))
    >>> forward(x, x, 4 * x, 0.5 * x[..., 0])[0].ravel().tolist()
    [2.0, 3.0, 3.5]
    """
    xp = namespace("g", "state", q=q, k=k, v=v, beta=beta, g=g, state=state)
    said = {"q": q, "k": k, "v": v, "beta": beta, "g": g, "state": state}
    fits(q.ndim == 4 and q.shape == k.shape, "q and k must be equal, (batch, length, heads, width)", **said)
    fits(v.ndim == 4 and v.shape[:-1] == k.shape[:-1], "there must be as many values as keys", **said)
    good = all(each is None or each.shape == k.shape[:-1] for each in (beta, g))
    fits(good, "beta and g must be (batch, length, heads)", **said)
    inner = (len(q), *q.shape[2:], v.shape[-1])
    fits(state is None or state.shape == inner, f"the state must be {inner}", **said)
    if g is not None:
        fades(g)
    chunk = whole_number("chunk", chunk, of="steps")
    decay = (xp.zeros_like(beta) if g is None else g)[..., None]
    before = xp.zeros(inner, q.dtype) if state is None else state.astype(q.dtype, copy=False)
    scale = q.shape[-1] ** -0.5 if scale is None else float(number("scale", scale, FINITE))
    way, q, share = chosen(form, q, v, _LARGEST), q * q.dtype.type(scale), beta[..., None]
    how = {"chunk": chunk} if way == "chunked" else {}
    o, after, kept = _FORMS[way].forward(q, k, v, share, decay, before, **how)
    return o, Cache(q, k, v, share, decay, o, scale, way, kept, g is not None, state is not None, after)


def backward(
    do: Array, cache: Cache, dstate: Array | None = None
) -> tuple[Array, Array, Array, Array, Array, Array | None]:
    r"""Return the gradients.

    From the last step to the first, with D the gradient of the state and :math:`w = D^T k_t`,

    .. math::
        D \leftarrow D + c q_t \bar o_t^T, \quad \bar q_t = c S_t \bar o_t, \quad \bar v_t = \beta_t w, \quad
        \bar\beta_t = \langle w, u_t \rangle, \quad
        \bar k_t = D (\beta_t u_t) - \tilde S_t \bar v_t, \quad
        D \leftarrow e^{g_t} (D - k_t \bar v_t^T)

    The decays scale what is read up and what is written down, so
    :math:`\bar g_t = \sum_{s \ge t} (\langle o_s, \bar o_s \rangle - \langle v_s, \bar v_s \rangle)
    + \langle S_T, D_T \rangle`.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to `o`.
    cache : Cache
        Of `forward`.
    dstate : (B, H, K, V), optional
        Gradient with respect to the state after the last step.

    Returns
    -------
    dq, dk, dv, dbeta, dg, dstate
        Gradients; None for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 3, 1, 1))
    >>> _, cache = forward(x, x, 4 * x, 0.5 * x[..., 0])
    >>> backward(x, cache)[2].ravel().tolist()
    [0.875, 0.75, 0.5]
    """
    do = alike(do, cache.v, "do")
    fits(do.shape == cache.v.shape, "do must be shaped as the output", do=do, v=cache.v)
    zeros = namespace(do=do).zeros_like
    after = zeros(cache.state) if dstate is None else alike(dstate, cache.v, "dstate")
    fits(after.shape == cache.state.shape, "dstate must be shaped as the state", dstate=after)
    given = (cache.q, cache.k, cache.v, cache.beta, cache.decay)
    dq, dk, dv, dbeta, before = _FORMS[cache.form].backward(do, after, *given, cache.kept)
    dg = None
    if cache.gated:
        change = (cache.output * do).sum(axis=-1) - (cache.v * dv).sum(axis=-1)
        change[:, -1:] += (after * cache.state).sum(axis=(-2, -1))[:, None]
        dg = change[:, ::-1].cumsum(axis=1)[:, ::-1]
    dq *= dq.dtype.type(cache.scale)
    return dq, dk, dv, dbeta[..., 0], dg, before if cache.carried else None
