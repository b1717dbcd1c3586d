"""Lasers that age: the current that keeps their power rises, and how many steps are left is asked.

For `attention_gru` and `conv_autoencoder` of `neurogate.attention`; split what is drawn by device.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.attention.arrays import fits, namespace, shaped
from neurogate.attention.options import ABOVE_0, number, whole_number
from neurogate.units import Count, NonNegative, Positive, Seed, settings

__all__ = ["MODES", "Ageing", "LaserAgeing", "remaining"]

MODES = ("gradual", "rapid", "sudden")
"""How a device ages."""


class Ageing(NamedTuple):
    """What is drawn of all devices.

    Attributes
    ----------
    current : (devices, T)
        As measured.
    remaining : (devices, T) int
        Steps that are left.
    mode : (devices,) int
        Which of `MODES`.
    """

    current: NDArray[np.float64]
    remaining: NDArray[np.int64]
    mode: NDArray[np.int64]


@settings
class LaserAgeing:
    r"""Currents at constant power, relative to the first, until after the end of life.

    .. math:: I_t = 1 + a t^b + \text{noise}, \quad a = e / L^b

    Each device lives for its own time L, from half of the steps on, after which the current is more than e
    above the first. Gradual ageing has a b from 0.5 to 1, rapid ageing one from 2 to 4; before a sudden end
    the current rises half as fast as in gradual ageing, and then jumps by 2 e.

    Parameters
    ----------
    devices, steps : int
        How many; steps are T.
    noise : float
        Standard deviation of a measurement.
    end : float
        e, which constant-power ageing takes as the end of life.
    cap : int
        Of the steps that are left.
    seed : int
        Of the whole set.

    References
    ----------
    A machine learning-based framework for predictive maintenance of semiconductor laser for optical
    communication (2022), arXiv:2211.02842; reconstructed from its abstract: modes, noise and cap are ours.

    Examples
    --------
    >>> current, left, mode = LaserAgeing(devices=2, steps=12, cap=4, noise=0.0).draw()
    >>> left[0].tolist(), MODES[mode[0]]
    ([4, 4, 4, 4, 4, 3, 2, 1, 0, 0, 0, 0], 'sudden')
    """

    devices: Count = 200
    steps: Count = 100
    noise: NonNegative = 0.01
    end: Positive = 0.2
    cap: Count = 50
    seed: Seed = 0

    def __attrs_post_init__(self) -> None:
        """Raise ValueError if there is no time to age in."""
        if self.steps < 4:
            raise ValueError(f"steps is {self.steps}; a device needs 4 at least to age and to end.")

    def draw(self) -> Ageing:
        """Draw all devices."""
        rng, t = np.random.default_rng(self.seed), np.arange(self.steps)
        mode = rng.integers(len(MODES), size=self.devices)
        life = rng.uniform(self.steps / 2, self.steps - 1, (self.devices, 1))
        slow, fast = rng.uniform(0.5, 1, life.shape), rng.uniform(2, 4, life.shape)
        rapid, sudden = (mode[:, None] == MODES.index(name) for name in ("rapid", "sudden"))
        rise = self.end * (t / life) ** np.where(rapid, fast, slow)
        rise = np.where(sudden, rise / 2 + 2 * self.end * (t > life), rise)
        noise = self.noise * rng.standard_normal(rise.shape)
        return Ageing(1 + rise + noise, remaining(1 + rise, end=self.end, cap=self.cap), mode)


def remaining(current: NDArray[np.float64], *, end: float = 0.2, cap: int = 50) -> NDArray[np.int64]:
    r"""Return how many steps are left until the end of life, or as many as are counted at most.

    .. math:: r_t = \min(c, \max(0, t_e - t)), \quad t_e = \min \{t : I_t > (1 + e) I_0\}

    Parameters
    ----------
    current : (..., T)
        :math:`I`, of one device or several.
    end : float
        e.
    cap : int
        c: a healthy device does not tell how long it will live.

    Returns
    -------
    (..., T) int
        0 from the end on.

    Raises
    ------
    RequestError
        If a device does not come to its end.

    Examples
    --------
    >>> remaining(np.array([1.0, 1.0, 1.1, 1.1, 1.3, 1.4]), cap=3).tolist()
    [3, 3, 2, 1, 0, 0]
    """
    namespace(current=current)
    shaped("current : (..., T)", current=current)
    end, cap = number("end", end, ABOVE_0), whole_number("cap", cap, of="steps")
    over = current > (1 + end) * current[..., :1]
    fits(bool(over.any(axis=-1).all()), f"each device must rise by more than {end:g} of its first current",
         current=current)  # fmt: skip
    left = over.argmax(axis=-1)[..., None] - np.arange(current.shape[-1])
    return np.asarray(left.clip(0, cap), np.int64)
