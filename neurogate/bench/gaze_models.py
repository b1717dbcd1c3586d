"""How fast spiking models of gaze look at a picture: seconds for a path, on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..scanpath.models.collicular import Collicular
from ..scanpath.models.lif_winner import LifWinner
from ..scanpath.models.spiking import Spiking
from .turns import limited, median_seconds

__all__ = ["MODELS", "rows"]

MODELS = {"spiking": Spiking, "collicular": Collicular, "lif_winner": LifWinner}
SIZE = (600, 800)
PATHS = 10


def rows(repeat: int, tell: Callable[[str], object]) -> Iterator[dict[str, Any]]:
    """Measure each model on a picture of 800 x 600 px, of which it makes its own map of priority.

    Parameters
    ----------
    repeat : int
        Runs of each, after one that does not count.
    tell : callable
        Is told what is measured.

    Yields
    ------
    dict
        metric ("a path of" the model), length (in fixations) and seconds for one of ten paths, the map's
        share included; peer, peer_seconds and ratio are None, since no public package has such a model.
    """
    picture = np.random.default_rng(1).random((*SIZE, 3))
    with limited(1):
        for name, made in MODELS.items():
            tell(f"scanpath {name}: {PATHS} paths")
            model: Any = made()
            once = {name: lambda model=model: model.scanpaths(picture, PATHS, seed=1)}
            seconds = median_seconds(once, repeat)[name] / PATHS
            row = {"metric": f"a path of {name}", "length": model.fixations, "seconds": seconds}
            yield {**row, "peer": None, "peer_seconds": None, "ratio": None}
