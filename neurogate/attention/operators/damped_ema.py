"""Damped exponential moving averages, several of each channel, read out as one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.fused import fused
from neurogate.attention.operators import long_convolution
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.attention.options import whole_number
from neurogate.attention.powers import powers_of
from neurogate.attention.products import matmul
from neurogate.errors import RequestError

__all__ = ["Cache", "backward", "forward", "recurrent"]


class _Rates(NamedTuple):
    """What the parameters mean: p, a, q, and how averages are written and read."""

    p: Array
    a: Array
    q: Array
    write: Array
    read: Array


class Cache(NamedTuple):
    """What the backward needs."""

    x: Array
    beta: Array
    omega: Array
    rates: _Rates
    powers: Array
    convolutions: list[long_convolution.Cache]
    lags: int
    before: Array | None

    @property
    def state(self) -> Array | None:
        """Return the averages after the last step, (B, D, N), if of one way; they are not made before."""
        if len(self.convolutions) == 2:
            return None
        length = self.x.shape[1]
        collected = matmul(self.x.transpose(2, 0, 1), self.powers[..., :length][..., ::-1].swapaxes(1, 2))
        after = self.rates.write * collected.swapaxes(0, 1)
        return after if self.before is None else after + self.powers[..., length] * self.before


def forward(
    x: Array, delta: Array, alpha: Array, beta: Array, gamma: Array, omega: Array, state: Array | None = None,
    *, lags: int | None = None,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Average each channel with N decays, and add the averages to it.

    .. math:: h_t = q h_{t-1} + p \beta x_t, \quad y_t = N^{-1/2} \sum_n \gamma h_t + \omega x_t, \quad
        p = \sigma(\delta), \quad q = 1 - p \sigma(\alpha)

    It is computed as a convolution with :math:`\kappa_l = N^{-1/2} \sum_n \gamma \beta p q^l`, by FFT. With
    2 D rows of parameters there are two ways: the second D rows look ahead, and both ways count the present.

    Parameters
    ----------
    x : (B, T, D)
        Input.
    delta, alpha, beta, gamma : (D, N) or (2 D, N)
        Of the averages.
    omega : (D,)
        :math:`\omega`.
    state : (B, D, N), optional
        Averages before the first step, of one way; 0 if left out.
    lags : int, optional
        Where the convolution is cut; nowhere if left out. A state is not cut.

    Returns
    -------
    y : (B, T, D)
        Output.
    cache : Cache
        For `backward`, and with the averages after the last step.

    Raises
    ------
    RequestError
        If shapes do not fit, or a state is given for two ways.

    References
    ----------
    Mega: Ma et al. 2022, arXiv:2209.10655.

    Examples
    --------
    >>> import numpy as np
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> forward(np.array([[[1.0], [0.0], [0.0]]]), zero, zero, one, one, zero[0])[0].ravel().round(4).tolist()
    [0.5, 0.375, 0.2812]
    """
    namespace("state", x=x, delta=delta, alpha=alpha, beta=beta, gamma=gamma, omega=omega, state=state)
    two_ways = _fit(x, delta, alpha, beta, gamma, omega, state)
    rates, (_, length, d) = _rates(delta, alpha, beta, gamma), x.shape
    lags = length if lags is None else min(whole_number("lags", lags, 0, of="steps"), length)
    powers = powers_of(namespace(q=rates.q).log(rates.q), length + 1)
    kernel = matmul((rates.write * rates.read)[:, None], powers[..., :lags])[:, 0]
    passed, convolution = long_convolution.forward(x, kernel[:d])
    y, convolutions = omega * x + passed, [convolution]
    if two_ways:
        passed, convolution = long_convolution.forward(x[:, ::-1], kernel[d:])
        y += passed[:, ::-1]
        convolutions.append(convolution)
    if state is not None:
        y += matmul((rates.read * state).swapaxes(0, 1), powers[..., 1:]).transpose(1, 2, 0)
    return y, Cache(x, beta, omega, rates, powers, convolutions, lags, state)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Array, Array, Array, Array | None]:
    r"""Return the gradients.

    With :math:`\epsilon_l = \sum_t \bar y_t x_{t-l}` that of the kernel, and :math:`w = p \beta`,
    :math:`r = N^{-1/2} \gamma`,

    .. math::
        \bar w &= r \sum_l q^l \epsilon_l \\
        \bar r &= w \sum_l q^l \epsilon_l + h_0 \sum_t q^{t+1} \bar y_t \\
        q \bar q &= w r \sum_l l q^l \epsilon_l + r h_0 \sum_t (t+1) q^{t+1} \bar y_t

    Parameters
    ----------
    dy : (B, T, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, ddelta, dalpha, dbeta, dgamma, domega, dstate
        Gradients; dstate is None if no state was given.

    Examples
    --------
    >>> import numpy as np
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> _, cache = forward(np.array([[[1.0], [0.0]]]), zero, zero, one, one, zero[0])
    >>> backward(np.ones((1, 2, 1)), cache)[0].ravel().round(4).tolist()
    [0.875, 0.5]
    """
    xp = namespace(dy=dy)
    x, beta, omega, (p, a, q, write, read), powers, convolutions, lags, state = cache
    dy = answers(dy, x.shape, cache)
    dx, dkernel = long_convolution.backward(dy, convolutions[0])
    dx += omega * dy
    if len(convolutions) == 2:
        dback, more = long_convolution.backward(dy[:, ::-1], convolutions[1])
        dx += dback[:, ::-1]
        dkernel = xp.concatenate([dkernel, more])
    lag = xp.arange(lags, dtype=dy.dtype)
    met = matmul(powers[..., :lags], xp.stack([dkernel, lag * dkernel], axis=-1))
    (dwrite, dread, drate), dstate = _met(write, read, met[..., 0], met[..., 1]), None
    if state is not None:
        seen, later, held = dy.transpose(2, 0, 1), powers[..., 1:].swapaxes(1, 2), state.swapaxes(0, 1)
        asked = matmul(seen, later)
        aged = matmul(seen * xp.arange(1, dy.shape[1] + 1, dtype=dy.dtype), later)
        dread = dread + (held * asked).sum(axis=1)
        drate = drate + read * (held * aged).sum(axis=1)
        dstate = read * asked.swapaxes(0, 1)
    gradients = _meanings_backward(p, a, q, beta, dwrite, dread, drate, read.shape[1] ** -0.5)
    return (dx, *gradients, (x * dy).sum(axis=(0, 1)), dstate)


