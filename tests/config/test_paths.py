"""A key path that is not whole is never guessed, and the whole one is named."""

from __future__ import annotations

import pytest

from neurogate.config.paths import look, paths, respelt, unknown
from neurogate.config.schema import Simulation, unstructure

DEFAULTS = unstructure(Simulation())


def test_every_key_path_leads_to_what_it_names() -> None:
    known = list(paths(DEFAULTS))
    assert {"run.seed", "task.blocks.1.latency_ms.3", "rules.three_factor.gates.0"} <= set(known)
    assert all(look(DEFAULTS, path) is not None for path in known)


@pytest.mark.parametrize(
    "path", ["run.sede", "run.seed.x", "task.blocks.9", "task.blocks.²", "task.blocks.-1"]
)
def test_other_key_paths_lead_nowhere(path: str) -> None:
    assert look(DEFAULTS, path) is None


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("eta_when", "rules.three_factor.eta_when"),
        ("rule.eta_when", "rules.three_factor.eta_when"),
        ("three_factor.eta_whne", "rules.three_factor.eta_when"),
        ("gain", "reservoir.gain"),
        ("synapse.tau_ms", "reservoir.synapse.tau_ms or reservoir.trace.tau_ms"),
        ("blocks.1.trials", "task.blocks.1.trials or task.blocks.2.trials or task.blocks.0.trials"),
    ],
)
def test_an_unknown_key_path_gets_those_that_end_alike(path: str, meant: str) -> None:
    assert unknown(path, DEFAULTS).startswith(f"{path} is not a known key; did you mean {meant}? A key path")


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert unknown("xyzzy", DEFAULTS).startswith(
        "xyzzy is not a known key; a key path is written from the top"
    )


@pytest.mark.parametrize(
    ("problem", "asked", "said"),
    [
        ("gain is not a known key; ...", "gain", "did you mean reservoir.gain? A key path"),
        (
            "rule is not a known key; ...",
            "rule.eta_when",
            "did you mean rules.three_factor.eta_when? A key path",
        ),
        ("rules.eta_when is 1; ...", "rules.eta_when", "is 1; ... Did you mean rules.three_factor.eta_when?"),
    ],
)
def test_what_is_wrong_names_the_whole_path(problem: str, asked: str, said: str) -> None:
    assert said in respelt(problem, ["run.seed", asked], DEFAULTS)


@pytest.mark.parametrize(
    "problem",
    [
        "reservoir.gian is not a known key; did you mean gain? reservoir takes n, gain.",
        "reservoir.gain is -1; it must be at least 0.",
        "colour is not a known key; the top level takes name.",
    ],
)
def test_other_sentences_stay(problem: str) -> None:
    assert respelt(problem, ["reservoir.gian", "reservoir.gain"], DEFAULTS) == problem
