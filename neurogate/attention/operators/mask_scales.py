"""The mask of where text is, at each scale of an encoder."""

from __future__ import annotations

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.operators import average_pooling, max_pooling

__all__ = ["forward"]

TINY = 1e-6  # added to the largest number
STRIDES = (1, 1, 2, 1, 2, 1, 2, 1)  # of the blocks of four stages, two each


def forward(mask: Array, *, per_sample: bool = True) -> tuple[Array, ...]:
    r"""Blur and shrink a mask as an encoder does images, with means in place of convolutions.

    .. math:: m \leftarrow n(\langle\langle m \rangle_3\rangle_3), \quad n(m) = m / (\max m + 10^{-6})

    once for each block, after a stem :math:`n(\max_2 n(\langle m \rangle_4))` of strides 2 and 2. The means
    count zeros beyond the border. There is nothing to learn, and a mask wants no gradient.

    Parameters
    ----------
    mask : (B, 1, h, w)
        1 where text is, 0 elsewhere.
    per_sample : bool
        Whether the largest number is that of each sample. The authors take that of the whole batch, so that
        samples change each other.

    Returns
    -------
    tuple of nine (B, 1, ...) arrays
        After the stem, at a quarter of the size; then for the two blocks of each of four stages, at a
        quarter, an eighth, a sixteenth and a thirty-second.

    Raises
    ------
    RequestError
        If the mask has another shape, or is too small for a stem.

    References
    ----------
    Lee & Choi 2022, arXiv:2210.07489.

    Examples
    --------
    >>> import numpy as np
    >>> [m.shape[-1] for m in forward(np.ones((1, 1, 32, 32)))]
    [8, 8, 8, 4, 4, 2, 2, 1, 1]
    """
    namespace(mask=mask)
    fits(mask.ndim == 4 and mask.shape[1] == 1 and min(mask.shape[2:]) >= 4,
         "mask must be (batch, 1, at least 4, at least 4)", mask=mask)  # fmt: skip
    over = (1, 2, 3) if per_sample else None

    def normed(m: Array) -> Array:
        return m / (m.max(axis=over, keepdims=True) + TINY)

    m = normed(average_pooling.forward(mask, 4, stride=2, padding=1)[0])
    scales = [normed(max_pooling.forward(m, 2)[0])]
    for stride in STRIDES:
        m, _ = average_pooling.forward(scales[-1], 3, stride=stride, padding=1)
        scales.append(normed(average_pooling.forward(m, 3, stride=1, padding=1)[0]))
    return tuple(scales)
