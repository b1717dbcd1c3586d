"""Key paths, near names, and which part of a table a mistake takes with it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from cattrs import Converter

from neurogate.config.problems import Flaw, Mistake, inside, join, keys_of, mistakes, nearest, without
from neurogate.errors import RequestError
from neurogate.units import settings


@settings
class Pair:
    low: float = 0.0
    high: float = 1.0


@pytest.mark.parametrize(
    ("path", "key", "joined"),
    [
        ("", "run", "run"),
        ("run", "seed", "run.seed"),
        ("task.blocks", 2, "task.blocks[2]"),
        ("rules", "a.b", 'rules."a.b"'),
        ("rules", "", 'rules.""'),
        ("rules", "β x", 'rules."β x"'),
        ("rules", 1.5, "rules.1.5"),
    ],
)
def test_paths_are_spelt_as_in_toml(path: str, key: Any, joined: str) -> None:
    assert join(path, key) == joined


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("gian", ["n", "gain"], "gain"),
        ("Tau_MS", ["tau_ms"], "tau_ms"),
        ("tau-ms", ["tau_ms"], "tau_ms"),
        ("ds", ["sd", "kind"], "sd"),
        ("nn", ["n", "gain"], "n"),
        ("colour", ["n", "gain"], None),
        ("x", [], None),
        (None, ["n"], None),
    ],
)
def test_near_names_are_found_and_far_ones_are_not(word: Any, known: list[str], near: str | None) -> None:
    assert nearest(word, known) == near


def test_a_key_that_is_there_already_was_not_meant_again() -> None:
    assert nearest("eta_whet", ["eta_when", "eta_what"], taken={"eta_when": 1}) == "eta_what"
    assert nearest("eta_whet", ["eta_when", "eta_what"], taken={"eta_what": 1}) == "eta_when"


def test_inside_never_fails() -> None:
    table = {"a": [1, {"b": 2}]}
    assert inside(inside(inside(table, "a"), 1), "b") == 2
    assert [inside(table, "x"), inside(table["a"], 5), inside(table["a"], "x"), inside(3, "x")] == [None] * 4


def test_keys_of_a_tagged_class_begin_with_its_kind() -> None:
    assert keys_of(Pair) == ["low", "high"]


class TestMistakes:
    def test_a_sentence_about_a_field_continues_the_path(self) -> None:
        (mistake,) = mistakes(ValueError("low is 2; it must be below high."), {}, Pair, ("run", "pair"))
        assert mistake == Mistake(("run", "pair", "low"), "run.pair.low is 2; it must be below high.")

    def test_another_sentence_follows_a_colon(self) -> None:
        (mistake,) = mistakes(ValueError("The bounds are the wrong way round."), {}, Pair, ("pair",))
        assert mistake.text == "pair: The bounds are the wrong way round."

    def test_a_flaw_follows_the_path(self) -> None:
        (mistake,) = mistakes(Flaw("has no kind."), {}, None, ("rules", "x"))
        assert mistake.text == "rules.x has no kind."

    def test_every_problem_of_a_request_is_kept(self) -> None:
        found = mistakes(RequestError(["low is 1.", "It is odd."]), {}, Pair, ("pair",))
        assert [mistake.text for mistake in found] == ["pair.low is 1.", "pair: It is odd."]

    def test_groups_are_opened(self) -> None:
        group = ExceptionGroup("all", [ValueError("low is 1."), ExceptionGroup("more", [Flaw("is odd.")])])
        assert [m.text for m in mistakes(group, {}, Pair, ("pair",))] == ["pair.low is 1.", "pair is odd."]

    def test_a_defect_of_the_program_is_not_blamed_on_the_user(self) -> None:
        with pytest.raises(ZeroDivisionError):
            list(mistakes(ExceptionGroup("all", [ZeroDivisionError()]), {}, Pair))

    def test_cattrs_notes_become_paths(self) -> None:
        @attrs.frozen
        class Holder:
            pairs: list[int]

        table = {"pairs": [1, "x", 2, None]}
        with pytest.raises(ExceptionGroup) as caught:
            Converter(detailed_validation=True).structure({"pairs": [1, "x"]}, Holder)
        (mistake,) = mistakes(caught.value, table, Holder)
        assert mistake.keys == ("pairs", 1)


class TestWithout:
    def test_the_last_key_of_the_path_goes(self) -> None:
        table = {"run": {"seed": "x", "replicas": 2}, "n": 3}
        assert without(table, [Mistake(("run", "seed"), "")]) == ({"run": {"replicas": 2}, "n": 3}, {"seed"})
        assert table["run"] == {"seed": "x", "replicas": 2}

    def test_a_list_goes_as_a_whole(self) -> None:
        table = {"a": [{"b": [1, 2, 3]}, {"b": [4]}]}
        assert without(table, [Mistake(("a", 0, "b", 1), "")])[0] == {"a": [{}, {"b": [4]}]}
        assert without(table, [Mistake(("a", 0), "")])[0] == {}

    def test_a_table_goes_where_a_key_is_missing(self) -> None:
        assert without({"a": {"b": {"c": 1}}}, [Mistake(("a", "b", "d"), "")]) == ({"a": {}}, {"b"})

    def test_several_mistakes_in_one_place_take_it_once(self) -> None:
        found = [Mistake(("a", 0), ""), Mistake(("a", 1), ""), Mistake(("a",), "")]
        assert without({"a": [1, 2], "b": 3}, found) == ({"b": 3}, {"a"})

    def test_nothing_goes_for_a_mistake_of_the_whole(self) -> None:
        assert without({"a": 1}, [Mistake((), "")]) == ({"a": 1}, set())
