"""The same object from TOML and from Python; importing it costs little."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tomllib

import pytest

from neurogate.config import Run, Simulation, dumps, structure, unstructure
from neurogate.errors import RequestError

HEAVY = ("numba", "scipy", "matplotlib", "brian2", "cupy")


def test_python_and_toml_give_the_same_object() -> None:
    assert structure({"run": {"seed": 7, "replicas": 2}}) == Simulation(run=Run(seed=7, replicas=2))


def test_what_is_written_is_read_back() -> None:
    simulation = Simulation(name="mine", run=Run(seed=7))
    assert structure(unstructure(simulation)) == simulation
    assert structure(tomllib.loads(dumps(simulation))) == simulation


def test_what_is_written_spells_out_every_default() -> None:
    table = tomllib.loads(dumps(Simulation()))
    assert table["run"] == {
        "seed": 1,
        "replicas": 1,
        "backend": "auto",
        "dtype": "float32",
        "threads": 0,
        "memory_limit_mb": 4096.0,
    }
    assert table["reservoir"]["synapse"]["tau_ms"] == {"log_uniform": [10.0, 500.0]}
    assert [gate["kind"] for gate in table["rules"]["three_factor"]["gates"]] == ["phase", "error"]


def test_python_hears_of_parts_that_do_not_fit_too() -> None:
    with pytest.raises(RequestError, match="name is"):
        Simulation(name="no/slash")


def test_it_crosses_process_borders() -> None:
    simulation = Simulation(name="mine")
    assert pickle.loads(pickle.dumps(simulation)) == simulation  # noqa: S301


def test_configurations_and_their_mistakes_import_nothing_heavy() -> None:
    script = (
        "import sys, neurogate.config as config\n"
        "from neurogate.errors import RequestError\n"
        "config.content_hash(config.load('what_when', quick=True))\n"
        "config.describe(config.Simulation)\n"
        "try:\n    config.load('what_when', ['run.sede=1', 'reservoir.n=2000000'])\n"
        "except RequestError: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
