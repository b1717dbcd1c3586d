"""The convolution kernel of a diagonal state space: a sum of rotations that fade."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.constants import constant
from neurogate.attention.options import whole_number
from neurogate.attention.powers import powers_of
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs, complex."""

    powers: Array
    scaled: Array
    step: Array
    a: Array
    b: Array
    c: Array
    decay: Array


def forward(
    log_step: Array, log_decay: Array, frequency: Array, b: Array, c: Array, lags: int
) -> tuple[Array, Cache]:
    r"""Sample a state space by the bilinear rule, and return its answer to an impulse.

    .. math::
        k_l = 2 \,\mathrm{Re} \sum_n w_n z_n^l, \quad z = \frac{1 + a/2}{1 - a/2}, \quad
        w = \frac{B C \Delta}{1 - a/2}, \quad a = \Delta (-e^{r} + i f)

    The real part is taken twice since each number stands for itself and its conjugate.

    Parameters
    ----------
    log_step : (D,)
        :math:`\log \Delta`.
    log_decay, frequency : (D, N)
        :math:`r` and :math:`f`.
    b, c : (D, N, 2)
        Real and imaginary parts of B and C.
    lags : int
        How many are wanted.

    Returns
    -------
    (D, lags)
        Kernel.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Gu et al. 2022, arXiv:2206.11893.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([[[1.0, 0.0]]])
    >>> forward(np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1)), one, one, 3)[0].round(4).tolist()
    [[1.3333, 0.4444, 0.1481]]
    """
    xp = namespace(log_step=log_step, log_decay=log_decay, frequency=frequency, b=b, c=c)
    shape, lags = log_decay.shape, whole_number("lags", lags, 0, of="steps")
    good = log_decay.ndim == 2 and log_step.shape == shape[:1] and frequency.shape == shape
    fits(good and b.shape == c.shape == (*shape, 2), "there must be one step for each channel, and of each "
         "mode a decay, a frequency, and two complex numbers", log_step=log_step, log_decay=log_decay,
         frequency=frequency, b=b, c=c)  # fmt: skip
    step, decay = xp.exp(log_step)[:, None], xp.exp(log_decay)
    b, c = (xp.ascontiguousarray(each).view(f"c{2 * each.itemsize}")[..., 0] for each in (b, c))
    a = step * (-decay + 1j * frequency)
    scaled = b * c * step / (1 - a / 2)
    rate = xp.log1p(a / 2) - xp.log1p(-a / 2)
    found = powers_of(rate, lags)
    return 2 * matmul(scaled[:, None], found)[:, 0].real, Cache(found, scaled, step, a, b, c, decay)


def backward(dkernel: Array, cache: Cache) -> tuple[Array, Array, Array, Array, Array]:
    r"""Return the gradients.

    All is analytic in the complex numbers, so of :math:`2 \,\mathrm{Re}\, F` with
    :math:`F = \sum_l \bar k_l \sum_n w_n z_n^l`, the gradient of a real part is :math:`2 \,\mathrm{Re}\, F'`
    and of an imaginary part :math:`-2 \,\mathrm{Im}\, F'`, where

    .. math::
        F'_w = \sum_l \bar k_l z^l, \quad F'_{\log z} = w \sum_l l \bar k_l z^l, \quad
        F'_a = \frac{w F'_w}{2 - a} + \frac{F'_{\log z}}{1 - a^2/4}

    Parameters
    ----------
    dkernel : (D, lags)
        Gradient with respect to the kernel.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dlog_step, dlog_decay, dfrequency, db, dc
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([[[1.0, 0.0]]])
    >>> kernel, cache = forward(np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1)), one, one, 3)
    >>> [gradient.shape for gradient in backward(kernel, cache)]
    [(1,), (1, 1), (1, 1), (1, 1, 2), (1, 1, 2)]
    """
    xp = namespace(dkernel=dkernel)
    found, scaled, step, a, b, c, decay = cache
    dkernel = answers(dkernel, (len(found), found.shape[-1]), cache, "dkernel")
    lags = constant(np.arange, dkernel.shape[-1], like=dkernel.dtype, xp=xp)
    sums = matmul(found, xp.stack([dkernel, lags * dkernel], axis=-1))
    by_scaled, by_rate = sums[..., 0], scaled * sums[..., 1]
    by_a = scaled * by_scaled / (2 - a) + by_rate / (1 - a * a / 4)
    dlog_step = 2 * (by_a * a + by_scaled * scaled).real.sum(axis=-1)
    gain = by_scaled * step / (1 - a / 2)
    dlog_decay, dfrequency = -2 * (by_a * step).real * decay, -2 * (by_a * step).imag
    return dlog_step, dlog_decay, dfrequency, _parts(gain * c), _parts(gain * b)


def _parts(slope: Array) -> Array:
    xp = namespace(slope=slope.real)
    return xp.stack([2 * slope.real, -2 * slope.imag], axis=-1)
