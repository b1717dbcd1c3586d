"""Fast or exact: what each learner pays in calibration for re-learning soon, and whether any need pay.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The equations are our reconstruction from the abstract.

One simulation per seed; every setting of every rule learns from its spikes. Each family of rules is drawn as
a curve: trials that it needs after the switch, against its error, which is that of odds, of times, or of the
product of both readouts, for which it is 1 - r. Beside those of odds stand observers without a network, who
see the same trials: one counts outcomes, one counts and is told of the switch, one is Bayes'. They say what
the samples themselves allow. Of the settings of *what* of the local rule that meet the target on trials the
best calibrated is judged once more, on as many seeds that did not choose it. Run it with

    python experiments/yamada_chao_2025_tradeoff.py
        [--seeds N] [--neurons N] [--quick] [--jobs N] [--out DIR] [--json]

It writes tradeoff.json and tradeoff.png into DIR/yamada_chao_2025_tradeoff.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import attrs
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurogate import config
from neurogate.analysis.intervals import mean_interval
from neurogate.analysis.observers import change_points, counted
from neurogate.bench.machine import machine
from neurogate.errors import Outcome
from neurogate.plasticity.force import Force
from neurogate.plasticity.rules import AnyRule
from neurogate.plasticity.surprise_replay import SurpriseReplay
from neurogate.plotting.adaptation import trials_needed
from neurogate.plotting.picture import Picture, save
from neurogate.plotting.result import judged_blocks
from neurogate.plotting.style import HANDLE, STYLE, WIDTH_MM, figure
from neurogate.plotting.tradeoff import tradeoff
from neurogate.runs.asking import answer, count, reader
from neurogate.runs.over_seeds import Seeds, over_seeds
from neurogate.tasks.schedule import Schedule
from neurogate.tasks.scores import SETTLED_TRIALS

NAME = "yamada_chao_2025_tradeoff"
SIMULATION = "yamada_chao_2025"
FIRST_SEED = 201

RULES = cast(config.Simulation, config.load(SIMULATION)).rules
SHIPPED = cast(SurpriseReplay, RULES["surprise_replay"])
PLAIN, TWO_MEMORIES = RULES["three_factor"], cast(Force, RULES["force_two_memories"])
NEVER = 1e9  # evidence that is never reached

Values = NDArray[np.float64]
Family = dict[str, AnyRule]
T = TypeVar("T")


def changed(thing: T, **settings: Any) -> T:
    """Return settings with some of them changed."""
    return cast(T, attrs.evolve(cast(Any, thing), **settings))


def family(key: str, rule: AnyRule, values: Sequence[float]) -> Family:
    """Return a rule with one of its settings varied."""
    return {f"{key} {value:g}": changed(rule, **{key: value}) for value in values}


def alarms(values: Sequence[float]) -> Family:
    """Return the local rule with the evidence varied at which it takes the world to have changed."""
    heard = {value: changed(SHIPPED.detector, alarm=value) for value in values}
    return {f"alarm {value:g}": changed(SHIPPED, detector=one) for value, one in heard.items()}


def longer(forgetting: float, factor: float) -> float:
    """Return how a memory so many times as long forgets."""
    return round(1 - (1 - forgetting) / factor, 6)


def memories(rule: Force, factors: Sequence[float]) -> Family:
    """Return least squares with both memories so many times as long; they know nothing of each other."""
    kept = [(longer(rule.forgetting_when, one), longer(rule.forgetting_what, one)) for one in factors]
    return {
        f"when {when:g}, what {what:g}": changed(rule, forgetting_when=when, forgetting_what=what)
        for when, what in kept
    }


MEMORIES_OF_FORCE = memories(TWO_MEMORIES, (0.5, 1.0, 2.0))
OMISSION = family("omission", SHIPPED, (0.0, 0.025, 0.05, 0.1, 0.2))
WHAT: Mapping[str, Family] = {
    "surprise replay, alarm": alarms((0.5, 1.0, 2.0, 4.0, NEVER)),
    "surprise replay, eta_what": family("eta_what", SHIPPED, (0.0005, 0.001, 0.002, 0.004, 0.008)),
    "surprise replay, eta_novelty": family("eta_novelty", SHIPPED, (0.03, 0.06, 0.12)),
    "surprise replay, novelty_trials": family("novelty_trials", SHIPPED, (30.0, 60.0, 120.0)),
    "surprise replay, omission": OMISSION,
    "three-factor, eta_what": family("eta_what", PLAIN, (0.0025, 0.005, 0.01, 0.02, 0.04)),
    "FORCE, two memories": MEMORIES_OF_FORCE,
}
WHEN: Mapping[str, Family] = {
    "surprise replay, replays": family("replays", SHIPPED, (1, 5, 20)),
    "surprise replay, eta_when": family("eta_when", SHIPPED, (0.07, 0.2, 0.4)),
    "surprise replay, omission": OMISSION,
    "three-factor, eta_when": family("eta_when", PLAIN, (0.0175, 0.035, 0.07, 0.14, 0.28)),
    "FORCE, two memories": MEMORIES_OF_FORCE,
}
SHIPPING = {
    title: next(place for place, rule in enumerate(of.values()) if rule in RULES.values())
    for title, of in {**WHAT, **WHEN}.items()
}
# More settings of the local rule, two changed at once: only to look for one that meets both targets.
SEARCHED: Family = {
    f"{key} {value:g}, novelty_trials {trials:g}": changed(
        SHIPPED, novelty_trials=trials, **{key: value}
    )
    for key, value, trials in (
        ("eta_novelty", 0.08, 40.0), ("eta_novelty", 0.04, 90.0), ("eta_what", 0.001, 90.0),
    )
}  # fmt: skip

MEMORIES = (4.0, 8.0, 15.0, 30.0, 60.0, np.inf)
HAZARDS = (1e-1, 1e-2, 1e-3, 1e-6)
OBSERVED_SEEDS = 20


@attrs.frozen
class Aspect:
    """What is judged: an error, the block after whose switch trials are counted, and the targets."""

    error: str
    words: str
    judged: str
    block: int
    target: tuple[float, float]

    def of(self, found: Seeds, rule: str) -> Values:
        """Return the error of a rule; of a correlation, what it lacks to 1."""
        value = found.metric(rule, self.error)
        return 1.0 - value if self.error == "product_r" else value


ASPECTS = {
    "probability": Aspect("probability_mae", "mean |p̂ − p|", "probability_error", 2, (0.05, 100.0)),
    "timing": Aspect("timing_error_ms", "timing error (ms)", "timing_error_ms", 1, (12.0, 25.0)),
    "product": Aspect("product_r", "1 − r of when × what and p", "timing_error_ms", 1, (0.03, 25.0)),
}


@attrs.frozen
class Cost:
    """What one setting comes to on each seed: its error, what is judged before a switch, trials after it."""

    error: Values
    before: Values
    trials: Values


Curves = dict[str, dict[str, Cost]]
Place = tuple[str, str]  # a family, and a setting of it


def every_rule(families: Mapping[str, Family]) -> tuple[dict[str, AnyRule], dict[str, dict[str, str]]]:
    """Return each distinct rule once by a name, and the names of each family's settings."""
    known: dict[AnyRule, str] = {}
    names = {
        title: {setting: known.setdefault(rule, f"rule_{len(known)}") for setting, rule in settings.items()}
        for title, settings in families.items()
    }
    return {name: rule for rule, name in known.items()}, names