def recurrent(
    x: Array, delta: Array, alpha: Array, beta: Array, gamma: Array, omega: Array, state: Array | None = None
) -> tuple[Array, Array]:
    """Take the steps of `forward` one by one, one way.

    Parameters
    ----------
    x, delta, alpha, beta, gamma, omega : arrays
        As in `forward`.
    state : (B, D, N), optional
        Averages before the first step.

    Returns
    -------
    y : (B, T, D)
        Output.
    state : (B, D, N)
        Averages after the last step.

    Examples
    --------
    >>> import numpy as np
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> recurrent(np.array([[[1.0], [0.0]]]), zero, zero, one, one, zero[0])[1].item()
    0.375
    """
    xp = namespace("state", x=x, delta=delta, alpha=alpha, beta=beta, gamma=gamma, omega=omega, state=state)
    _fit(x, delta, alpha, beta, gamma, omega, state)
    fits(len(delta) == x.shape[-1], "step by step there is one way, a row for each channel", x=x, delta=delta)
    rates = _rates(delta, alpha, beta, gamma)
    h = xp.zeros((len(x), *delta.shape), x.dtype) if state is None else state
    y = omega * x
    for t in range(x.shape[1]):
        h = rates.q * h + rates.write * x[:, t, :, None]
        y[:, t] += (rates.read * h).sum(axis=-1)
    return y, h


def _rates(delta: Array, alpha: Array, beta: Array, gamma: Array) -> _Rates:
    least = (
        float(np.finfo(delta.dtype).eps) / 4
    )  # less than what 1 - p a can tell from 0, but with a logarithm
    return _Rates(*_meanings(delta, alpha, beta, gamma, gamma.shape[1] ** -0.5, least))


@fused
def _meanings(
    xp: Namespace, delta: Array, alpha: Array, beta: Array, gamma: Array, scale: float, least: float
) -> tuple[Array, Array, Array, Array, Array]:
    p, a = sigmoid.value(delta), sigmoid.value(alpha)
    return p, a, xp.maximum(1 - p * a, least), p * beta, scale * gamma


@fused
def _met(xp: Namespace, write: Array, read: Array, met: Array, late: Array) -> tuple[Array, Array, Array]:
    return read * met, write * met, write * read * late


@fused
def _meanings_backward(
    xp: Namespace, p: Array, a: Array, q: Array, beta: Array, dwrite: Array, dread: Array, drate: Array,
    scale: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    dq = drate / q
    dp, da = beta * dwrite - a * dq, -p * dq
    return p * (1 - p) * dp, a * (1 - a) * da, p * dwrite, scale * dread


def _fit(
    x: Array, delta: Array, alpha: Array, beta: Array, gamma: Array, omega: Array, state: Array | None
) -> bool:
    said = {"x": x, "delta": delta, "alpha": alpha, "beta": beta, "gamma": gamma, "omega": omega}
    fits(x.ndim == 3 and omega.shape == x.shape[-1:], "x must be (batch, length, channels), and omega one "
         "number for each channel", **said)  # fmt: skip
    d = x.shape[-1]
    rows = delta.ndim == 2 and len(delta) in (d, 2 * d) and delta.shape[1] > 0
    fits(rows and delta.shape == alpha.shape == beta.shape == gamma.shape, "the parameters of the averages "
         "must be alike, with a row for each channel or two", **said)  # fmt: skip
    two_ways = bool(len(delta) == 2 * d)
    if two_ways and state is not None:
        raise RequestError("Averages that look ahead cannot go on from a state. Leave the state out.")
    wanted = (len(x), *delta.shape)
    fits(state is None or state.shape == wanted, f"the state must be {wanted}", **said, state=state)
    return two_ways
