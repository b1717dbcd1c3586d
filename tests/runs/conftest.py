"""What tests of runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runs.fakes import without_figures


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Store the runs of a module without their figures."""
    with without_figures():
        yield
