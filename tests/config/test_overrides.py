"""Single keys are changed where they are, and nowhere else."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from neurogate.config import load, shipped, unstructure
from neurogate.config.overrides import changes, parse, put
from neurogate.config.paths import look, paths
from neurogate.config.problems import Flaw
from neurogate.network.cells import Cells
from neurogate.neurons.distributions import Constant


class TestParse:
    @pytest.mark.parametrize(
        ("text", "key", "value"),
        [
            ("run.seed=3", "run.seed", 3),
            (" run.seed = 3 ", "run.seed", 3),
            ("a=1.5e-3", "a", 0.0015),
            ("a=true", "a", True),
            ("a=True", "a", "True"),
            ("run.backend=numba", "run.backend", "numba"),
            ('a="numba"', "a", "numba"),
            ("a=x=y", "a", "x=y"),
            ("a=", "a", ""),
            ("a=[1, 2]", "a", [1, 2]),
            ("a={uniform = [1, 2]}", "a", {"uniform": [1, 2]}),
            ("a=1\nb=2", "a", "1\nb=2"),
            ("a=1.2.3", "a", "1.2.3"),
            ("a=1 # why", "a", 1),
            ("a=here/x.npy", "a", "here/x.npy"),
        ],
    )
    def test_values_are_toml_or_else_a_text(self, text: str, key: str, value: Any) -> None:
        assert parse(text) == (key, value)

    @pytest.mark.parametrize(
        "text", ["", "run.seed", "=3", "a=[1", 'a="x', "a={b=1", "a=" + "[" * 5000, "a=\udcff"]
    )
    def test_broken_changes_are_refused_in_a_sentence(self, text: str) -> None:
        with pytest.raises(Flaw, match=r"must be|give UTF-8"):
            parse(text)


class TestChanges:
    def test_quoted_and_bare_dotted_keys_mean_the_same(self) -> None:
        quoted = {"task.blocks.0.trials": 5, "run.seed": 2}
        bare = {"task": {"blocks": {"0": {"trials": 5}}}, "run": {"seed": 2}}
        assert list(changes(quoted)) == list(changes(bare))

    def test_distributions_and_empty_tables_are_values(self) -> None:
        table = {"a": {"uniform": [1, 2]}, "rules": {"ridge": {}}}
        assert list(changes(table)) == [("a", {"uniform": [1, 2]}), ("rules.ridge", {})]


class TestPut:
    def test_missing_tables_are_made(self) -> None:
        table: dict[str, Any] = {"run": {"seed": 1}}
        put(table, "reservoir.synapse.charge", 5.0, {})
        assert table == {"run": {"seed": 1}, "reservoir": {"synapse": {"charge": 5.0}}}

    @pytest.mark.parametrize("path", ["blocks.1.latency.0", "blocks[1].latency[0]", 'blocks."1".latency[0]'])
    def test_whole_numbers_count_the_entries_of_a_list(self, path: str) -> None:
        table = {"blocks": [{"latency": [1, 2]}, {"latency": [3, 4]}]}
        put(table, path, 9, {})
        assert table == {"blocks": [{"latency": [1, 2]}, {"latency": [9, 4]}]}

    def test_a_list_left_to_its_default_is_copied_before_one_entry_changes(self) -> None:
        defaults = {"task": {"blocks": [{"trials": 1}, {"trials": 2}]}, "run": {"seed": 1}}
        table: dict[str, Any] = {}
        put(table, "task.blocks.1.trials", 9, defaults)
        assert table == {"task": {"blocks": [{"trials": 1}, {"trials": 9}]}}
        assert defaults["task"] == {"blocks": [{"trials": 1}, {"trials": 2}]}

    def test_things_that_have_names_stay_when_one_of_them_changes_or_another_comes(self) -> None:
        defaults = {"rules": {"a": {"kind": "force", "x": 1}, "b": {"kind": "ridge", "y": 2}}}
        table: dict[str, Any] = {}
        put(table, "rules.b.y", 9, defaults)
        assert table == {"rules": {"a": {"kind": "force"}, "b": {"kind": "ridge", "y": 9}}}
        put(table, "rules.c.z", 3, defaults)
        assert table["rules"].keys() == {"a", "b", "c"}

    def test_neurons_keep_their_preset_when_something_else_of_them_changes(self) -> None:
        simulation = load("what_when_shuffled", ["reservoir.cells.inhibitory.bias=5.0"])
        assert simulation.reservoir.cells == attrs.evolve(
            Cells(), inhibitory=attrs.evolve(Cells().inhibitory, bias=Constant(value=5.0))
        )

    @pytest.mark.parametrize("name", shipped.names())
    def test_rules_are_the_only_things_that_have_names(self, name: str) -> None:
        spelt_out = unstructure(load(name))
        tables = {"": spelt_out} | {path: look(spelt_out, path) for path in paths(spelt_out)}
        of_kinds = [
            path
            for path, table in tables.items()
            if isinstance(table, dict)
            and table
            and all(isinstance(inner, dict) and "kind" in inner for inner in table.values())
        ]
        assert of_kinds == ["rules"] * ("rules" in spelt_out)

    def test_a_default_distribution_is_replaced_not_mixed(self) -> None:
        table: dict[str, Any] = {}
        put(table, "tau.uniform", [1, 2], {"tau": {"normal": [3, 4]}})
        assert table == {"tau": {"uniform": [1, 2]}}

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("run.seed.x", "run.seed is 1; it has no keys inside, so run.seed.x cannot be set."),
            ("blocks.2", 'blocks has no entry "2"; the number of an entry must be from 0 to 1.'),
            ("blocks.-1", 'blocks has no entry "-1"'),
            ("blocks.first", 'blocks has no entry "first"'),
            ("blocks.²", 'blocks has no entry "²"'),
            ("none.0", 'none has no entry "0"'),
            ("a..b", '"a..b" is not a key path'),
            (".", '"." is not a key path'),
            ("a[", '"a[" is not a key path'),
        ],
    )
    def test_paths_that_lead_nowhere_are_refused(self, path: str, sentence: str) -> None:
        with pytest.raises(Flaw) as caught:
            put({"run": {"seed": 1}, "blocks": [1, 2], "none": []}, path, 0, {})
        assert str(caught.value).startswith(sentence)
