r"""Spiking cells that decide where to look: fixation after fixation, many paths on many pictures at once.

Here lives what these models share. How cells see a picture while the eye rests somewhere, and where a
decision on their maps leads, each model says by its `Field`; what the cells do in between is said by
`neurogate.backends.numpy_reference.competition`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol, TypeAlias, get_args

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.backends import noise
from neurogate.backends.competition import Competition, Competitors
from neurogate.errors import RequestError, RunDiverged
from neurogate.plasticity.gates import GATES, ConstantGate, Gate, GateContext, combine
from neurogate.scanpath.models.circuit import Attention, Circuit, Return
from neurogate.scanpath.models.model import (
    Model,
    Priority,
    above,
    alike,
    backend_named,
    from_to,
    of_each,
    path_seeds,
    seeds_of,
    whole,
)  # fmt: skip
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.contrast import CELLS, contrast

__all__ = ["Decider", "Field", "Lesion"]

Values = NDArray[np.float64]
Lesion: TypeAlias = Literal["gate", "return", "variability"]
LESIONS: tuple[Lesion, ...] = get_args(Lesion)
SLOWEST = 0.3
"""Least ρ."""
REFRESHED_U = -9.0
"""A saccade leaves no more recovery than this in a cell."""


class Field(Protocol):
    """How a model's cells see one picture; places are x and y, in parts of which 32 make its longer side."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the picture."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Maps, rows and columns of the cells."""

    def seen(self, gaze: Values) -> tuple[Values, Values]:
        """Return priority (P, N) and place (P or 1, N, 2) of the cells while eyes rest at (P, 2)."""

    def target(self, place: Values, gaze: Values) -> Values:
        """Return where (P, 2) a decision for a map, row and column (P, 3) leads."""


@attrs.frozen(eq=False, kw_only=True)
class Decider(Model):
    r"""What models share in which spiking cells decide where to look; see `Spiking` and `Collicular`.

    Parameters
    ----------
    priority : callable or (h, w)
        P, taken from 0 to 1.
    fixations : int
        In each path.
    sharpness : float
        γ of :math:`P^\gamma`.
    variability : float
        s of :math:`\rho = \max(.3, 1 + s x)`, x a normal number for each fixation.
    circuit : Circuit
    attention : Attention
    inhibition : Return
    gates : tuple of Gate
        Of attention: the gates that open and close a reservoir's learning. A fixation is a trial for them,
        its beginning the cue, and there is no outcome. None at all is an open gate.
    lesions : tuple of {"gate", "return", "variability"}
        What does not work: attention's gate is closed, so that places count the same however far they are;
        the eye may return at once; ρ is always 1.
    backend : {"numba", "numpy"}
        Compiled, or as the equations stand, with the same bits.
    """

    priority: Priority = contrast
    fixations: int = 9
    sharpness: float = 2.84
    variability: float = 0.373
    circuit: Circuit = attrs.field(factory=Circuit)
    attention: Attention = attrs.field(factory=Attention)
    inhibition: Return = attrs.field(factory=Return)
    gates: tuple[Gate, ...] = ()
    lesions: tuple[Lesion, ...] = ()
    backend: Literal["numba", "numpy"] = "numba"

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        self._check()
        seeds = [path_seeds(n_paths, own) for own in seeds_of(seed, images)]
        fields = of_each(self.field, images)
        found: list[list[Scanpath]] = [[] for _ in fields]
        for chosen in alike(field.shape for field in fields).values() if n_paths else ():
            own = np.stack([seeds[place] for place in chosen])
            looked = _Looking(self, [fields[place] for place in chosen], own).paths()
            for number, place in enumerate(chosen):
                found[place] = looked[number * n_paths : (number + 1) * n_paths]
        return found

    def field(self, image: ArrayLike) -> Field:
        """Return how the model's cells see a picture."""
        raise NotImplementedError

    def _check(self) -> None:
        whole(fixations=self.fixations)
        above(0, sharpness=self.sharpness)
        from_to(0, variability=self.variability)
        unknown = [name for name in self.lesions if name not in LESIONS]
        if unknown:
            raise RequestError(f"There is no {unknown[0]!r} to lesion. Name some of {', '.join(LESIONS)}.")
        if not all(isinstance(gate, tuple(GATES.values())) for gate in self.gates):
            raise RequestError(
                f"gates is {self.gates!r}. Give a tuple of gates, as those of a rule: {', '.join(GATES)}."
            )


