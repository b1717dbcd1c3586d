"""Settings of every learner of the prediction object, ours and its rivals', by the same search for each.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382; the learners are those of sims/yamada_chao_2025.toml.

Each learner has the same number of settings: the one that is shipped, and others drawn at random from its
space. Readouts do not act on the network, so all of them live through the same spikes. The reservoirs without
spikes have as many settings, read by our rule as it is shipped. All are judged on the same networks, whose
seeds are none of those that judge claims. The search is made in small networks; the best of each learner, and
what is shipped, are judged again in networks of full size, and the best of these is chosen. A setting is
judged by one number: the geometric mean of four measures, each divided by the target that it was set. So
halving any of them counts the same, and 1 is what was aimed at:

    timing error and mean |p̂ − p|                        mean over the blocks, when all is settled
    trials until a switch of latencies is learned         of probabilities likewise; at most the block

    python experiments/yamada_chao_2025_tuning.py [--learner L ...] [--settings K] [--seeds N] [--neurons N]
        [--finalists F] [--quick] [--jobs N] [--out DIR] [--json]

It writes the table with all settings into DIR/yamada_chao_2025_tuning.json. What each simulation came to is
kept beside it, and not simulated again: an interrupted command goes on where it stopped. A ridge is that for
1000 neurons, and grows with them as traces do.
"""

from __future__ import annotations

import argparse
import functools
import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, cast

import attrs
import numpy as np

from neurogate import config
from neurogate.bench.machine import machine, write
from neurogate.config.build import session
from neurogate.config.draws import draw
from neurogate.config.loading import load
from neurogate.config.schema import Simulation
from neurogate.errors import RunDiverged
from neurogate.plasticity.force import Force
from neurogate.plasticity.rules import AnyRule
from neurogate.runs.asking import answer, count, reader
from neurogate.tasks.session import Session

NAME, SIMULATION, OURS = "yamada_chao_2025_tuning", "yamada_chao_2025", "surprise_replay"
FIRST_SEED, SEARCH_SEED = 101, 1

TARGETS = {
    "timing_error_ms": 12.0,
    "probability_mae": 0.05,
    "trials_to_timing": 25.0,
    "trials_to_probability": 100.0,
}

ETA = {"eta_when": "log_uniform:0.01:0.5", "eta_what": "log_uniform:0.001:0.1"}
RIDGE = {"ridge_when": "log_uniform:3:3000", "ridge_what": "log_uniform:30:10000"}
NOVELTY = {"eta_novelty": "log_uniform:0.01:0.3", "novelty_trials": "log_uniform:20:200"}
FORGOTTEN = "log_uniform:0.0002:0.01"  # of each sample; a forgetting factor is 1 less that
LABILE = {"eta_labile": "log_uniform:0.02:0.2"}

SPACES: Mapping[str, Mapping[str, str]] = {
    OURS: {
        "eta_when": "log_uniform:0.05:0.5",
        "explained": "log_uniform:0.003:0.05",
        "eta_what": "log_uniform:0.0005:0.01",
        **NOVELTY,
        **LABILE,
    },
    "three_factor": {**ETA, **NOVELTY},
    "delta": ETA,
    "reward_hebbian": {
        **ETA,
        "eta_when": "log_uniform:0.003:0.3",
        "noise_sd": "log_uniform:0.03:0.5",
        "reward_samples": "log_uniform:5:200",
    },
    "e_prop": {**ETA, "tau_ms": "log_uniform:5:100"},
    "force": RIDGE,
    "force_forgetting": {**RIDGE, "forgetting": FORGOTTEN},
    "force_two_memories": {**RIDGE, "forgetting_when": FORGOTTEN, "forgetting_what": FORGOTTEN},
    "force_reset": RIDGE,
    "force_alarm": {**RIDGE, **LABILE},
}

