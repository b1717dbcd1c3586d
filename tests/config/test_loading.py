"""A simulation is read by name or from a file; whatever is wrong with it is said, all at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neurogate.config import shipped
from neurogate.config.loading import load, read
from neurogate.config.schema import Simulation, structure
from neurogate.config.sweep import points
from neurogate.config.sweep_table import load_sweep
from neurogate.errors import RequestError
from neurogate.neurons.distributions import FromFile, Uniform
from neurogate.plasticity.three_factor import ThreeFactor

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return path

    return to_file


def problems(name: str | Path, *overrides: str, quick: bool = False) -> list[str]:
    with pytest.raises(RequestError) as caught:
        load(name, overrides, quick=quick)
    return list(caught.value.problems)


class TestFiles:
    def test_an_empty_file_is_all_defaults(self, write: Write) -> None:
        assert load(write("")) == Simulation()

    def test_a_shipped_name_and_its_file_are_the_same(self) -> None:
        assert load("what_when") == load(shipped.folder() / "what_when.toml")

    def test_a_misspelt_name_gets_the_nearest(self) -> None:
        (problem,) = problems("what_wehn")
        assert problem == (
            'There is no simulation or file "what_wehn". Did you mean what_when? '
            f"Give the path of a TOML file or one of the names {', '.join(shipped.names())}."
        )

    def test_a_misspelt_file_gets_the_nearest_beside_it(self, write: Write, tmp_path: Path) -> None:
        write("")
        (problem,) = problems(tmp_path / "mien.toml")
        assert "Did you mean mine.toml?" in problem

    @pytest.mark.parametrize("name", ["", "no/such/file.toml", "\0", "x" * 5000, "."])
    def test_names_that_cannot_be_read_are_one_sentence(self, name: str) -> None:
        (problem,) = problems(name)
        assert "file" in problem

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a = 1\nb = \n", "line 2"),
            ("a = 1\na = 2\n", "line 2"),
            ("[run]\nseed = 1\n[run]\n", "line 3"),
            ("a = " + "[" * 10_000, "nests too deeply"),
            ("a = " + "{b=" * 20 + "[" * 5 + "]" * 5 + "}" * 20, "more than 20 deep"),
            (".".join("a" * 5000) + " = 1", "more than 20 deep"),
            ("a = " + "9" * 5000, "too many digits"),
            ("a = 2000-02-31", "line 1"),
        ],
        ids=["syntax", "key twice", "table twice", "lists", "deep", "dots", "digits", "date"],
    )
    def test_broken_toml_is_one_sentence_with_the_place(self, write: Write, text: str, words: str) -> None:
        (problem,) = problems(write(text))
        assert "mine.toml" in problem
        assert words in problem

    def test_the_line_that_is_not_utf8_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "latin.toml"
        path.write_bytes(b"a = 1\nb = '\xff'\n")
        (problem,) = problems(path)
        assert "line 2 is not UTF-8" in problem

    def test_paths_inside_start_from_the_files_folder(self, write: Write, tmp_path: Path) -> None:
        np.save(tmp_path / "tau.npy", np.full(1000, 50.0))
        made = load(write('[reservoir.synapse]\ntau_ms = {file = "tau.npy"}'))
        assert made.reservoir.synapse.tau_ms == FromFile(path=str(tmp_path / "tau.npy"))

    def test_a_missing_file_inside_is_named_with_its_key(self, write: Write) -> None:
        (problem,) = problems(write('[reservoir.synapse]\ntau_ms = {file = "tau.npy"}'))
        assert problem.startswith('reservoir.synapse.tau_ms.file is "tau.npy"; it must name a file')


class TestOverrides:
    def test_later_changes_win(self) -> None:
        assert load("what_when", ["run.seed=2", "run.seed=5"]).run.seed == 5

    def test_defaults_can_be_changed_entry_by_entry(self, write: Write) -> None:
        made = load(write(""), ["task.blocks.1.trials=7", "rules.three_factor.gates[1].saturation=0.5"])
        assert [block.trials for block in made.task.blocks] == [320, 7, 240]
        assert made.rules["three_factor"].gates[1].saturation == 0.5  # type: ignore[union-attr]

    def test_changing_a_rule_of_a_file_that_names_none_leaves_the_others(self, write: Write) -> None:
        rules = load(write(""), ["rules.three_factor.eta_when=0.5"]).rules
        assert rules == Simulation().rules | {"three_factor": ThreeFactor(eta_when=0.5)}
        base, sweep = load_sweep(write(""), wishes={"grid": {"rules.three_factor.eta_when": [0.5, 0.6]}})
        assert [point.simulation.rules.keys() for point in points(sweep, base)] == [rules.keys()] * 2

    def test_distributions_are_replaced_as_a_whole(self) -> None:
        made = load("what_when", ["reservoir.synapse.tau_ms={uniform = [20, 30]}"])
        assert made.reservoir.synapse.tau_ms == Uniform(low=20.0, high=30.0)

    def test_paths_start_from_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tau.txt").write_text("1.0 " * 1000)
        monkeypatch.chdir(tmp_path)
        made = load("what_when", ['reservoir.synapse.tau_ms={file = "tau.txt"}'])
        assert made.reservoir.synapse.tau_ms == FromFile(path=str(tmp_path / "tau.txt"))
        assert "nix.txt" in problems("what_when", 'reservoir.synapse.tau_ms={file = "nix.txt"}')[0]

    def test_all_wrong_changes_are_reported_with_the_files_mistakes(self, write: Write) -> None:
        found = problems(
            write("[run]\nsede = 1"), "run.replicas=0", "reservoir.gian=1", "x", "task.blocks.9.name=y"
        )
        assert sorted(problem.split(" ")[0] for problem in found) == [
            '"x"',
            "reservoir.gian",
            "run.replicas",
            "run.sede",
            "task.blocks",
        ]

    def test_depth_is_limited(self) -> None:
        (problem,) = problems("what_when", "run.seed=" + "[" * 50 + "]" * 50)
        assert problem == "run.seed is set to what nests more than 20 deep; no key needs that."


QUICK = '[quick]\n"reservoir.n" = 50\nrun.seed = 9\n"task.blocks.0.trials" = 8\n'


class TestQuick:
    def test_its_changes_are_made_only_when_asked_for(self, write: Write) -> None:
        path = write(QUICK)
        assert load(path) == Simulation()
        quick = load(path, quick=True)
        assert (quick.reservoir.n, quick.run.seed, quick.task.blocks[0].trials) == (50, 9, 8)

    def test_changes_from_outside_come_after_it(self, write: Write) -> None:
        assert load(write(QUICK), ["reservoir.n=70"], quick=True).reservoir.n == 70

    def test_its_mistakes_are_found_even_where_it_is_not_asked_for(self, write: Write) -> None:
        path = write('[quick]\n"reservoir.m" = 50')
        assert problems(path)[0].startswith("In quick: reservoir.m is not a known key")
        assert problems(path, quick=True)[0].startswith("reservoir.m is not a known key")

    def test_changes_from_outside_are_not_blamed_on_it(self, write: Write) -> None:
        one = '[{name="A", trials=4, latency_ms=[300], probability=[[0.5]]}]'
        made = load(
            write('[quick]\n"task.blocks.2.trials" = 8'), [f"task.blocks={one}", 'task.outcomes=["X"]']
        )
        assert len(made.task.blocks) == 1

    def test_asking_for_what_is_not_there_is_a_mistake(self, write: Write) -> None:
        assert problems(write(""), quick=True)[0].startswith("quick is missing in")

    def test_it_must_be_a_table(self, write: Write) -> None:
        assert problems(write("quick = 3")) == ["quick is 3; it must be a table of changes."]


class TestSweep:
    @pytest.mark.parametrize("sweep", ["[sweep]\nseeds = 20", "sweep = 3", "[sweep.grid]\nnonsense = []"])
    @pytest.mark.parametrize("quick", [False, True])
    def test_one_run_passes_over_it(self, write: Write, sweep: str, quick: bool) -> None:
        assert load(write(f"{sweep}\n{QUICK}"), quick=quick) == load(write(QUICK), quick=quick)

    def test_reading_keeps_it_with_the_tables_and_the_folder(self, write: Write, tmp_path: Path) -> None:
        made = read(write(QUICK + "[sweep]\nseeds = 20"), ["reservoir.gain=2"], quick=True)
        assert (made.sweep, made.folder) == ({"seeds": 20}, tmp_path)
        assert made.table["reservoir"] == {"n": 50, "gain": 2}
        assert structure(made.table) == made.simulation


class TestWhatWhen:
    """The shipped main simulation is the configuration of the specification."""

    def test_it_spells_out_the_defaults(self) -> None:
        made = load("what_when")
        assert Simulation(name=made.name, description=made.description) == made

    def test_its_numbers_are_those_of_the_specification(self) -> None:
        made = load("what_when")
        task, reservoir = made.task, made.reservoir
        assert (reservoir.n, reservoir.dt_ms, reservoir.recurrent.probability) == (1000, 1.0, 0.1)
        assert [block.trials for block in task.blocks] == [320, 240, 240]
        assert task.blocks[0].latency_ms == (300.0, 600.0, 900.0, 1200.0)
        assert task.blocks[1].latency_ms == task.blocks[2].latency_ms == (600.0, 300.0, 1200.0, 900.0)
        assert task.blocks[0].probability == task.blocks[1].probability
        assert task.blocks[2].probability == ((0.2, 0.7), (0.7, 0.2), (0.1, 0.7), (0.6, 0.2))
        assert task.timeline.trial_ms == 2200.0
        assert (task.settling, task.settling + task.habituation) == (4, 24)
        assert next(iter(made.rules)) == "three_factor"

    def test_quick_is_the_small_variant(self) -> None:
        quick = load("what_when", quick=True)
        assert quick.reservoir.n == 300
        assert [block.trials for block in quick.task.blocks][:2] == [160, 120]

    def test_its_file_has_no_key_that_the_schema_lacks(self) -> None:
        text = (shipped.folder() / "what_when.toml").read_text("utf-8")
        assert set(tomllib.loads(text)) == {
            "name",
            "description",
            "sweep",
            "run",
            "reservoir",
            "features",
            "task",
            "rules",
            "probes",
            "record",
            "quick",
        }


def test_a_byte_order_mark_is_read_over(tmp_path):
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'name = "marked"\n')
    assert load(path).name == "marked"
