"""What tests of runs share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs import damaging
from tests.runs.fakes import without_figures


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Store the runs of a module without their figures."""
    with without_figures():
        yield


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a store of four runs and the sweep that they are of; nothing was simulated for them."""
    damaging.store_of(tmp_path / "runs", 4)
    return tmp_path / "runs"