def simulated(asked: argparse.Namespace, rules: Mapping[str, AnyRule], first: int) -> tuple[Any, Seeds]:
    """Let some rules learn on the seeds from the first on; return the task too."""
    changes = [f"run.seed={first}", f"reservoir.n={asked.neurons}", "probes.subspaces=false"]
    loaded = cast(config.Simulation, config.load(SIMULATION, overrides=changes, quick=asked.quick))
    base = changed(loaded, rules=dict(rules))

    def tell(done: int, outcome: Outcome) -> None:
        print(f"{len(rules)} rules: {done} of {asked.seeds} seeds, {outcome}", file=sys.stderr, flush=True)

    command = shlex.join(["python", *sys.argv])
    return base.task, over_seeds(
        base, asked.seeds, asked.out, jobs=asked.jobs, batch=1, command=command, tell=tell
    )


def cost(arrays: Mapping[str, Any], name: str, aspect: Aspect, error: Values) -> Cost:
    """Return what a rule or an observer comes to, given its error over the whole course."""
    starts, trial = arrays["block_start"], arrays["probe_trial"]
    before_it = (judged_blocks(arrays) == aspect.block - 1) & (trial > starts[aspect.block] - SETTLED_TRIALS)
    needed = trials_needed(arrays, name, aspect.judged, aspect.block)
    before = arrays[f"{name}.{aspect.judged}"][:, before_it].mean(axis=(1, 2))
    return Cost(error, before, np.minimum(needed, np.diff(starts)[aspect.block]))