PHASIC, WHERE = "log_uniform:100:1000000", {"phasic_tau_ms": "features"}  # the high-pass before *when*
BANK = {"rectified": "choice:false,true", "bias_sd": "uniform:0:1", "phasic_tau_ms": PHASIC}  # unconnected
RESERVOIRS: Mapping[str, Mapping[str, str]] = {
    "what_when_echo_state": {
        "spectral_radius": "uniform:0.6:2.4", "shortest_ms": "log_uniform:2:30",
        "longest_ms": "log_uniform:100:1500", "input_sd": "log_uniform:0.3:3", "phasic_tau_ms": PHASIC,
    },
    "what_when_leaky": {"shortest_ms": "log_uniform:3:50", "longest_ms": "log_uniform:300:5000", **BANK},
    "what_when_adapting": {
        "shortest_ms": "log_uniform:3:30", "longest_ms": "log_uniform:30:300",
        "strength": "log_uniform:0.5:20", "slowest_ms": "log_uniform:1000:10000", **BANK,
    },
}  # fmt: skip
LEARNERS = (*SPACES, *RESERVOIRS)
# What the main simulation asks, for those that ship without it.
ALIKE = ("task.lead_ms=80.0", "task.replay_within_ms=200.0", "probes.window_ms=[180.0, 1500.0]")
NOISE_OF_INPUT = 0.05

Changes = Mapping[str, Any]
Measures = Mapping[str, float]
Numbers = Mapping[str, Sequence[int]]  # which settings of each learner and reservoir


class Size(NamedTuple):
    """How large simulations are."""

    neurons: int  # 0: as shipped
    quick: bool


