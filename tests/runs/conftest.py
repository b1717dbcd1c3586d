"""What tests of runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neurogate.runs import keeping


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Store runs without their figures, which take longer than small runs do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "_draw", lambda folder, arrays: None)
        yield
