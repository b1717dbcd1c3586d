"""What is claimed in other tasks than the main one of `yamada_chao_2025.py`, and how it fares.

A part of that script, not a script of its own. Each function takes what simulates a study, and yields rows of
the table of claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import attrs
import numpy as np
from numpy.typing import NDArray
from yamada_chao_2025_claims import Values, both_errors, each, other_cues, trials_each
from yamada_chao_2025_studies import (
    BOUNDS,
    DISTRACTED,
    DRIFT,
    EVERY_GATE,
    FORGETFUL,
    GATES,
    GROWS,
    MEASURES,
    NEEDED,
    ONE_MEMORY,
    OURS,
    PLAIN,
    SMALL_STEPS_DISTRACTED,
    SPREAD,
    SURPRISE,
    THREE,
    TRACE,
    TWO_MEMORIES,
    UNSURPRISED,
    WEBER,
    Runner,
    Study,
)

from neurogate.analysis.observers import change_points, counted
from neurogate.analysis.predictions import correlation
from neurogate.plotting.result import judged_blocks
from neurogate.plotting.scalar_timing import exponents, spreads_by
from neurogate.runs.claims import Claim, every, favours, near, within
from neurogate.runs.over_seeds import Seeds
from neurogate.tasks.schedule import Schedule, generator
from neurogate.tasks.what_when import WhatWhen

OBSERVERS: Mapping[str, Callable[..., Values]] = {
    **{f"counts {n} trials": partial(counted, memory=float(n)) for n in (8, 15, 30)},
    **{f"Bayes, hazard {h:g}": partial(change_points, hazard=h) for h in (0.1, 0.01)},
}
"""Who hears the trials and has no network; a memory is of trials of the same cue."""
DRAWS, FOOT = 2**16, 0.2
TAUGHT = "for rules that omissions teach, too, the hazard has the least squared error"
SOON = "what re-times soon averages over few trials"


def attention(run: Runner) -> Iterator[Claim]:
    """Judge which gate is needed where there is something to ignore."""
    for name, study in DISTRACTED.items():
        steps = by_rule(run(SMALL_STEPS_DISTRACTED[name]))
        for words, values in by_rule(run(study)).items():
            gates = [gate for gate in GATES if gate in values]
            best = min(gates, key=lambda gate: values[gate].mean())
            for gate in gates:
                opens, control = GATES[gate]
                # What the error opens is not shuffled here; smaller steps are its controls.
                controls = {} if gate == "gated" else {control: values[control]}
                rivals = {"ungated": values["ungated"]} | controls | _smaller_steps(steps[words], gate)
                without, *against = (favours(values[gate], rival) for rival in rivals.values())
                others = {rule: values[rule] for rule in (control, *gates, "force") if rule != gate}
                yield Claim(
                    f"With {name}, a gate that {opens} earns its place", words, values[gate],
                    every([without], decisive=against), f"{_controls(control)}; best gate: {best}",
                    rivals | others,
                )  # fmt: skip


def _smaller_steps(steps: Mapping[str, Values], gate: str) -> dict[str, Values]:
    """Return the steps without a gate; some are open while the cue is on, as the gate of the phase is."""
    return {name: values for name, values in steps.items() if gate != "phase" or name.startswith("always")}


def _controls(control: str) -> str:
    if control == "shuffled":
        return "controls are smaller steps; shuffled has the phase alone at random times"
    when = "all" if control == "yoked" else "random"
    return f"controls are smaller steps and {control}, as open at {when} times"


def by_rule(found: Seeds) -> dict[str, dict[str, Values]]:
    """Return both errors of each rule."""
    return both_errors(found, list(map(str, found.arrays["rule_names"])))


def memory(run: Runner) -> Iterator[Claim]:
    """Judge whether the network itself holds cue and time after a short cue, and what of it is needed."""
    found = run(Study(TRACE))
    asked = ((25.0, 50.0), (0.1, 0.15))
    for (key, words), bounds in zip(MEASURES.items(), asked, strict=True):
        value = found.metric(OURS, key)
        without = {name: run(study).metric(OURS, key) for name, study in FORGETFUL.items()}
        yield Claim(
            "A cue of 100 ms, and silence until the outcome, are enough", words, value,
            within(value, *bounds), "slow adaptation; cells that fire by themselves; late replay",
            each(found, (PLAIN, "force"), key) | without, other_cues(found, key),
        )  # fmt: skip
        for claim, (name, how, study) in NEEDED.items():
            lost = run(study).metric(OURS, key)
            judged = favours(value, lost)
            yield Claim(f"After a cue of 100 ms, {claim}", words, value, judged, how, {name: lost})


def scalar_timing(run: Runner) -> Iterator[Claim]:
    """Judge whether the spread of predicted times grows in proportion to the latency."""
    latency_ms, spread_ms = spreads_by({name: run(study).arrays for name, study in WEBER.items()}, PLAIN)
    (_, ours), *others = ((name, exponents(latency_ms, sd)) for name, sd in spread_ms.items())
    _, by_force = spreads_by({GROWS: run(WEBER[GROWS]).arrays}, "force")
    yield Claim(
        "Scalar timing: the spread grows in proportion to latency", "exponent of the spread", ours,
        near(ours, 1.0, 0.25, 0.5), "noise: late readouts fade",
        dict(others) | {f"force, {GROWS}": exponents(latency_ms, by_force[GROWS])},
    )  # fmt: skip


def drift(run: Runner) -> Iterator[Claim]:
    """Judge whether what is learned follows odds that drift, beside observers who count, or know Bayes."""
    found = run(DRIFT)
    here = judged_blocks(found.arrays) == 1
    errors, observed = while_drifting(found, here), _observed(found, here)
    ours, forgets = errors.pop(OURS), min((ONE_MEMORY, TWO_MEMORIES), key=lambda name: errors[name].mean())
    best = min(observed, key=lambda name: observed[name].mean())
    follows, measure = "While odds drift, p̂ follows them", MEASURES["probability_mae"]
    yield Claim(
        f"{follows} from trial to trial", measure, ours, within(ours, 0.1, 0.15), "small steps lag behind",
        errors | observed, _unmoved(found, here),
    )  # fmt: skip
    for rival, values, hinge in (
        ("FORCE without forgetting", errors["force"], "forgetting"),
        ("the three-factor rule", errors[PLAIN], "an alarm, for a world that never jumps"),
        ("the best least squares that forget", errors[forgets], f"{forgets}, chosen afterwards"),
        ("the best observer", observed[best], f"{best}, chosen afterwards"),
    ):
        judged = favours(ours, values)
        yield Claim(f"{follows} better than {rival}", measure, ours, judged, hinge, {rival: values})


def while_drifting(found: Seeds, here: NDArray[np.bool_]) -> dict[str, Values]:
    """Return each rule's error of the probabilities over the judgements in which odds drift."""
    during = {rule: found.arrays[f"{rule}.probability_error"][:, here] for rule in DRIFT.rules}
    return {rule: error.mean(axis=(1, 2)) for rule, error in during.items()}


