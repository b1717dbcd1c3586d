"""A matrix that fades and collects outer products, step by step: the loops of linear attention, compiled.

The definitions are `stepped_recurrence` and `stepped_delta_rule` of `neurogate.attention.operators`.
Threads share out the heads and nothing else.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import in_shares, kernel

__all__ = ["correct", "correct_adjoint", "scan"]

Array = npt.NDArray[Any]


def scan(
    read: Array, write: Array, value: Array, decay: Array, state: Array, *, columns: bool = False,
    adjoint: bool = False, threads: int | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    r"""Go through time, and read the state at each step.

    .. math:: S_t = a_t S_{t-1} + w_t x_t^T, \quad o_t = S_t^T r_t

    The adjoint goes from the last step to the first, and fades after it reads:
    :math:`S_t = a_{t+1} S_{t+1} + w_t x_t^T`; its last state is :math:`a_1 S_1`.

    Parameters
    ----------
    read, write : (B, T, H, R)
        r and w.
    value : (B, T, H, C)
        x.
    decay : (B, T, H, R or C or 1)
        a, one for each row of the state, for each column, or for all.
    state : (B, H, R, C)
        Before the first step that is taken.
    columns : bool
        Whether decays belong to columns.
    adjoint : bool
        Whether to go backwards.
    threads : int, optional
        As many as Numba would take if left out; they do not change the bits.

    Returns
    -------
    out : (B, T, H, C)
        o.
    state : (B, H, R, C)
        After the last step that is taken.

    Examples
    --------
    >>> x = np.ones((1, 3, 1, 1))
    >>> out, state = scan(x, x, x, 0.5 * x, x[:, 0, :, None])
    >>> out.ravel().tolist(), state.item()
    ([1.5, 1.75, 1.875], 1.875)
    """
    out, state = np.empty_like(value, order="C"), state.copy(order="C")
    given = [_ready(array) for array in (read, write, value, decay)]
    run = _by_columns if columns and decay.shape[-1] > 1 else _by_rows
    _share_out(run, value.shape, threads, *given, adjoint, state, out)
    return out, state


@kernel
def _by_rows(
    read: Any, write: Any, value: Any, decay: Any, adjoint: Any, state: Any, out: Any, first: Any, last: Any
) -> None:
    for head in range(first, last):
        b, h = divmod(head, state.shape[1])
        s, steps = state[b, h], value.shape[1]
        fade = np.ones(s.shape[0], s.dtype)
        for step in range(steps):
            t = steps - 1 - step if adjoint else step
            if not adjoint:
                fade[:] = decay[b, t, h]
            r, w, x, o = read[b, t, h], write[b, t, h], value[b, t, h], out[b, t, h]
            o[:] = 0
            for i in range(s.shape[0]):
                for j in range(s.shape[1]):
                    s[i, j] = fade[i] * s[i, j] + w[i] * x[j]
                    o[j] += r[i] * s[i, j]
            if adjoint:
                fade[:] = decay[b, t, h]
        if adjoint:
            for i in range(s.shape[0]):
                s[i] *= fade[i]


@kernel
def _by_columns(
    read: Any, write: Any, value: Any, decay: Any, adjoint: Any, state: Any, out: Any, first: Any, last: Any
) -> None:
    for head in range(first, last):
        b, h = divmod(head, state.shape[1])
        s, steps = state[b, h], value.shape[1]
        fade = np.ones(s.shape[1], s.dtype)
        for step in range(steps):
            t = steps - 1 - step if adjoint else step
            if not adjoint:
                fade[:] = decay[b, t, h]
            r, w, x, o = read[b, t, h], write[b, t, h], value[b, t, h], out[b, t, h]
            o[:] = 0
            for i in range(s.shape[0]):
                for j in range(s.shape[1]):
                    s[i, j] = fade[j] * s[i, j] + w[i] * x[j]
                    o[j] += r[i] * s[i, j]
            if adjoint:
                fade[:] = decay[b, t, h]
        if adjoint:
            for i in range(s.shape[0]):
                s[i] *= fade


def correct(
    q: Array, k: Array, v: Array, beta: Array, decay: Array, state: Array, *, threads: int | None = None
) -> tuple[Array, Array, Array]:
    r"""Correct what the state holds under each key, and read it (the gated delta rule).

    .. math::
        u_t = v_t - a_t S_{t-1}^T k_t, \quad S_t = a_t S_{t-1} + \beta_t k_t u_t^T, \quad o_t = S_t^T q_t

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries and keys.
    v : (B, T, H, V)
        Values.
    beta, decay : (B, T, H, 1)
        Shares of the error, and a.
    state : (B, H, K, V)
        Before the first step.
    threads : int, optional
        As in `scan`.

    Returns
    -------
    o, u : (B, T, H, V)
        Output and errors.
    state : (B, H, K, V)
        After the last step.

    Examples
    --------
    >>> x = np.ones((1, 2, 1, 1))
    >>> [part.ravel().tolist() for part in correct(x, x, 4 * x, 0.5 * x, x, np.zeros((1, 1, 1, 1)))]
    [[2.0, 3.0], [4.0, 2.0], [3.0]]
    """
    out, error, state = np.empty_like(v, order="C"), np.empty_like(v, order="C"), state.copy(order="C")
    given = [_ready(array) for array in (q, k, v, beta, decay)]
    _share_out(_correct, v.shape, threads, *given, state, out, error)
    return out, error, state


def correct_adjoint(
    q: Array, k: Array, do: Array, beta: Array, decay: Array, state: Array, *, threads: int | None = None
) -> tuple[Array, Array]:
    r"""Go through the gradients of the states of `correct`, from the last step to the first.

    .. math:: D \leftarrow D + q_t \bar o_t^T, \quad w_t = D^T k_t, \quad
        D \leftarrow a_t (D - \beta_t k_t w_t^T)

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries and keys.
    do : (B, T, H, V)
        Gradient with respect to the output.
    beta, decay : (B, T, H, 1)
        Shares of the error, and a.
    state : (B, H, K, V)
        Gradient with respect to the state after the last step.
    threads : int, optional
        As in `scan`.

    Returns
    -------
    w : (B, T, H, V)
        Gradient with respect to the corrections.
    state : (B, H, K, V)
        Gradient with respect to the state before the first step.

    Examples
    --------
    >>> x = np.ones((1, 2, 1, 1))
    >>> [part.ravel().tolist() for part in correct_adjoint(x, x, x, 0.5 * x, x, np.zeros((1, 1, 1, 1)))]
    [[1.5, 1.0], [0.75]]
    """
    out, state = np.empty_like(do, order="C"), state.copy(order="C")
    given = [_ready(array) for array in (q, k, do, beta, decay)]
    _share_out(_correct_adjoint, do.shape, threads, *given, state, out)
    return out, state


def _ready(array: Array) -> Array:
    """Return an array as the loops are compiled for: contiguous, and not one that refuses to be written."""
    ready = np.ascontiguousarray(array)
    return ready if ready.flags.writeable else ready.copy()


def _share_out(run: Any, shape: tuple[int, ...], threads: int | None, *arrays: Any) -> None:
    """Run one head after the other; each thread has its share of them."""
    in_shares(functools.partial(run, *arrays), shape[0] * shape[2], threads)


@kernel
def _correct(
    q: Any, k: Any, v: Any, beta: Any, decay: Any, state: Any, out: Any, error: Any, first: Any, last: Any
) -> None:
    for head in range(first, last):
        b, h = divmod(head, state.shape[1])
        s = state[b, h]
        for t in range(v.shape[1]):
            query, key, o, u, fade = q[b, t, h], k[b, t, h], out[b, t, h], error[b, t, h], decay[b, t, h, 0]
            u[:] = v[b, t, h]
            for i in range(s.shape[0]):
                for j in range(s.shape[1]):
                    s[i, j] = fade * s[i, j]
                    u[j] -= key[i] * s[i, j]
            o[:] = 0
            for i in range(s.shape[0]):
                share = beta[b, t, h, 0] * key[i]
                for j in range(s.shape[1]):
                    s[i, j] += share * u[j]
                    o[j] += query[i] * s[i, j]


@kernel
def _correct_adjoint(
    q: Any, k: Any, do: Any, beta: Any, decay: Any, state: Any, out: Any, first: Any, last: Any
) -> None:
    for head in range(first, last):
        b, h = divmod(head, state.shape[1])
        s, steps = state[b, h], do.shape[1]
        for step in range(steps):
            t = steps - 1 - step
            query, key, w, x, fade = q[b, t, h], k[b, t, h], out[b, t, h], do[b, t, h], decay[b, t, h, 0]
            w[:] = 0
            for i in range(s.shape[0]):
                for j in range(s.shape[1]):
                    s[i, j] += query[i] * x[j]
                    w[j] += key[i] * s[i, j]
            for i in range(s.shape[0]):
                share = beta[b, t, h, 0] * key[i]
                for j in range(s.shape[1]):
                    s[i, j] = fade * (s[i, j] - share * w[j])
