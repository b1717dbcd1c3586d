"""Models of gaze that can be tuned alike: within which ranges, and with which maps of priority.

Who tunes and judges them lives elsewhere; here is what makes a fair contest possible. Models that need a map
all choose among the same three, how it is sharpened, and how it is drawn to the centre; those that say
nothing of durations are given one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.scanpath.models.catalogue import make
from neurogate.scanpath.models.gravity import detail
from neurogate.scanpath.search import Even, Log, Settings, Space
from neurogate.scanpath.vision.contrast import contrast
from neurogate.scanpath.vision.itti_koch import itti_koch
from neurogate.scanpath.vision.priors import centre_bias
from neurogate.scanpath.vision.smoothing import pooled

__all__ = ["FIXED", "MAPS", "SEEN", "SPACES", "CentredMap", "contender"]

Values = NDArray[np.float64]
Maps = Mapping[str, Callable[[Values], Values]]
MAPS: Maps = {
    "itti_koch": itti_koch,
    "contrast": contrast,
    "detail": lambda picture: pooled(detail(picture), (48, 64)),
}
"""What makes a map of priority of a picture."""
SEEN: Space = {"map": tuple(MAPS), "sharpness": Log(0.5, 12.0), "centre": Log(0.1, 2.0)}
"""Settings of the map, the same for all models that have one."""
_LASTING: Space = {"duration_s": Log(0.1, 0.4)}
_SPIKING: Space = {
    **SEEN, "variability": Even(0.0, 0.8),
    "circuit.drive": Log(10.0, 60.0), "circuit.noise": Even(0.0, 15.0), "circuit.inhibition": Log(0.3, 5.0),
    "circuit.threshold": Log(10.0, 240.0), "circuit.evidence_ms": Log(50.0, 800.0),
    "circuit.suppression_ms": Even(0.0, 100.0),
    "attention.spread": Log(2.0, 30.0), "attention.floor": Even(0.0, 1.0),
    "inhibition.amplitude": Even(0.0, 1.0), "inhibition.spread": Log(0.5, 5.0),
    "inhibition.tau_ms": Log(300.0, 10_000.0),
}  # fmt: skip
SPACES: Mapping[str, Space] = {
    "spiking": _SPIKING,
    "collicular": _SPIKING,
    "itti_koch": {**SEEN, "inhibition": Log(0.1, 10.0), "reach": Log(0.01, 0.3), "noise": Log(0.03, 10.0)},
    "winner_take_all": {
        **SEEN, "reach": Log(0.03, 0.5), "retention": Even(0.5, 1.0), "noise": Log(0.003, 0.5), **_LASTING,
    },
    "levy": {
        **SEEN, "candidates": (1, 2, 5, 10, 20, 50, 100), "temperature": Log(1.0, 100.0), **_LASTING,
    },
    "gravity": {
        **SEEN, "pull": Log(20.0, 500.0), "friction": Log(5.0, 100.0), "softening": Log(0.01, 0.1),
        "reach": Log(0.03, 0.3), "inhibition": Log(1.0, 30.0), "near": Log(0.01, 0.1),
    },
    "neva": {
        "sigma": Log(0.02, 0.5), "retention": Even(0.0, 0.95), "blur_px": Log(1.0, 7.0),
        "rate": Log(0.003, 0.3), "restarts": (False, True), **_LASTING,
    },
    "drawn": {**SEEN, **_LASTING},
    "centre_bias": {"spread": Log(0.01, 0.6), **_LASTING},
    "uniform": _LASTING,
}  # fmt: skip
"""What is searched of each model of the catalogue."""
FIXED: Mapping[str, Settings] = {"neva": {"size": (30, 40), "steps": 10}, "itti_koch": {"longest_ms": 500.0}}
"""What is not searched, and is not as it is shipped."""


@attrs.frozen(eq=False)
class CentredMap:
    """A map of priority that is drawn to the centre, then sharpened.

    Parameters
    ----------
    source : callable
        Makes the map of a picture (H, W, 3).
    centre : float
        Spread of `neurogate.scanpath.vision.priors.centre_bias`, by which the map is multiplied.
    sharpness : float
        The power that it is raised to.

    Examples
    --------
    >>> CentredMap(lambda picture: picture[:, :, 0], centre=1e9, sharpness=2.0)(np.full((2, 2, 3), 0.5)).max()
    np.float64(1.0)
    """

    source: Callable[[Values], Values]
    centre: float
    sharpness: float = 1.0

    def __call__(self, picture: Values) -> Values:
        """Return it, from 0 to 1."""
        plane = self.source(picture)
        drawn = plane * centre_bias((plane.shape[0], plane.shape[1]), self.centre)
        return np.asarray((drawn / max(drawn.max(), 1e-300)) ** self.sharpness)


def contender(name: str, settings: Settings, maps: Maps = MAPS) -> Any:
    """Return a model with settings of its space; as it is shipped, but for `FIXED`, without any.

    Parameters
    ----------
    name : str
        In `SPACES`.
    settings : mapping
        As `neurogate.scanpath.search.setting` makes them, and others that the model has.
    maps : mapping
        What makes the maps, such as ones that remember what they made.

    Raises
    ------
    RequestError
        If the model has no such setting.

    Examples
    --------
    >>> contender("spiking", {"map": "contrast", "centre": 1.0, "sharpness": 2.0}).sharpness
    2.0
    """
    own = {key: value for key, value in settings.items() if key not in SEEN}
    if "blur_px" in own:
        spread = own.pop("blur_px")
        own["blur"] = (2 * math.ceil(3 * spread) + 1, spread)
    model: Any = make(name, {**FIXED.get(name, {}), **own})
    if "map" not in settings:
        return model
    seen, sharpness = CentredMap(maps[settings["map"]], settings["centre"]), settings["sharpness"]
    if hasattr(model, "sharpness"):
        return attrs.evolve(model, priority=seen, sharpness=sharpness)
    return attrs.evolve(model, priority=attrs.evolve(seen, sharpness=sharpness))