def _observed(found: Seeds, here: NDArray[np.bool_]) -> dict[str, Values]:
    """Return the errors of observers who hear of the trials of each seed."""
    lengths = enumerate(np.diff(found.arrays["block_start"]))
    changes = (*DRIFT.changes, *(f"task.blocks.{block}.trials={n}" for block, n in lengths))
    task = attrs.evolve(DRIFT, changes=changes).load().task
    drawn = Schedule.draw(task, range(found.first, found.first + len(found.metrics)))
    warm = task.settling + task.habituation
    heard = [(cue[warm:], came[warm:]) for cue, came in zip(drawn.cue, drawn.outcome, strict=True)]
    at, truth = found.arrays["probe_trial"][here] - 1, found.arrays["probe_probability"][here]
    learned = {
        name: np.stack([observe(*of_seed, truth.shape[1:])[at] for of_seed in heard])
        for name, observe in OBSERVERS.items()
    }
    return {name: np.abs(odds - truth).mean(axis=(1, 2, 3)) for name, odds in learned.items()}


def _unmoved(found: Seeds, here: NDArray[np.bool_]) -> Values:
    """Return the error if nothing were learned once the drift begins."""
    learned = found.arrays[f"{OURS}.probability"][:, [int(here.argmax()) - 1]]
    error: Values = np.abs(learned - found.arrays["probe_probability"][here]).mean(axis=(1, 2, 3))
    return error


