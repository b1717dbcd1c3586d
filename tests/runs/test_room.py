"""A run that the memory cannot hold is refused before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError
from neurogate.runs.options import Options
from neurogate.runs.room import require_room
from neurogate.runs.sweep import sweep
from neurogate.runs.sweep_folder import folder_of

BASE = {"name": "mine", "run": {"memory_limit_mb": 1e6}}
SOME = points(Sweep(grid={"reservoir.n": [100, 50_000, 200]}, seeds=2), BASE)


def test_the_run_that_needs_most_is_named_with_what_it_needs_and_what_there_is() -> None:
    with pytest.raises(RequestError) as caught:
        require_room(SOME, 4096.0)
    (said,) = caught.value.problems
    assert said.startswith("The run with reservoir.n=50000, run.seed=1 needs ")
    assert " MB, with reservoir.n=50000), and all runs under way together may take 4,096 MB. Lower" in said
    assert said.endswith("or allow more with --memory-mb if the machine has it.")


def test_a_sentence_is_one_however_little_there_is() -> None:
    with pytest.raises(RequestError, match=r"may take 0\.1 MB"):
        require_room(SOME[:1], 0.1)


def test_what_fits_and_nothing_at_all_are_let_through() -> None:
    require_room(SOME, 1e6)
    require_room([], 1e-3)


def test_a_driver_refuses_before_it_has_workers(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"reservoir\.n=50000"):
        sweep(SOME, folder_of(SOME, "mine", tmp_path), Options(), print)