def of_rules(found: Seeds, names: Mapping[str, Mapping[str, str]], aspect: Aspect) -> Curves:
    """Return what every setting of some families comes to."""
    return {
        title: {key: cost(found.arrays, rule, aspect, aspect.of(found, rule)) for key, rule in of.items()}
        for title, of in names.items()
    }


def of_observers(task: Any, arrays: Mapping[str, Any]) -> Curves:
    """Return what observers of the same trials come to; they need no network, so seeds cost them little."""
    warm = task.settling + task.habituation
    drawn = Schedule.draw(task, range(FIRST_SEED, FIRST_SEED + OBSERVED_SEEDS))
    trials = [(cue[warm:], outcome[warm:]) for cue, outcome in zip(drawn.cue, drawn.outcome, strict=True)]
    shape = (task.cues, len(task.outcomes))
    settings: dict[str, dict[str, Callable[[Any, Any], Values]]] = {
        "counts, memory": {f"{m:g} trials": partial(counted, shape=shape, memory=m) for m in MEMORIES},
        "counts, told of the switch": {"told": partial(counted, shape=shape, resets=(task.starts[2],))},
        "Bayes, hazard": {f"hazard {h:g}": partial(change_points, shape=shape, hazard=h) for h in HAZARDS},
    }
    return {
        title: {name: _observed(arrays, [observe(*one) for one in trials]) for name, observe in each.items()}
        for title, each in settings.items()
    }


def _observed(arrays: Mapping[str, Any], odds: Sequence[Values]) -> Cost:
    """Judge an observer where the rules are judged."""
    at = arrays["probe_trial"] - 1
    error = np.abs(np.stack(odds)[:, at] - arrays["probe_probability"]).mean(axis=-1)
    ends = np.searchsorted(arrays["probe_trial"], arrays["block_start"][1:])
    aspect = ASPECTS["probability"]
    known = {**arrays, f"observer.{aspect.judged}": error}
    return cost(known, "observer", aspect, error[:, ends].mean(axis=(1, 2)))


def chosen(costs: Mapping[Place, Cost], target: tuple[float, float]) -> Place | None:
    """Return the best calibrated of the settings that are fast enough, if any is."""
    fast = [name for name, one in costs.items() if one.trials.mean() <= target[1]]
    return min(fast, key=lambda name: costs[name].error.mean(), default=None)


def picture(curves: Mapping[str, Curves]) -> Figure:
    """Compose the figure: a panel for each aspect, up to four times its target, a curve for each family."""
    made = figure(WIDTH_MM, 132.0)
    with mpl.rc_context(STYLE):
        panels = made.subplots(1, len(ASPECTS))
        for axes, (name, aspect) in zip(panels, ASPECTS.items(), strict=True):
            shown = {
                key: [(one.error, one.trials) for one in of.values()] for key, of in curves[name].items()
            }
            ours = [title for title in shown if title.startswith("surprise")]
            ylabel = f"trials after the switch of {'odds' if name == 'probability' else 'latencies'}"
            marks: Any = {"targets": aspect.target, "emphasised": ours, "ringed": SHIPPING}
            tradeoff(shown, aspect.words, ylabel, **marks, ax=axes)
            axes.set_xlim(right=min(axes.get_xlim()[1], 4.0 * aspect.target[0]))
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), handlelength=HANDLE)
    return made