def hazard(run: Runner) -> Iterator[Claim]:
    """Judge whether *when* reads how the times of outcomes are distributed, and whether by their hazard."""
    found = run(SPREAD)
    where, measure = "Where outcomes come at spread times", "Pearson r over time"
    alike = _alike_all(found)
    density, rising = alike["density"][OURS], alike["hazard"][OURS]
    fixed = _alike(found, OURS, found.arrays["expected_when"][:1], slice(1))
    of_one = {name: alike[name][OURS] for name in ("one latency", "Gaussian")}
    better = partial(favours, small_is_good=False)
    yield Claim(
        f"{where}, when reads their density, not their mean, nor a Gaussian as wide", measure, density,
        every([better(density, other) for other in of_one.values()]),
        "chance: the Gaussian; bounds of .8 and .6 were dropped when small networks had missed the first",
        _rivals(alike["density"]) | {"one latency": of_one["one latency"]}, of_one["Gaussian"],
    )  # fmt: skip
    for claim, ours, name, other, margin, hinge in (
        ("their density as well as a single latency", density, "a single latency", fixed, 0.05, "block 1"),
        ("their hazard rather than their density", rising, "density", density, 0.0, TAUGHT),
        *(
            (f"their density better than {rule}", density, rule, alike["density"][rule], 0.0, SOON)
            for rule in (PLAIN, TWO_MEMORIES)
        ),
    ):
        judged = better(ours, other, margin=margin)
        yield Claim(f"{where}, when reads {claim}", measure, ours, judged, hinge, {name: other})
    wide = {rule: widths(found, rule) for rule in SPREAD.rules}
    yield Claim(
        f"{where}, when is as wide as their density", "sd over that of the density", wide[OURS],
        near(wide[OURS], 1.0, 0.25, 0.5), "bumps over a fifth of the peak count; chance: with one latency",
        _rivals(wide), widths(found, OURS, slice(1)),
    )  # fmt: skip
    errors = each(found, SPREAD.rules, "probability_mae")
    yield Claim(
        f"{where}, it tells each outcome's probability", MEASURES["probability_mae"], errors[OURS],
        within(errors[OURS], *BOUNDS["probability_mae"]), "p̂ is read where when peaks", _rivals(errors),
        other_cues(found, "probability_mae"),
    )  # fmt: skip


def _rivals(values: Mapping[str, Values]) -> dict[str, Values]:
    return {rule: of_rule for rule, of_rule in values.items() if rule != OURS}


def courses(found: Seeds, omission: float = 1.0) -> dict[str, Values]:
    """Return what *when* might read in the blocks with jitter, (blocks, C, T).

    The density of outcomes; one latency at the same mean; a Gaussian of the same mean and spread; and the
    hazard, for rules that trials without outcome teach so much.
    """
    task, time_ms = SPREAD.load().task, found.arrays["probe_time_ms"]
    density = found.arrays["expected_when"][1:]
    away_ms, sd_ms = _moments(density, time_ms)
    one, gaussian = (np.exp(-0.5 * (away_ms / sd) ** 2) for sd in (task.target_sd_ms, sd_ms))
    return {
        "density": density, "one latency": one, "Gaussian": gaussian,
        "hazard": _hazards(task, time_ms, omission),
    }  # fmt: skip


def _moments(course: Values, time_ms: Values) -> tuple[Values, Values]:
    """Return how far times are from the mean of a course over time, (..., T), and its spread, (..., 1)."""
    weight = course / course.sum(axis=-1, keepdims=True)
    away_ms = time_ms - (weight * time_ms).sum(axis=-1, keepdims=True)
    return away_ms, np.sqrt((weight * away_ms**2).sum(axis=-1, keepdims=True))


def widths(found: Seeds, rule: str, blocks: slice = slice(1, None)) -> Values:
    """Return the spread of *when*, by default where there is jitter, over that of the density, (seeds,)."""
    read_ms = _spread_ms(found, found.arrays[f"{rule}.when"][:, blocks])
    mean: Values = (read_ms / _spread_ms(found, found.arrays["expected_when"][1:])).mean(axis=(1, 2))
    return mean


def _spread_ms(found: Seeds, course: Values) -> Values:
    """Return the spread of what of a course over time is above a fifth of its peak, (..., blocks, C)."""
    seen = _seen(found)
    read = course[..., seen]
    high_up = np.where(read >= FOOT * read.max(axis=-1, keepdims=True), read, 0.0)
    return _moments(high_up, found.arrays["probe_time_ms"][seen])[1][..., 0]


def _seen(found: Seeds) -> NDArray[np.bool_]:
    """Return which times are in the window in which predictions are looked for, (T,)."""
    time_ms, (low, high) = found.arrays["probe_time_ms"], SPREAD.load().probes.window_ms
    seen: NDArray[np.bool_] = (time_ms >= low) & (time_ms <= high)
    return seen


