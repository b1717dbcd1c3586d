"""Plain tables become settings, nothing is guessed, and every mistake is heard at once."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.config.structuring import build, dumps, plain
from neurogate.errors import RequestError
from neurogate.neurons.distributions import (
    Constant,
    Distribution,
    FromFile,
    Gamma,
    LogUniform,
    Normal,
    Uniform,
)
from neurogate.units import Count, Domain, Fraction, Milliseconds, settings


@settings
class Step:
    kind: ClassVar[str] = "step"
    level: Fraction = 0.5


@settings
class Ramp:
    kind: ClassVar[str] = "ramp"
    start: float = 0.0
    stop: float = 1.0

    def __attrs_post_init__(self) -> None:
        if self.stop <= self.start:
            raise ValueError(f"stop is {self.stop:g}; it must be above start, {self.start:g}.")


@settings
class Leaf:
    count: Count = 3
    tau_ms: Milliseconds = 20.0
    on: bool = False
    mode: Literal["one", "two"] = "one"
    label: str = ""
    limit: float | None = None


@settings
class Root:
    leaf: Leaf = Leaf()
    leaves: tuple[Leaf, ...] = ()
    matrix: tuple[tuple[Fraction, ...], ...] = ()
    pair: tuple[int, float] = (1, 2.0)
    course: Step | Ramp = Step()
    courses: tuple[Step | Ramp, ...] = ()
    named: Mapping[str, Step | Ramp] = attrs.field(factory=dict)
    drawn: Distribution = Constant(value=1.0)
    maybe: Distribution | None = None
    per_name: Mapping[str, Distribution] = attrs.field(factory=dict)
    single: Step = Step()
    needed: Annotated[int, Domain(0)] = attrs.field(default=0)


@settings
class Strict:
    name: str
    size: Count


def problems(table: Any, cls: type = Root) -> list[str]:
    with pytest.raises(RequestError) as caught:
        build(cls, table)
    return list(caught.value.problems)


class TestTypes:
    @pytest.mark.parametrize(
        ("table", "sentence"),
        [
            ({"leaf": {"count": 2.7}}, "leaf.count is 2.7; it must be a whole number (at least 1)."),
            ({"leaf": {"count": True}}, "leaf.count is true; it must be a whole number (at least 1)."),
            ({"leaf": {"count": "1"}}, 'leaf.count is "1"; it must be a whole number (at least 1).'),
            ({"leaf": {"on": "false"}}, 'leaf.on is "false"; it must be true or false.'),
            ({"leaf": {"on": 1}}, "leaf.on is 1; it must be true or false."),
            ({"leaf": {"tau_ms": "20"}}, 'leaf.tau_ms is "20"; it must be a number (above 0 ms).'),
            ({"leaf": {"tau_ms": -1}}, "leaf.tau_ms is -1; it must be above 0 ms."),
            ({"leaf": {"tau_ms": math.nan}}, "leaf.tau_ms is nan; it must be finite: a number (above 0 ms)."),
            ({"leaf": {"label": 3}}, "leaf.label is 3; it must be a text."),
            ({"leaf": {"mode": "three"}}, 'leaf.mode is "three"; it must be "one" or "two".'),
            ({"leaf": {"limit": "x"}}, 'leaf.limit is "x"; it must be a number.'),
            ({"matrix": [[0.5], [0.5, 2]]}, "matrix[1][1] is 2; it must be from 0 to 1."),
            ({"matrix": [0.5]}, "matrix[0] is 0.5; it must be a list."),
            ({"matrix": "ab"}, 'matrix is "ab"; it must be a list.'),
            ({"pair": [1]}, "pair is [1]; it must be a list of 2: a whole number, a number."),
            ({"leaves": {"0": {}}}, "leaves is {0 = {}}; it must be a list."),
            (
                {"leaves": [{}, 3]},
                "leaves[1] is 3; it must be a table with the keys count, tau_ms",
            ),
            ({"named": []}, "named is []; it must be a table."),
            ({"named": {1: {}}}, "named is 1; it must be a text."),
            (3, "The configuration is 3; it must be a table with the keys leaf, "),
        ],
    )
    def test_wrong_values_are_named_with_what_is_allowed(self, table: Any, sentence: str) -> None:
        (problem,) = problems(table)
        assert problem.startswith(sentence)

    @pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["huge", "hugely negative"])
    def test_whole_numbers_too_large_for_a_float_are_refused(self, value: int) -> None:
        (problem,) = problems({"leaf": {"tau_ms": value}})
        assert problem.startswith("leaf.tau_ms is a whole number of 1329 bits; it must be finite")

    def test_whole_numbers_become_floats_where_floats_are_wanted(self) -> None:
        made = build(Root, {"leaf": {"tau_ms": 3}, "pair": [1, 2]})
        assert (made.leaf.tau_ms, made.pair) == (3.0, (1, 2.0))
        assert isinstance(made.leaf.tau_ms, float)

    def test_what_is_left_out_keeps_its_default(self) -> None:
        assert build(Root, {}) == Root()

    def test_missing_keys_are_named_with_what_they_must_be(self) -> None:
        assert problems({}, Strict) == [
            "name is missing; it must be a text.",
            "size is missing; it must be a whole number (at least 1).",
        ]


class TestKeys:
    def test_an_unknown_key_gets_the_nearest_spelling(self) -> None:
        assert problems({"leaf": {"tau": 3}}) == [
            "leaf.tau is not a known key; did you mean tau_ms? "
            "leaf takes count, tau_ms, on, mode, label, limit."
        ]

    def test_an_unknown_key_far_from_all_gets_the_list(self) -> None:
        assert problems({"leaf": {"colour": 3}}) == [
            "leaf.colour is not a known key; leaf takes count, tau_ms, on, mode, label, limit."
        ]

    def test_unknown_keys_are_found_at_every_depth(self) -> None:
        table = {"x": 1, "leaf": {"x": 1}, "leaves": [{}, {"x": 1}], "courses": [{"kind": "step", "x": 1}]}
        assert {problem.split(" is ")[0] for problem in problems(table)} == {
            "x",
            "leaf.x",
            "leaves[1].x",
            "courses[0].x",
        }


class TestKinds:
    def test_the_kind_chooses_the_class(self) -> None:
        made = build(Root, {"courses": [{"kind": "ramp", "stop": 3}, {"kind": "step"}]})
        assert made.courses == (Ramp(stop=3.0), Step())

    def test_in_a_table_the_kind_defaults_to_the_name(self) -> None:
        made = build(Root, {"named": {"ramp": {"stop": 2}, "other": {"kind": "ramp"}}})
        assert made.named == {"ramp": Ramp(stop=2.0), "other": Ramp()}

    def test_a_single_class_may_say_its_own_kind(self) -> None:
        assert build(Root, {"single": {"kind": "step", "level": 1}}).single == Step(level=1.0)
        assert problems({"single": {"kind": "ramp"}}) == ['single.kind is "ramp"; it must be "step".']

    @pytest.mark.parametrize(
        ("table", "sentence"),
        [
            ({"course": {}}, 'course has no kind; kind must be "step" or "ramp".'),
            ({"course": {"knid": "step"}}, 'course has no kind; kind must be "step" or "ramp". Did you mean'),
            (
                {"course": {"kind": "stop"}},
                'course.kind is "stop"; it must be "step" or "ramp". Did',
            ),
            ({"course": {"kind": ["step"]}}, 'course.kind is ["step"]; it must be "step" or "ramp".'),
            ({"course": "step"}, 'course is "step"; it must be a table with kind = "step" or "ramp".'),
            (
                {"named": {"rump": {}}},
                'named.rump.kind is "rump"; it must be "step" or "ramp". Did you mean',
            ),
            (
                {"courses": [{"kind": "step", "levle": 1}]},
                "courses[0].levle is not a known key; did you",
            ),
        ],
    )
    def test_wrong_kinds_are_told_which_there_are(self, table: Any, sentence: str) -> None:
        (problem,) = problems(table)
        assert problem.startswith(sentence)


COMPACT = [
    (6, Constant(value=6.0)),
    (-0.5, Constant(value=-0.5)),
    ({"constant": 2}, Constant(value=2.0)),
    ({"uniform": [1, 2]}, Uniform(low=1.0, high=2.0)),
    ({"log_uniform": [1, 2]}, LogUniform(low=1.0, high=2.0)),
    ({"normal": [6, 1]}, Normal(mean=6.0, sd=1.0)),
    ({"gamma": [2, 0.5]}, Gamma(shape=2.0, scale=0.5)),
    ({"file": "x.npy"}, FromFile(path="x.npy")),
]


class TestDistributions:
    @pytest.mark.parametrize(("form", "distribution"), COMPACT)
    def test_the_compact_form_is_read(self, form: Any, distribution: Distribution) -> None:
        made = build(Root, {"drawn": form, "maybe": form, "per_name": {"gamma": form}})
        assert (made.drawn, made.maybe, made.per_name) == (
            distribution,
            distribution,
            {"gamma": distribution},
        )

    @pytest.mark.parametrize("distribution", [distribution for _, distribution in COMPACT])
    def test_the_compact_form_is_written(self, distribution: Distribution) -> None:
        assert build(Root, plain(Root(drawn=distribution))).drawn == distribution

    @pytest.mark.parametrize(
        ("form", "sentence"),
        [
            ({}, "drawn is {}; it must be a number, {uniform}, {log_uniform}, {normal}, {gamma} or {file}"),
            ({"unifrom": [1, 2]}, "drawn is {unifrom = [1, 2]}; it must be a number, "),
            (
                {"uniform": [1, 2], "normal": [1, 2]},
                "drawn is {uniform = [1, 2], normal = [1, 2]}; it",
            ),
            ({"uniform": 3}, "drawn.uniform is 3; it must be a list of 2 numbers: low, high."),
            (
                {"uniform": [1, 2, 3]},
                "drawn.uniform is [1, 2, 3]; it must be a list of 2 numbers",
            ),
            ({"uniform": [1, "2"]}, 'drawn.uniform[1] is "2"; it must be a number.'),
            ({"uniform": [2, 1]}, "drawn.uniform: Uniform has low 2 above high 1"),
            ({"log_uniform": [-1, 1]}, "drawn.log_uniform[0] is -1; it must be above 0."),
            ({"normal": [0, -1]}, "drawn.normal[1] is -1; it must be at least 0."),
            ({"file": 3}, "drawn.file is 3; it must be a text."),
            ([1, 2], "drawn is [1, 2]; it must be a number, "),
            (True, "drawn is true; it must be a number, "),
            ("6", 'drawn is "6"; it must be a number, '),
            (math.inf, "drawn is inf; it must be finite: a number."),
        ],
    )
    def test_other_forms_are_refused(self, form: Any, sentence: str) -> None:
        (problem,) = problems({"drawn": form})
        assert problem.startswith(sentence)

    def test_a_near_form_is_suggested(self) -> None:
        assert problems({"drawn": {"unifrom": [1, 2]}})[0].endswith("Did you mean uniform?")


class TestAllAtOnce:
    def test_mistakes_of_every_sort_and_depth_are_reported_together(self) -> None:
        table = {
            "laef": {},
            "leaf": {"count": 0, "tau_ms": math.nan, "on": "yes"},
            "leaves": [{"mode": "x"}, {"label": 1}],
            "matrix": [[0.5, "a"], [7]],
            "course": {"kind": "ramp", "start": 2, "stop": 1},
            "named": {"step": {"level": 9}, "x": {}},
            "drawn": {"normal": [None, -1]},
        }
        assert [problem.split(" ")[0] for problem in problems(table)] == [
            "leaf.count",
            "leaf.tau_ms",
            "leaf.on",
            "leaves[0].mode",
            "leaves[1].label",
            "matrix[0][1]",
            "matrix[1][0]",
            "course.stop",
            "named.step.level",
            "named.x.kind",
            "drawn.normal[0]",
            "drawn.normal[1]",
            "laef",
        ]

    def test_what_does_not_fit_together_is_heard_beside_a_misspelt_key(self) -> None:
        table = {"course": {"kind": "ramp", "start": 2, "stop": 1, "colour": 3}}
        assert [problem.split(" ")[0] for problem in problems(table)] == ["course.colour", "course.stop"]

    def test_no_complaint_about_a_default_that_stands_in_for_a_mistake(self) -> None:
        table = {"course": {"kind": "ramp", "start": 2, "stop": "three"}}
        assert problems(table) == ['course.stop is "three"; it must be a number.']


class TestWriting:
    def test_defaults_are_spelled_out_and_none_is_left_out(self) -> None:
        table = plain(Root(named={"ramp": Ramp()}))
        assert table["leaf"] == {"count": 3, "tau_ms": 20.0, "on": False, "mode": "one", "label": ""}
        assert table["named"] == {"ramp": {"kind": "ramp", "start": 0.0, "stop": 1.0}}
        assert table["drawn"] == 1.0
        assert "maybe" not in table

    @given(
        st.builds(
            Root,
            leaf=st.builds(
                Leaf,
                count=st.integers(1, 2**62),
                tau_ms=st.floats(0, exclude_min=True, allow_infinity=False),
                label=st.text(),
                limit=st.none() | st.floats(allow_nan=False, allow_infinity=False),
            ),
            matrix=st.lists(st.lists(st.floats(0, 1), max_size=3), max_size=3),
            courses=st.lists(st.sampled_from([Step(), Ramp(stop=2.0)]), max_size=3),
            named=st.dictionaries(st.text(max_size=5), st.sampled_from([Step(), Ramp()]), max_size=3),
            drawn=st.sampled_from([distribution for _, distribution in COMPACT]),
            per_name=st.dictionaries(st.text(max_size=5), st.just(Normal(mean=0.0, sd=1.0)), max_size=2),
        )
    )
    def test_toml_gives_the_same_object_back(self, made: Root) -> None:
        assert build(Root, tomllib.loads(dumps(made))) == made