def table(curves: Mapping[str, Curves], best: Mapping[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """Return mean and half of the 95 % interval of everything that was measured."""
    return {
        **machine(shlex.join(["python", *sys.argv])),
        "seeds of observers": [FIRST_SEED, FIRST_SEED + OBSERVED_SEEDS - 1],
        "neurons": asked.neurons,
        "seeds": [FIRST_SEED, FIRST_SEED + asked.seeds - 1],
        "targets": {
            name: dict(zip(("error", "trials"), one.target, strict=True)) for name, one in ASPECTS.items()
        },
        "curves": {
            name: {title: _rows(settings, ASPECTS[name]) for title, settings in of.items()}
            for name, of in curves.items()
        },
        "chosen": best,
    }


def _rows(settings: Mapping[str, Cost], aspect: Aspect) -> dict[str, Any]:
    return {name: _row(one, aspect) for name, one in settings.items()}


def _row(one: Cost, aspect: Aspect) -> dict[str, Any]:
    met = (one.error.mean() <= aspect.target[0], one.trials.mean() <= aspect.target[1])
    return {key: _interval(getattr(one, key)) for key in ("error", "before", "trials")} | {"both": all(met)}


def _interval(values: Values) -> list[float]:
    return [round(float(number), 4) for number in mean_interval(values)]


def judged(asked: argparse.Namespace) -> tuple[dict[str, Curves], dict[str, Any]]:
    """Simulate what is not stored; return the curves, and how the chosen setting fares on other seeds."""
    rules, names = every_rule({**WHAT, **WHEN, "searched": SEARCHED})
    task, found = simulated(asked, rules, FIRST_SEED)
    what = of_rules(found, {title: names[title] for title in (*WHAT, "searched")}, ASPECTS["probability"])
    when, product = (
        of_rules(found, {title: names[title] for title in WHEN}, ASPECTS[name])
        for name in ("timing", "product")
    )
    ours = {title: of for title, of in what.items() if title.startswith(("surp", "sear"))}
    best = held_out(asked, {title: of for title, of in ours.items() if title not in WHEN})
    del what["searched"]
    what |= of_observers(task, found.arrays)
    return {"probability": what, "timing": when, "product": product}, best


def held_out(asked: argparse.Namespace, tried: Curves) -> dict[str, Any]:
    """Judge the chosen setting beside the shipped one, on seeds that chose nothing."""
    aspect, known = ASPECTS["probability"], {**WHAT, "searched": SEARCHED}
    costs = {(title, setting): one for title, of in tried.items() for setting, one in of.items()}
    best, distinct = chosen(costs, aspect.target), len({known[title][setting] for title, setting in costs})
    if best is None:
        return {"setting": None, "of": distinct}
    first = FIRST_SEED + asked.seeds
    _, found = simulated(asked, {"chosen": known[best[0]][best[1]], "shipped": SHIPPED}, first)
    again = of_rules(found, {"rules": {"chosen": "chosen", "shipped": "shipped"}}, aspect)
    return {
        "setting": best[1],
        "of": distinct,
        "on the seeds that chose it": _row(costs[best], aspect),
        "other seeds": [first, first + asked.seeds - 1],
        "on other seeds": _rows(again["rules"], aspect),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and write the table and the figure."""
    parser = reader(__doc__, 8, 2, first_seed=FIRST_SEED, stored="the table")
    count(parser, "neurons", 1000, 300, "of each network")
    answer(parser, judge, arguments)


def judge(asked: argparse.Namespace) -> None:
    """Simulate what is asked for, and write what was found."""
    curves, best = judged(asked)
    out = asked.out / NAME
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(table(curves, best, asked), indent=1, ensure_ascii=False) + "\n"
    (out / "tradeoff.json").write_text(text, "utf-8")
    save(Picture(picture(curves), NAME, ""), out / "tradeoff.png")
    if asked.json:
        print(text, end="")
    print(f"The table and the figure are in {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