def _hazards(task: WhatWhen, time_ms: Values, omission: float) -> Values:
    """Return the mean of what is taught over trials in which nothing has come yet, (blocks, C, T).

    Read is a lead before the time that is foretold. Trials without outcome count as much as they teach, and
    where none is left that teaches, the mean is 0.
    """
    grid_ms, any_outcome = np.arange(task.timeline.cue_ms + 1.0), task.probability().sum(axis=-1)
    bumps = np.exp(-0.5 * ((time_ms[:, None] - grid_ms) / task.target_sd(grid_ms)) ** 2)
    later = grid_ms > time_ms[:, None] - (task.lead_ms or 0.0)
    means = np.zeros((len(task.blocks), task.cues, len(time_ms)))
    for block, cue in np.ndindex(*means.shape[:2]):
        jitter, latency_ms = task.blocks[block].jitter, np.full(DRAWS, task.latency_ms()[block, cue])
        if jitter is not None:
            drawn_ms = jitter.times(generator(0), latency_ms, task.outcome_window_ms, 1.0)
            came = np.bincount(drawn_ms.astype(int), minlength=len(grid_ms)) / DRAWS
            p = any_outcome[block, cue]
            left = p * (later @ came) + omission * (1 - p)
            np.divide(p * ((later * bumps) @ came), left, out=means[block, cue], where=left > 0)
    return means[1:]


def _alike_all(found: Seeds) -> dict[str, dict[str, Values]]:
    """Return how *when* of each rule goes along with each course; the hazard is by what teaches the rule."""
    weights = {name: getattr(rule, "omission", 1.0) for name, rule in SPREAD.load().rules.items()}
    might = {weight: courses(found, weight) for weight in set(weights.values())}
    return {
        name: {rule: _alike(found, rule, might[weight][name]) for rule, weight in weights.items()}
        for name in might[1.0]
    }


def _alike(found: Seeds, rule: str, course: Values, blocks: slice = slice(1, None)) -> Values:
    """Return how *when* goes along with a course over time: the mean of r over cues and blocks, (seeds,)."""
    seen = _seen(found)
    expected = course[..., seen].reshape(-1, seen.sum())
    read = found.arrays[f"{rule}.when"][:, blocks, :, seen].reshape(-1, *expected.shape)
    r = [[correlation(*both) for both in zip(of_seed, expected, strict=True)] for of_seed in read]
    mean: Values = np.mean(r, axis=1)
    return mean


def three_outcomes(run: Runner) -> Iterator[Claim]:
    """Judge calibration where each cue may be followed by three outcomes."""
    found = run(THREE)
    for claim, measure, key in (
        ("each one's probability is told", MEASURES["probability_mae"], "probability_mae"),
        ("p̂ follows p over cues, outcomes and blocks", "Pearson r", "probability_r"),
        ("the product of both readouts, when and what at the peak, follows p", "Pearson r", "product_r"),
    ):
        values = each(found, THREE.rules, key)
        yield Claim(
            f"Of three outcomes, {claim} (500 neurons)", measure, values[OURS],
            within(values[OURS], *BOUNDS[key]), "offline replay; 60 to 80 trials of a cue",
            _rivals(values), other_cues(found, key),
        )  # fmt: skip


def gates(run: Runner) -> Iterator[Claim]:
    """Judge what surprise adds to the error's gate, beside every other kind, where everything switches."""
    for words, values in by_gate(run(EVERY_GATE)).items():
        best, ours = min(values, key=lambda rule: values[rule].mean()), values.pop(SURPRISE)
        yield Claim(
            "Where all switches, surprise makes the gate that the error opens better (500 neurons)",
            words, ours, every([], decisive=[favours(ours, values[rule]) for rule in UNSURPRISED]),
            f"controls are {' and '.join(UNSURPRISED)}; best of all: {best}", values,
        )  # fmt: skip


def by_gate(found: Seeds) -> dict[str, dict[str, Values]]:
    """Return both errors of each gate, and the trials after the switch until each is small again."""
    switches = {
        f"trials until {part} is right again": (error, 1)
        for part, error in (("when", "timing_error_ms"), ("what", "probability_error"))
    }
    return by_rule(found) | trials_each(found, list(map(str, found.arrays["rule_names"])), switches)