@attrs.frozen(eq=False)
class _Looking:
    """Many paths on pictures whose cells lie alike."""

    model: Decider
    fields: Sequence[Field]
    seeds: NDArray[np.int64]  # of the paths on each picture, (pictures, paths)

    def paths(self) -> list[Scanpath]:
        """Return those on the first picture, then those on the second, and so on."""
        model, seeds, n = self.model, self.seeds.ravel(), self.seeds.shape[1]
        made = model.circuit.competition(self.fields[0].shape, model.inhibition.tau_ms)
        backend = backend_named(model.backend, "competition")
        sides = np.repeat([max(field.size_px) / CELLS for field in self.fields], n)[:, None]
        places = [np.repeat([field.size_px for field in self.fields], n, axis=0) / 2 / sides]
        state, steps = _resting(made, len(seeds)), list[Any]()
        for number, rate in enumerate(self._rates().T):
            drive, bias, returned = self._seen(made, rate, places, steps)
            state, decision = backend.compete(
                made, _refreshed(made, state), drive, bias, returned, self._course(made, number, seeds), seeds
            )
            _stop_if_lost(decision.lost, state.step)
            steps.append(decision.steps)
            places.append(self._targets(decision.place, places[-1]))
        where = np.stack(places[:-1], axis=1) * sides[:, :, None]
        seconds = np.stack(steps, axis=1) * made.dt_ms / 1000
        sizes = [field.size_px for field in self.fields for _ in range(n)]
        return [scanpath(p[:, 0], p[:, 1], s, size=z) for p, s, z in zip(where, seconds, sizes, strict=True)]

    def _seen(
        self, made: Competition, rate: Values, places: Sequence[Values], steps: Sequence[Any]
    ) -> Iterator[Values]:
        """Return what drives cells, the share that attention may take of it, and inhibition of return."""
        model, n = self.model, self.seeds.shape[1]
        spread, lost = model.attention.spread, 1 - model.attention.floor
        strength = rate[:, None] * model.circuit.drive
        parts = []
        for k, field in enumerate(self.fields):
            own = slice(k * n, (k + 1) * n)
            priority, cells = field.seen(places[-1][own])
            bias = lost * (1 - _near(cells, places[-1][own], spread))
            been = [place[own] for place in places], [step[own] for step in steps]
            parts.append(
                (strength[own] * priority**model.sharpness, bias, self._returned(made, cells, *been))
            )
        return (np.concatenate(part) for part in zip(*parts, strict=True))

    def _returned(
        self, made: Competition, cells: Values, places: Sequence[Values], steps: Sequence[Any]
    ) -> Values:
        amplitude = 0.0 if "return" in self.model.lesions else self.model.inhibition.amplitude
        found = np.zeros((len(places[0]), cells.shape[1]))
        for number, place in enumerate(places):
            if number:
                found *= made.return_decay ** steps[number - 1][:, None]
            found = np.minimum(1, found + amplitude * _near(cells, place, self.model.inhibition.spread))
        return found

    def _rates(self) -> Values:
        """Return ρ of each path in each fixation."""
        sd, n = self.model.variability, self.model.fixations
        stream = noise.STREAMS["variability"]
        drawn = np.array([noise.normals(int(seed), stream, 0, n) for seed in self.seeds.ravel()])
        return np.maximum(SLOWEST, 1 + (0.0 if "variability" in self.model.lesions else sd) * drawn)

    def _course(self, made: Competition, number: int, seeds: NDArray[np.int64]) -> Values:
        """Return how open attention's gate is at each step of this fixation, which is a trial for it."""
        none = np.full(len(seeds), np.nan)
        context = GateContext(
            made.dt_ms * np.arange(made.longest), none, np.zeros(len(seeds)), number=number, seed=seeds
        )
        gates = (ConstantGate(level=0.0),) if "gate" in self.model.lesions else self.model.gates
        return combine(gates, context)[0]

    def _targets(self, place: Values, gaze: Values) -> Values:
        """Return where eyes go, within the picture; they stay where there is no evidence for anything."""
        n = self.seeds.shape[1]
        found = np.concatenate(
            [
                np.clip(field.target(place[own], gaze[own]), 0, _last(field))
                for field, own in ((field, slice(k * n, (k + 1) * n)) for k, field in enumerate(self.fields))
            ]
        )
        return np.where(np.isnan(found), gaze, found)


def _last(field: Field) -> Values:
    """Return the place of the last pixel."""
    return (np.array(field.size_px) - 0.5) * CELLS / max(field.size_px)


def _near(cells: Values, place: Values, spread: float) -> Values:
    x, y = np.moveaxis(cells - place[:, None], 2, 0)
    return np.asarray(np.exp(-(x * x + y * y) / (2 * spread**2)))


def _resting(made: Competition, batch: int) -> Competitors:
    """Return cells at rest: v = c, u = b v."""
    _, b, c, _, _ = made.parameters
    values = np.stack([c, b * c, np.zeros_like(c)])
    return Competitors(np.tile(values, (batch, 1, 1)), np.zeros((batch, 2)), np.zeros(batch, np.int64))


def _refreshed(made: Competition, state: Competitors) -> Competitors:
    """Return cells as a saccade leaves them; the pool goes on."""
    values, c = state.values.copy(), made.parameters[2]
    values[:, 0, :-1] = c[:-1]
    values[:, 1, :-1] = np.minimum(values[:, 1, :-1], REFRESHED_U)
    values[:, 2] = 0
    return state._replace(values=values)


def _stop_if_lost(lost: NDArray[Any], step: NDArray[Any]) -> None:
    for path in np.flatnonzero(lost >= 0):
        raise RunDiverged("v_mV", np.nan, replica=path, step=step[path], neuron=lost[path])
