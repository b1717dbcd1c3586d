"""The short way to a simulation gives what structuring the whole tables gives, mistakes too."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate.config.family import Family, changed, reseeded
from neurogate.config.hashing import content_hash
from neurogate.config.loading import load, read
from neurogate.config.paths import look, paths
from neurogate.config.schema import AnySimulation, Simulation, structure, unstructure
from neurogate.errors import RequestError

BASES = {name: read(name).table for name in ("what_when", "nc_sine")} | {"defaults": {}}
DEFAULTS = {name: unstructure(structure(base)) for name, base in BASES.items()}
LEAVES = {
    name: [p for p in paths(defaults) if isinstance(look(defaults, p), bool | int | float | str)]
    for name, defaults in DEFAULTS.items()
}
VALUES = [0, 1, 0.5, -1, 2.5, 100, 1e6, True, "x", "euler", "float64", [1.0], {"uniform": [1, 2]}, {}]


def outcome(make: Any) -> AnySimulation | list[str]:
    try:
        made: AnySimulation = make()
    except RequestError as error:
        return list(error.problems)
    return made


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_it_gives_what_the_whole_tables_give(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(BASES)))
    keys = data.draw(st.lists(st.sampled_from(LEAVES[name]), min_size=1, max_size=4, unique=True))
    values = [data.draw(st.sampled_from([look(DEFAULTS[name], key), *VALUES])) for key in keys]
    changes = dict(zip(keys, values, strict=True))
    columns = {key: [look(DEFAULTS[name], key), changes[key]] for key in keys}
    short = outcome(lambda: Family.of(BASES[name], DEFAULTS[name], columns).make(changes))
    whole = outcome(lambda: changed(BASES[name], DEFAULTS[name], changes))
    if isinstance(whole, list):
        assert isinstance(short, list)
        assert short
        assert set(short) <= set(whole)
    else:
        assert short == whole
        assert not isinstance(short, list)
        assert content_hash(short) == content_hash(whole)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("what_when", {"rules.force": {"ridge_when": 3.0}}),
        ("what_when", {"rules.mine": {"kind": "delta"}}),
        ("what_when", {"rules.three_factor.gates.1": {"kind": "phase", "start_ms": 0.0, "stop_ms": 9.0}}),
        ("what_when", {"reservoir.synapse.tau_ms.log_uniform": [20.0, 30.0]}),
        ("what_when", {"reservoir.cells.excitatory.parameters.d": 8.0}),
        ("what_when", {"reservoir.cells.start_mV": {"normal": [-65.0, 1.0]}}),
        (
            "what_when",
            {"task.blocks": [{"name": "A", "trials": 4, "latency_ms": [300.0], "probability": [[0.5, 0.2]]}]},
        ),
        ("what_when", {"task.blocks.0.probability.1.0": 0.05}),
        ("nc_sine", {"task.signal": {"kind": "sawtooth"}}),
        ("nc_sine", {"rule.kind": "least_squares"}),
        ("nc_sine", {"task.signal.frequencies_hz.0": 7.0}),
        ("defaults", {"rules.three_factor.eta_when": 0.1}),
        ("defaults", {"rules.delta.eta_when": 0.1, "reservoir.recurrent.kind": "fixed_in_degree"}),
    ],
)
def test_it_leads_to_tables_lists_and_other_kinds_too(name: str, changes: dict[str, Any]) -> None:
    family = Family.of(BASES[name], DEFAULTS[name], {key: [value] for key, value in changes.items()})
    made = family.make(changes)
    assert made == changed(BASES[name], DEFAULTS[name], changes)
    assert made != structure(BASES[name]) or changes == {"rule.kind": "least_squares"}


def test_a_point_is_what_a_run_with_these_settings_is() -> None:
    changes = {"reservoir.gain": 1.5, "task.blocks.1.trials": 120, "rules.force.ridge_when": 7}
    family = Family.of(
        BASES["what_when"], DEFAULTS["what_when"], {key: [value] for key, value in changes.items()}
    )
    assert family.make(changes) == load("what_when", [f"{key}={value}" for key, value in changes.items()])


def test_a_member_is_found_though_the_first_values_are_wrong() -> None:
    columns = {"reservoir.gain": [-1.0, 2.0], "rules.mine": [3, {"kind": "delta"}], "run.seed": [-1]}
    family = Family.of({}, DEFAULTS["defaults"], columns)
    made = family.make({"reservoir.gain": 2.0, "rules.mine": {"kind": "delta"}, "run.seed": 4})
    assert (made.reservoir.gain, made.run.seed) == (2.0, 4)


def test_keys_that_there_are_not_are_all_told() -> None:
    with pytest.raises(RequestError) as caught:
        Family.of(
            {},
            DEFAULTS["defaults"],
            {"reservoir.gian": [1, 2], "run.seed": [1], "task.blocks.9": [1], "run.sede": [3]},
        )
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "reservoir.gian",
        "task.blocks",
        "run.sede",
    ]


def test_what_is_not_changed_is_shared_and_what_is_shared_is_not_changed() -> None:
    family = Family.of({}, DEFAULTS["defaults"], {"reservoir.gain": [1.0]})
    before = content_hash(family.member)
    made = family.make({"reservoir.gain": 3.0})
    assert made.reservoir.cells is family.member.reservoir.cells
    assert (family.member.reservoir.gain, content_hash(family.member)) == (1.0, before)


def test_another_seed_changes_only_the_seed() -> None:
    assert reseeded(Simulation(), 9) == structure({"run": {"seed": 9}})


def test_the_short_way_is_short() -> None:
    base, defaults = BASES["what_when"], DEFAULTS["what_when"]
    family = Family.of(base, defaults, {"reservoir.gain": [1.0]})
    times = []
    for make in (family.make, lambda changes: changed(base, defaults, changes)):
        start = time.process_time()
        for step in range(50):
            make({"reservoir.gain": 1.0 + step / 50})
        times.append(time.process_time() - start)
    assert times[0] < times[1] / 4