class Judged(NamedTuple):
    """One setting of a learner or reservoir, and what it came to on each seed."""

    number: int  # 0 is what is shipped
    changes: Changes
    of_seeds: Sequence[Measures]

    @property
    def measures(self) -> Measures:
        """The means over seeds."""
        return {key: float(np.mean([found[key] for found in self.of_seeds])) for key in TARGETS}

    @property
    def score(self) -> float:
        """The geometric mean of measures over targets."""
        return float(np.exp(np.mean([np.log(self.measures[key] / TARGETS[key]) for key in TARGETS])))

    def row(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {"settings": self.changes, "score": self.score, **self.measures}


Found = Mapping[str, Sequence[Judged]]


def setting(name: str, number: int) -> Changes:
    """Draw a setting, to two digits; number 0 is what is shipped."""
    space = {**SPACES, **RESERVOIRS}[name] if number else {}
    drawn = {key: draw(key, text).sample(f"{name}.{key}", number, SEARCH_SEED) for key, text in space.items()}
    return {key: rounded(value, key.startswith("forgetting")) for key, value in drawn.items()}


def rounded(value: Any, is_left: bool) -> Any:
    """Keep two digits, of what is left to 1 if the value is that."""
    if isinstance(value, bool):
        return value
    return round(1 - float(f"{value:.2g}"), 6) if is_left else float(f"{value:.2g}")


def changed(rule: AnyRule, changes: Changes, neurons: int) -> AnyRule:
    """Return a rule with a setting, for so many neurons; one memory serves both readouts."""
    given = dict(changes)
    if "forgetting" in given:
        given["forgetting_when"] = given["forgetting_what"] = given.pop("forgetting")
    made = attrs.evolve(rule, **given)
    if isinstance(made, Force):
        more = neurons / 1000
        made = attrs.evolve(made, ridge_when=more * made.ridge_when, ridge_what=more * made.ridge_what)
    return made


def overrides(changes: Changes) -> list[str]:
    """Say how a setting changes a reservoir; noise keeps its size beside the inputs."""
    given, said = dict(changes), []
    spread = "reservoir.{}={{log_uniform=[{:g}, {:g}]}}".format
    if given:
        said.append(spread("tau_ms", given.pop("shortest_ms"), given.pop("longest_ms")))
    if "strength" in given:
        middle = given.pop("strength")
        said.append(spread("adaptation.strength", middle / 4, middle * 4))
        said.append(spread("adaptation.tau_ms", 100.0, given.pop("slowest_ms")))
    if "input_sd" in given:
        scale = given.pop("input_sd")
        said.append(f"reservoir.inputs.weight={{normal=[0.0, {scale}]}}")
        said.append(f"reservoir.inputs.noise_sd={NOISE_OF_INPUT * scale:g}")
    if "bias_sd" in given:
        said.append(f"reservoir.bias={{normal=[0.0, {given.pop('bias_sd')}]}}")
    return said + [f"{WHERE.get(key, 'reservoir')}.{key}={json.dumps(value)}" for key, value in given.items()]


def loaded(name: str, seed: int, changes: Sequence[str], size: Size) -> Simulation:
    """Read a shipped simulation of one network."""
    neurons = [f"reservoir.n={size.neurons}"] if size.neurons else []
    read = load(name, overrides=[f"run.seed={seed}", *neurons, *changes], quick=size.quick)
    return cast(Simulation, read)  # none of them teaches a signal


def spiking(numbers: Numbers, seed: int, size: Size) -> Simulation:
    """Return the main simulation with the settings of every learner as rules, all on the same spikes."""
    shipped: Any = loaded(SIMULATION, seed, ["probes.subspaces=false"], size)  # no measure needs them
    rules = {
        f"{name}_{number:02}": changed(shipped.rules[name], setting(name, number), shipped.reservoir.n)
        for name, tried in numbers.items()
        if name in SPACES
        for number in tried
    }
    return cast(Simulation, attrs.evolve(shipped, rules=rules))


def without_spikes(name: str, number: int, seed: int, size: Size) -> Simulation:
    """Return a reservoir with a setting, read by our rule."""
    ours = {f"{name}_{number:02}": loaded(SIMULATION, seed, [], size).rules[OURS]}
    read: Any = loaded(name, seed, [*ALIKE, *overrides(setting(name, number))], size)
    return cast(Simulation, attrs.evolve(read, rules=ours))


def simulations(numbers: Numbers, seeds: int, size: Size) -> Iterator[Simulation]:
    """Return everything that is to be simulated."""
    several = range(FIRST_SEED, FIRST_SEED + seeds)
    if any(name in SPACES for name in numbers):
        yield from (spiking(numbers, seed, size) for seed in several)
    for name in (name for name in numbers if name in RESERVOIRS):
        yield from (without_spikes(name, number, seed, size) for number in numbers[name] for seed in several)


def stored(simulation: Simulation, folder: Path) -> dict[str, Measures]:
    """Return what a simulation came to, simulated unless that is kept in a folder."""
    path = folder / f"{config.content_hash(simulation)}.json"
    if not path.exists():
        text = json.dumps(lived(simulation))
        folder.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_text(text, "utf-8")
        path.with_suffix(".part").replace(path)
    found: dict[str, Measures] = json.loads(path.read_text("utf-8"))
    return found


def lived(simulation: Simulation) -> dict[str, Measures]:
    """Simulate and measure every rule; weights that diverge learn no more and are judged as zeros."""
    made = cast(Session, session(simulation))
    while not made.done:
        try:
            made.advance()
        except RunDiverged as error:
            if not error.rule:
                raise
            for each in error.all:
                made.give_up(each.rule, each.replica)
    return {rule: measured(simulation, found) for rule, found in made.result().metrics.items()}


def measured(simulation: Simulation, metrics: Mapping[str, Any]) -> Measures:
    """Return four measures of one rule: latencies switch in the second block, odds in the third."""
    _, latencies, odds = simulation.task.blocks
    return {
        "timing_error_ms": metrics["timing_error_ms"],
        "probability_mae": metrics["probability_mae"],
        "trials_to_timing": min(metrics["blocks"][latencies.name]["trials_to_timing"], latencies.trials),
        "trials_to_probability": min(metrics["blocks"][odds.name]["trials_to_probability"], odds.trials),
    }


def each(made: Sequence[Simulation], asked: argparse.Namespace) -> Iterator[dict[str, Measures]]:
    """Simulate them in order, in several processes if there are to be several."""
    work = functools.partial(stored, folder=asked.out / NAME)
    if asked.jobs == 1:
        yield from map(work, made)
        return
    with ProcessPoolExecutor(asked.jobs) as pool:
        yield from pool.map(work, made)


def judge(numbers: Numbers, size: Size, asked: argparse.Namespace) -> Found:
    """Judge settings of every learner and reservoir on every seed; the best come first."""
    made = list(simulations(numbers, asked.seeds, size))
    found: dict[str, list[Measures]] = {}
    for done, of_rules in enumerate(each(made, asked), 1):
        for rule, measures in of_rules.items():
            found.setdefault(rule, []).append(measures)
        print(f"{done} of {len(made)} simulations", file=sys.stderr, flush=True)
    return {
        name: sorted(
            (Judged(number, setting(name, number), found[f"{name}_{number:02}"]) for number in chosen),
            key=lambda judged: judged.score,
        )
        for name, chosen in numbers.items()
    }


def search(asked: argparse.Namespace) -> tuple[Found, Found]:
    """Judge all settings in small networks, and the best and what is shipped in those of full size."""
    names = asked.learner
    tried = judge(dict.fromkeys(names, range(asked.settings)), Size(asked.neurons, asked.quick), asked)
    best = {name: [judged.number for judged in tried[name] if judged.number] for name in names}
    finalists = {name: [0, *best[name][: asked.finalists]] for name in names}
    return tried, judge(finalists, Size(0, asked.quick), asked)


def rows(tried: Found, finals: Found) -> list[dict[str, Any]]:
    """Return the table: of each learner what is chosen, what is shipped, and all that were tried."""
    return [
        {
            "learner": name,
            "chosen": {"settings": finals[name][0].changes or "as shipped", "score": finals[name][0].score},
            "shipped": next(judged.score for judged in finals[name] if not judged.number),
            "finals": [judged.row() for judged in finals[name]],
            "tried": [judged.row() for judged in tried[name]],
        }
        for name in tried
    ]


def table(learners: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write the setting that is chosen for each learner as a table in Markdown."""
    yield "| learner | score | as shipped | " + " | ".join(TARGETS) + " | setting |"
    yield "|---" * (4 + len(TARGETS)) + "|"
    for row in learners:
        best = row["finals"][0]
        numbers = [best["score"], row["shipped"], *(best[key] for key in TARGETS)]
        said = ", ".join(f"{key} {value:g}" for key, value in best["settings"].items()) or "as shipped"
        yield f"| {row['learner']} | {' | '.join(f'{number:.3g}' for number in numbers)} | {said} |"


def main(given: Sequence[str] | None = None) -> None:
    """Search, and write the table."""
    parser = reader(__doc__, 3, 1, first_seed=FIRST_SEED, least_seeds=1, stored="the table")
    for name, usual, quick, words in (
        ("settings", 24, 2, "of each learner"),
        ("neurons", 300, 100, "of small networks"),
        ("finalists", 2, 2, "of each learner that are judged at full size"),
    ):
        count(parser, name, usual, quick, words)
    words = f"which of {', '.join(LEARNERS)} (default: all)"
    parser.add_argument("--learner", nargs="+", choices=LEARNERS, default=LEARNERS, metavar="L", help=words)
    answer(parser, work, given)


def work(asked: argparse.Namespace) -> None:
    """Search among the settings of the learners that are asked for, and write what was found."""
    found = rows(*search(asked))
    searched = {"settings": asked.settings, "seeds": asked.seeds, "first_seed": FIRST_SEED}
    searched |= {"neurons": asked.neurons, "finalists": asked.finalists, "targets": TARGETS}
    write(path := asked.out / f"{NAME}.json", machine(shlex.join(["python", *sys.argv])) | searched, found)
    print(path.read_text("utf-8") if asked.json else "\n".join(table(found)))
    print(f"All settings are in {path}.", file=sys.stderr)


if __name__ == "__main__":
    main()
