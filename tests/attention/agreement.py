"""How well the gates agree with arrays that the papers' own code, or a reference, produced.

Each module of `tests/attention/oracles` is named as a file of `tests/oracles` and yields its cases.
The tests hold them to the tolerances; `benchmarks/oracles.py` measures the largest errors for the catalogue.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.tolerances import TOLERANCE

ARRAYS = Path(__file__).resolve().parents[1] / "oracles"
ROUNDING = 1e-6
FILES = sorted(path.stem for path in (Path(__file__).parent / "oracles").glob("*.py"))


class Case(NamedTuple):
    """One array: what we found, and what is stored."""

    gate: str  # as in the catalogue, or the module of an operator
    what: str
    found: np.ndarray
    wanted: np.ndarray
    backward: bool = False

    @property
    def error(self) -> float:
        """Return the largest difference over the largest stored number.

        A gradient that is 0 by a symmetry is stored as rounding, of which its own size says nothing: it is
        held to as much of a tenth, of what other gradients come to.
        """
        if self.found.shape != self.wanted.shape:
            return float("inf")
        hidden = np.isnan(self.wanted)
        if (np.isnan(self.found) != hidden).any():
            return float("inf")
        size = np.abs(self.wanted[~hidden]).max(initial=0.0)
        away = np.abs(self.found - self.wanted)[~hidden].max(initial=0.0)
        return float(away / (0.1 if size < ROUNDING else size))

    @property
    def allowed(self) -> float:
        """Return what the number type of the stored array allows."""
        return TOLERANCE["oracle", "float32" if self.wanted.dtype == np.float32 else "float64"]


class Stored(Mapping[str, np.ndarray]):
    """The arrays of a file, which notes those that were read."""

    def __init__(self, name: str) -> None:
        with np.load(ARRAYS / f"{name}.npz", allow_pickle=False) as file:
            self.arrays = dict(file)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> np.ndarray:
        self.read.add(key)
        return self.arrays[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def real(self, key: str) -> np.ndarray:
        """Return an array in float64, to compute with."""
        return self[key].astype(np.float64)

    def single(self, key: str) -> np.ndarray:
        """Return an array of float64 whose numbers are those of float32, as which upstream computed them."""
        rounded = self[key].astype(np.float32)
        assert np.array_equal(rounded, self[key]), f"{key} holds more than float32"
        return rounded

    def under(self, prefix: str, names: Mapping[str, str]) -> dict[str, np.ndarray]:
        """Return parameters in float64 by our names, given ``{ours: theirs}``."""
        return {ours: self.real(f"{prefix}{theirs}") for ours, theirs in names.items()}


def cases_of(name: str) -> tuple[list[Case], Stored]:
    """Compute all cases of a file."""
    stored = Stored(name)
    module = importlib.import_module(f"tests.attention.oracles.{name}")
    return list(module.cases(stored)), stored


def gradients(
    gate: str, label: str, found: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray]
) -> Iterator[Case]:
    """Yield a case for each gradient; both sides must have the same names."""
    assert found.keys() == wanted.keys(), found.keys() ^ wanted.keys()
    for name in wanted:
        yield Case(gate, f"{label} d {name}", found[name], wanted[name], backward=True)
