"""Shelves to search and a searcher to imitate, so that a model can be tried without data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.oat.shelf import Shelf, shelf
from neurogate.units import Count, Fraction, NonNegative, Positive, settings

__all__ = ["LAYOUTS", "Searcher", "drawn_pictures", "drawn_shelf"]

LAYOUTS = {"amazon": (6, 14), "yogurt": (3, 9), "wine": (2, 11)}
"""Rows and columns of the shelves that the authors of OAT used."""


def drawn_shelf(
    rng: np.random.Generator, shape: tuple[int, int] = LAYOUTS["yogurt"], *, features: int = 8,
    brands: int = 4, variety: float = 0.5,
) -> Shelf:  # fmt: skip
    """Draw the looks of objects, and which of them is searched.

    Objects are of brands, each with normal features; within a brand, products differ a little.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : (int, int)
        Rows and columns; an object stands at each place.
    features : int
        Of each object.
    brands : int
        How many there are on a shelf.
    variety : float
        Standard deviation within a brand, where that between brands is 1.

    Examples
    --------
    >>> made = drawn_shelf(np.random.default_rng(0), (2, 11))
    >>> len(made), made.looks.shape
    (22, (22, 8))
    """
    count = shape[0] * shape[1]
    if count < 1 or features < 1 or brands < 1:
        raise RequestError(
            f"A shelf of {count} objects with {features} features of {brands} brands cannot be drawn. "
            "Give at least 1 of each."
        )
    own = rng.standard_normal((brands, features))[rng.integers(brands, size=count)]
    looks = own + variety * rng.standard_normal((count, features))
    return shelf(looks, int(rng.integers(count)), shape)


def drawn_pictures(made: Shelf, size: tuple[int, int] = (32, 24)) -> Shelf:
    """Return the same shelf with pictures in place of features: a package of two colours and a stripe.

    Parameters
    ----------
    made : Shelf
        Its objects have at least 8 features.
    size : (int, int)
        Height and width of a picture.

    Returns
    -------
    Shelf
        Looks are (N, 3, height, width), from 0 to 1.

    Examples
    --------
    >>> drawn_pictures(drawn_shelf(np.random.default_rng(0), (2, 3))).looks.shape
    (6, 3, 32, 24)
    """
    if made.looks.ndim != 2 or made.looks.shape[1] < 8:
        raise RequestError(f"Looks have shape {made.looks.shape}. Give (objects, at least 8 features).")
    share = 1 / (1 + np.exp(-made.looks))
    height, width = size
    y, x = np.mgrid[:height, :width]
    upper, lower = share[:, 0:3, None, None], share[:, 3:6, None, None]
    colours = np.where(y / height < share[:, 6, None, None, None], upper, lower)
    stripe = abs(x / width - share[:, 7, None, None, None]) < 0.1
    return shelf(np.where(stripe, 1 - colours, colours), made.target, made.shape, made.places)


@settings
class Searcher:
    r"""Someone who looks next at what is near and like the target, and less at what was seen.

    .. math:: p_n \propto e^{g\, a_n - d_n / r} m^{v_n}

    a is the likeness to the target (:math:`e^{-|f_n - f_*|^2 / 2 F}`), d the distance from the object fixated
    now, in columns, v how often n was looked at. On the target, the search ends with a probability; on any
    object, the eye may stay for another fixation.

    Parameters
    ----------
    guidance : float
        g.
    reach : float
        r, in columns.
    memory : float
        m; 1 forgets.
    stay : float
        Probability of another fixation on the same object.
    recognition : float
        Probability that the search ends on the target.
    longest : int
        Fixations after which it is given up.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> made = drawn_shelf(rng)
    >>> path = Searcher().search(made, rng)
    >>> path[-1] == made.target
    True
    """

    guidance: NonNegative = 4.0
    reach: Positive = 2.0
    memory: Fraction = 0.1
    stay: Fraction = 0.1
    recognition: Fraction = 0.9
    longest: Count = 30

    def search(self, made: Shelf, rng: np.random.Generator) -> list[int]:
        """Return the objects fixated, at least one, on a shelf whose looks are features."""
        likeness, visits = _likeness(made), np.zeros(len(made))
        place, path = np.array(made.start), list[int]()
        while len(path) < self.longest:
            if path and rng.random() < self.stay:
                path.append(path[-1])
                continue
            if path and path[-1] == made.target and rng.random() < self.recognition:
                break
            far = np.linalg.norm(made.places - place, axis=1)
            weights = np.exp(self.guidance * likeness - far / self.reach) * self.memory**visits
            if path and len(made) > 1:
                weights[path[-1]] = 0
            path.append(int(rng.choice(len(made), p=weights / weights.sum())))
            visits[path[-1]] += 1
            place = made.places[path[-1]]
        return path


def _likeness(made: Shelf) -> NDArray[np.float64]:
    off = made.looks - made.looks[made.target]
    return np.asarray(np.exp(-(off**2).reshape(len(made), -1).mean(axis=1) / 2))
