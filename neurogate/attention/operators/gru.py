"""The gated recurrent unit."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace, shaped
from neurogate.attention.operators import linear
from neurogate.attention.operators.pointwise import sigmoid

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `gates` are r, z, n and what r multiplies, (B, T, 4 H), `state` the last h."""

    inputs: linear.Cache
    weight: Array
    before: Array
    gates: Array
    biased: bool
    carried: bool
    state: Array


def forward(
    x: Array, weight: Array, recurrent_weight: Array, bias: Array | None = None,
    recurrent_bias: Array | None = None, state: Array | None = None,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Move a hidden state towards what is new, as far as a gate lets it.

    .. math::
        r &= \sigma(W_r x_t + b_r + U_r h + c_r), \quad z = \sigma(W_z x_t + b_z + U_z h + c_z) \\
        n &= \tanh(W_n x_t + b_n + r \odot (U_n h + c_n)), \quad h_t = (1 - z) \odot n + z \odot h

    Parameters
    ----------
    x : (B, T, D)
        Input.
    weight, recurrent_weight : (3 H, D) and (3 H, H)
        W and U, the rows of r, z and n one below the other.
    bias, recurrent_bias : (3 H,), optional
        b and c; both or neither.
    state : (B, H), optional
        h before the first step; 0 if left out.

    Returns
    -------
    h : (B, T, H)
        The state after each step.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Cho et al. 2014, arXiv:1406.1078.

    Examples
    --------
    >>> import numpy as np
    >>> h, _ = forward(np.ones((1, 3, 1)), np.array([[0.0], [0.0], [9.0]]), np.zeros((3, 1)))
    >>> h.round(4).ravel().tolist()
    [0.5, 0.75, 0.875]
    """
    xp = namespace("bias", "recurrent_bias", "state", x=x, weight=weight, recurrent_weight=recurrent_weight,
                   bias=bias, recurrent_bias=recurrent_bias, state=state)  # fmt: skip
    shaped("x : (B, T, D); weight : (rows, D); recurrent_weight : (rows, H)",
           x=x, weight=weight, recurrent_weight=recurrent_weight)  # fmt: skip
    rows, h = recurrent_weight.shape
    fits(rows == 3 * h, "the weights must have three rows for each hidden unit",
         weight=weight, recurrent_weight=recurrent_weight)  # fmt: skip
    fits((bias is None) == (recurrent_bias is None), "there must be both biases or neither", bias=bias,
         recurrent_bias=recurrent_bias)  # fmt: skip
    one = (len(x), h)
    fits(state is None or state.shape == one, f"the state must be {one}", x=x, state=state)
    given, inputs = linear.forward(x, weight, bias)
    shift = xp.zeros(rows, x.dtype) if recurrent_bias is None else recurrent_bias
    fits(shift.shape == (rows,), "the recurrent bias needs one number for each row",
         recurrent_weight=recurrent_weight, recurrent_bias=shift)  # fmt: skip
    states, gates = _steps(given, recurrent_weight, shift, xp.zeros(one, x.dtype) if state is None else state)
    biased, carried = bias is not None, state is not None
    return states[:, 1:], Cache(
        inputs, recurrent_weight, states[:, :-1], gates, biased, carried, states[:, -1]
    )


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Array | None, Array | None, Array | None]:
    r"""Return the gradients, from the last step to the first.

    .. math::
        \bar z &= (h - n) \odot \bar h_t, \quad \bar n = (1 - z) \odot \bar h_t, \quad
        \bar u = r \odot (1 - n^2) \odot \bar n, \quad \bar r = u \odot (1 - n^2) \odot \bar n \\
        \bar h &= z \odot \bar h_t + U^T [r (1 - r) \bar r, z (1 - z) \bar z, \bar u]

    with :math:`u = U_n h + c_n`; :math:`\bar h` is added to the gradient of the step before.

    Parameters
    ----------
    dy : (B, T, H)
        Gradient with respect to the states.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight, drecurrent_weight, dbias, drecurrent_bias, dstate
        Gradients; None for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> h, cache = forward(np.ones((1, 3, 2)), np.ones((3, 2)), np.ones((3, 1)))
    >>> [None if gradient is None else gradient.shape for gradient in backward(h, cache)]
    [(1, 3, 2), (3, 2), (3, 1), None, None, None]
    """
    inputs, weight, before, gates, biased, carried, _ = cache
    dy = answers(dy, before.shape, cache)
    dgiven, dinner, dstate = _steps_backward(dy, weight, before, gates)
    dx, dweight, dbias = linear.backward(dgiven, inputs)
    rows = dinner.reshape(-1, dinner.shape[-1])
    drecurrent = rows.T @ before.reshape(-1, before.shape[-1])
    return dx, dweight, drecurrent, dbias, rows.sum(axis=0) if biased else None, dstate if carried else None


def _steps(given: Array, weight: Array, bias: Array, h: Array) -> tuple[Array, Array]:
    """Return the states, that before the first step too, and r, z, n and what r multiplies."""
    xp, width = namespace(given=given), h.shape[1]
    batch, steps, _ = given.shape
    states = xp.empty((batch, steps + 1, width), given.dtype)
    gates = xp.empty((batch, steps, 4 * width), given.dtype)
    states[:, 0] = h
    for t in range(steps):
        x, inner = given[:, t], _rows_by(weight, h) + bias
        both, u = sigmoid.value(x[:, : 2 * width] + inner[:, : 2 * width]), inner[:, 2 * width :]
        r, z = both[:, :width], both[:, width:]
        n = xp.tanh(x[:, 2 * width :] + r * u)
        h = n + z * (h - n)
        states[:, t + 1], gates[:, t] = h, xp.concatenate([both, n, u], axis=1)
    return states, gates


def _rows_by(weight: Array, h: Array) -> Array:
    """Return their product, in float32 the other way round: OpenBLAS takes half as long for few columns."""
    return (weight @ h.T).T if h.dtype == "float32" else h @ weight.T


def _steps_backward(dy: Array, weight: Array, before: Array, gates: Array) -> tuple[Array, Array, Array]:
    """Return what reaches the gates through inputs and states, and the state before the first step."""
    xp, width = namespace(dy=dy), dy.shape[2]
    dgiven = xp.empty((*dy.shape[:2], 3 * width), dy.dtype)
    dinner, dh = xp.empty_like(dgiven), xp.zeros((len(dy), width), dy.dtype)
    for t in reversed(range(dy.shape[1])):
        r, z, n, u = (gates[:, t, i * width : (i + 1) * width] for i in range(4))
        dh = dh + dy[:, t]
        dn = (1 - z) * (1 - n * n) * dh
        dz = z * (1 - z) * (before[:, t] - n) * dh
        dr = r * (1 - r) * u * dn
        dgiven[:, t] = xp.concatenate([dr, dz, dn], axis=1)
        dinner[:, t] = xp.concatenate([dr, dz, r * dn], axis=1)
        dh = z * dh + dinner[:, t] @ weight
    return dgiven, dinner, dh
