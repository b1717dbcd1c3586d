"""The gated recurrent unit."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace, shaped
from neurogate.attention.forms import Form, compiled
from neurogate.attention.fused import fused
from neurogate.attention.operators import linear
from neurogate.attention.pieces import rows_of
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]

_LARGE = 1 << 18  # numbers of U, beyond which a library's products are sooner, be it 1 example or 128


class Cache(NamedTuple):
    """What the backward needs; `gates` are r, z, n and what r multiplies, (4, T, B, H)."""

    inputs: linear.Cache
    weight: Array
    before: Array
    gates: Array
    biased: bool
    carried: bool
    state: Array


def forward(
    x: Array, weight: Array, recurrent_weight: Array, bias: Array | None = None,
    recurrent_bias: Array | None = None, state: Array | None = None, *, form: Form = "auto",
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
    form : {"auto", "recurrent", "compiled"}
        Whether to take the steps in Python or, for NumPy, by Numba. "auto" takes few steps, and those of
        large states, in Python, and so the last bits may depend on how a sequence is cut.

    Returns
    -------
    h : (B, T, H)
        The state after each step.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, there is no such form, or it is for another library.

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
    loop = _loop(form, x, recurrent_weight)
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
    before = xp.zeros(one, x.dtype) if state is None else state
    states, gates = loop(given, recurrent_weight, shift, before)
    biased, carried = bias is not None, state is not None
    return states[1:].swapaxes(0, 1), Cache(
        inputs, recurrent_weight, states[:-1], gates, biased, carried, states[-1]
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
    steps, batch, width = before.shape
    dy = answers(dy, (batch, steps, width), cache)
    dgiven, dinner, dstate = _steps_backward(dy, weight, before, gates)
    dx, dweight, dbias = linear.backward(dgiven, inputs)
    rows, states = rows_of(dinner, before)
    drecurrent = matmul(rows.T, states)
    return dx, dweight, drecurrent, dbias, rows.sum(axis=0) if biased else None, dstate if carried else None


def _loop(form: Form, x: Array, weight: Array) -> Any:
    """Return what takes the steps."""
    on_cpu = isinstance(x, np.ndarray)
    fits(form != "compiled" or on_cpu, "the compiled form is for NumPy", x=x)
    if compiled(form, x.shape[1], suits=on_cpu and weight.size <= _LARGE):
        return importlib.import_module("neurogate.backends.numba_cpu.gru").recurrent
    return _steps


def _steps(given: Array, weight: Array, bias: Array, h: Array) -> tuple[Array, Array]:
    """Return the states, that before the first step too, and r, z, n and what r multiplies, step by step."""
    xp, width = namespace(given=given), h.shape[1]
    batch, steps, _ = given.shape
    states = xp.empty((steps + 1, batch, width), given.dtype)
    states[0] = h
    gates, shift = xp.empty((4, steps, batch, width), given.dtype), bias[2 * width :]
    weight = weight.astype(given.dtype)
    given[..., : 2 * width] += bias[: 2 * width]
    for halved in (given[..., : 2 * width], weight[: 2 * width]):  # once here, and not in each step
        halved *= 0.5
    x, matrices = given.reshape(batch, steps, 3, width).transpose(2, 1, 0, 3), _matrices(weight)
    given_apart, gates_apart = [*x], [*gates]
    for t in range(steps):
        inner, around = _by_gate(matrices, states[t]), (shift, states[t], states[t + 1])
        if xp is np:
            _step(x[:, t], inner, *around, gates[:, t])
        else:
            _formula(*(each[t] for each in given_apart), *inner, *around, *(each[t] for each in gates_apart))
    return states, gates


def _step(x: Array, inner: Array, shift: Array, before: Array, after: Array, gates: Array) -> None:
    """Do what `_formula` says in half as many calls: in each, threads wait for each other."""
    both, (r, z, n, u) = gates[:2], gates
    np.add(x[:2], inner[:2], out=both)
    np.tanh(both, out=both)
    both *= 0.5
    both += 0.5
    np.add(inner[2], shift, out=u)
    np.multiply(r, u, out=n)
    n += x[2]
    np.tanh(n, out=n)
    np.subtract(before, n, out=after)
    after *= z
    after += n


@fused
def _formula(
    xp: Namespace, x_r: Array, x_z: Array, x_n: Array, h_r: Array, h_z: Array, h_n: Array, shift: Array,
    before: Array, after: Array, r: Array, z: Array, n: Array, u: Array,
) -> None:  # fmt: skip
    u[...] = h_n + shift
    r[...] = 0.5 + 0.5 * xp.tanh(x_r + h_r)  # the sigmoid of twice that, which cannot overflow so
    z[...] = 0.5 + 0.5 * xp.tanh(x_z + h_z)
    n[...] = xp.tanh(x_n + r * u)
    after[...] = n + z * (before - n)


def _matrices(weight: Array) -> Array:
    """Return those of the gates, (3, H, H), as `_by_gate` multiplies them; on a GPU one, (H, 3 H)."""
    if not isinstance(weight, np.ndarray):
        return weight.T
    gates = weight.reshape(3, len(weight) // 3, weight.shape[1])
    return gates if weight.dtype == "float32" else np.ascontiguousarray(gates.swapaxes(1, 2))


def _by_gate(matrices: Array, h: Array) -> Array | list[Array]:
    """Return what each gate makes of a state, (3, B, H).

    OpenBLAS has faster kernels for products as small as those of one gate; in float32 it takes half as long,
    or less, the other way round.
    """
    if not isinstance(h, np.ndarray):
        rows, width = matmul(h, matrices), h.shape[1]
        return [rows[:, i * width : (i + 1) * width] for i in range(3)]
    return (matrices @ h.T).swapaxes(1, 2) if h.dtype == "float32" else h @ matrices


def _steps_backward(dy: Array, weight: Array, before: Array, gates: Array) -> tuple[Array, Array, Array]:
    """Return what reaches the gates through inputs and states, and the state before the first step.

    All that the gradient of a state is multiplied by is known before the first step back.
    """
    xp, (steps, batch, width) = namespace(dy=dy), before.shape
    dstates = xp.zeros((steps + 1, batch, width), dy.dtype)
    dstates[1:] = dy.swapaxes(0, 1)
    dinner, by_n, z = xp.empty((steps, batch, 3, width), dy.dtype), xp.empty_like(before), gates[1]
    _slopes(*gates, before, *(dinner[:, :, part] for part in range(3)), by_n)
    for t in reversed(range(steps)):
        dgates, dafter = dinner[t], dstates[t + 1]
        dgates *= dafter[:, None]
        through = dgates.reshape(batch, 3 * width) @ weight  # for products this small `matmul` takes longer
        _carry(dstates[t], z[t], dafter, through)
    dgiven = dinner.swapaxes(0, 1).copy()
    dgiven[:, :, 2] = (by_n * dstates[1:]).swapaxes(0, 1)
    return dgiven.reshape(batch, steps, 3 * width), dinner.reshape(steps, batch, 3 * width), dstates[0]


@fused
def _slopes(
    xp: Namespace, r: Array, z: Array, n: Array, u: Array, before: Array, to_r: Array, to_z: Array,
    to_u: Array, to_n: Array,
) -> None:  # fmt: skip
    to_n[...] = (1 - z) * (1 - n * n)
    to_u[...] = r * to_n
    to_r[...] = (1 - r) * u * to_u
    to_z[...] = z * (1 - z) * (before - n)


@fused
def _carry(xp: Namespace, dbefore: Array, z: Array, dafter: Array, dinner: Array) -> None:
    dbefore += z * dafter + dinner
