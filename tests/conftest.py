"""What every test may rely on: no window opens, nothing is written at home, the same cases each time."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

# Set before anything imports matplotlib. Its font cache lies with pytest's, since making one takes seconds.
os.environ["MPLBACKEND"] = "Agg"
os.environ["MPLCONFIGDIR"] = str(CHECKOUT / ".pytest_cache" / "matplotlib")

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Return a generator seeded by the test's own name, so that tests do not share a stream."""
    return np.random.default_rng(list(request.node.name.encode()))


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sweeps work in this process: to start another one takes longer than tiny runs do."""
    from neurogate.runs import pool
    from tests.reliability.tiny import inline

    monkeypatch.setattr(pool, "local", inline)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the folder that holds pyproject.toml."""
    return CHECKOUT
