"""Every claim of the prediction object, judged: over seeds, beside baselines, nulls and ablations.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The paper's text that we have is its abstract, so every
equation is our reconstruction, and a verdict is on the reconstruction.

Networks, one per seed, live through the simulations named below; all learners of a simulation read the same
spikes. Everything is judged in frozen omission probes. Runs are stored: what is there is not simulated
again, so an interrupted command goes on where it stopped. Run it with

    python experiments/yamada_chao_2025.py [--claim C] [--seeds N] [--quick] [--jobs N] [--out DIR] [--json]

It writes claims.json, claims.md and the figures into DIR/yamada_chao_2025.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurogate import config
from neurogate.errors import NeurogateError, Outcome
from neurogate.plotting.adaptation import adaptation_figure, trials_needed
from neurogate.plotting.forest import forest
from neurogate.plotting.kinds import Shown, picture
from neurogate.plotting.picture import Picture, save, settled
from neurogate.plotting.style import STYLE, WIDTH_MM, figure
from neurogate.plotting.timing import timing_figure
from neurogate.runs.claims import Claim, Verdict, as_json, as_markdown, favours, within
from neurogate.runs.over_seeds import Seeds, over_seeds

NAME = "yamada_chao_2025"
OURS, PLAIN = "surprise_replay", "three_factor"
LOCAL = (PLAIN, "no_gate", "delta", "reward_hebbian", "e_prop")
LEAST_SQUARES = ("force", "force_forgetting", "force_two_memories", "force_reset")
RIVALS = (*LOCAL, *LEAST_SQUARES)

Values = NDArray[np.float64]


@attrs.frozen
class Study:
    """A shipped simulation, and what is changed in it."""

    simulation: str
    changes: tuple[str, ...] = ()


MAIN = Study(NAME)
# What the main simulation asks, and the rule that is judged, for those that ship without them.
ALIKE = (
    "task.lead_ms=80.0", "task.replay_within_ms=200.0", "probes.window_ms=[180.0, 1500.0]",
    f"rules.{OURS}.kind={OURS}",
)  # fmt: skip
ECHO, LEAKY = Study("what_when_echo_state", ALIKE), Study("what_when_leaky", ALIKE)

# One thing is taken away from the network at a time.
NETWORKS = {
    "whole": Study("what_when"),
    "no_recurrence": Study("what_when", ("reservoir.gain=0.0",)),
    "neurons_alike": Study(
        "what_when",
        (
            'reservoir.cells.excitatory={preset="alike_adapting", bias=6.0}',
            'reservoir.cells.inhibitory={preset="fast_spiking_2003", bias=6.0}',
            "reservoir.synapse.tau_ms=70.71",
            "reservoir.trace.tau_ms=67.08",
        ),
    ),
    "no_slow_synapses": Study("what_when", ("reservoir.synapse.tau_ms=10.0",)),
    "no_adaptation": Study("what_when", ("reservoir.cells.excitatory.preset=excitatory_2003",)),
    "300_neurons": Study("what_when", ("reservoir.n=300",)),
    "much_noise": Study("what_when", ("reservoir.inputs.noise_sd=1.0",)),
}

# Where attention should matter: the same rule with gates, without any, and with gates at random times.
DISTRACTED = {
    "stray outcomes": Study("what_when_irrelevant_outcomes"),
    "two streams": Study("what_when_two_streams"),
    "distractors": Study("what_when_distractors"),
}
SHUFFLED = Study("what_when_shuffled", ALIKE)
TRACE = Study("what_when_trace")
WEBER = Study("what_when_weber")


Runner = Callable[[Study], Seeds]


def each(found: Seeds, rules: Sequence[str], metric: str) -> dict[str, Values]:
    """Return a metric of several rules."""
    return {rule: found.metric(rule, metric) for rule in rules}


def trials(found: Seeds, rule: str, error: str, block: int) -> Values:
    """Return the trials that a rule needed in a block, at most the block's length."""
    length = np.diff(found.arrays["block_start"])[block]
    needed: Values = np.minimum(trials_needed(found.arrays, rule, error, block), length)
    return needed


def timing(run: Runner) -> Iterator[Claim]:
    """Judge whether the population encodes *when*."""
    main = run(MAIN)
    error = main.metric(OURS, "timing_error_ms")
    rates = {
        "echo state": run(ECHO).metric(OURS, "timing_error_ms"),
        "leaky": run(LEAKY).metric(OURS, "timing_error_ms"),
    }
    yield Claim(
        "The population tells when the outcome comes (300 to 1200 ms)", "timing error (ms)", error,
        within(error, 12.0, 25.0), "cue held on; slow adaptation and slow synapses",
        each(main, RIVALS, "timing_error_ms") | rates, _other_cues(main, _timing_of_other),
    )  # fmt: skip
    rules = (OURS, *LEAST_SQUARES)
    bias, size = (each(main, rules, key) for key in ("timing_bias_ms", "timing_error_ms"))
    share = {rule: np.abs(bias[rule]) / size[rule] for rule in rules}
    ours = share.pop(OURS)
    yield Claim(
        "What is left of the timing error is a bias, not noise", "|signed error| / |error|", ours,
        within(ours, 0.8, 0.5), "outcomes are heard in training and left out in probes", share,
    )  # fmt: skip


def probability(run: Runner) -> Iterator[Claim]:
    """Judge whether it encodes *what*, and with what probability."""
    main = run(MAIN)
    mae, r, amplitude = (main.metric(OURS, key) for key in ("probability_mae", "probability_r", "object_r"))
    rates = {
        "echo state": run(ECHO).metric(OURS, "probability_mae"),
        "leaky": run(LEAKY).metric(OURS, "probability_mae"),
    }
    yield Claim(
        "It tells each outcome's probability", "mean |p̂ − p|", mae, within(mae, 0.05, 0.1),
        "offline replay; small steps", each(main, RIVALS, "probability_mae") | rates,
        _other_cues(main, _probability_of_other),
    )  # fmt: skip
    yield Claim(
        "p̂ follows p over cues, outcomes and blocks", "Pearson r", r, within(r, 0.98, 0.95),
        "offline replay", each(main, RIVALS, "probability_r"),
    )  # fmt: skip
    yield Claim(
        "The amplitude of the prediction object at its time follows p", "Pearson r", amplitude,
        within(amplitude, 0.97, 0.9), "equal heights of when over latencies", each(main, RIVALS, "object_r"),
    )  # fmt: skip


def adaptation(run: Runner) -> Iterator[Claim]:
    """Judge whether the local rule adapts where FORCE does not."""
    main = run(MAIN)
    for what, error, block, target in (
        ("latencies", "timing_error_ms", 1, 25.0),
        ("probabilities", "probability_error", 2, 100.0),
    ):
        needed = {rule: trials(main, rule, error, block) for rule in (OURS, *RIVALS)}
        ours = needed.pop(OURS)
        yield Claim(
            f"After {what} switch it adapts, and FORCE without forgetting does not", "trials", ours,
            favours(ours, needed["force"]), "FORCE without forgetting is ridge on all past trials",
            {"force": needed["force"]},
        )  # fmt: skip
        yield Claim(
            f"After {what} switch it adapts within {target:g} trials", "trials", ours,
            within(ours, target, 2 * target), "step size against calibration", needed,
        )  # fmt: skip
        best = min(("force_two_memories", "force_reset", "force_forgetting"), key=lambda n: needed[n].mean())
        yield Claim(
            f"After {what} switch it adapts faster than least squares that forget", "trials", ours,
            favours(ours, needed[best]), f"the best of them: {best}", {best: needed[best]},
        )  # fmt: skip


def subspaces(run: Runner) -> Iterator[Claim]:
    """Judge whether *what* and *when* end in near-orthogonal subspaces, and by what."""
    main = run(MAIN)
    angle, null = main.metric(OURS, "when_what_angle_deg"), main.metric(OURS, "when_what_angle_null_deg")
    yield Claim(
        "what and when are near-orthogonal", "angle (deg)", angle, within(angle, 85.0, 80.0),
        "high dimension alone gives 88", each(main, ("no_gate", *LEAST_SQUARES), "when_what_angle_deg"), null,
    )  # fmt: skip
    yield Claim(
        "They are more orthogonal than random sums of the same traces", "angle (deg)", angle,
        favours(angle, null, small_is_good=False), "the phasic filter of when", null=null,
    )  # fmt: skip
    shuffled = run(SHUFFLED).metric(OURS, "when_what_angle_deg")
    yield Claim(
        "They are more orthogonal than after training on shuffled labels", "angle (deg)", angle,
        favours(angle, shuffled, small_is_good=False), "learning the task", null=shuffled,
    )  # fmt: skip


def phases(run: Runner) -> Iterator[Claim]:
    """Judge whether lesions of the gate in one phase have effects of their own."""
    main = run(MAIN)
    lesions = ("lesion_cue", "lesion_delay", "lesion_outcome")
    for key, words in (("timing_error_ms", "timing error (ms)"), ("probability_mae", "mean |p̂ − p|")):
        whole, hit = main.metric(PLAIN, key), each(main, lesions, key)
        worst = max(hit, key=lambda name: hit[name].mean())
        others = [name for name in lesions if name != worst]
        verdicts = [favours(whole, hit[worst]), *(favours(hit[name], hit[worst]) for name in others)]
        yield Claim(
            f"A lesion in one phase harms {words.split('(')[0].strip()} more than in others", words, whole,
            _all(verdicts), f"most harmful: {worst.removeprefix('lesion_')}", hit,
        )  # fmt: skip


def ablations(run: Runner) -> Iterator[Claim]:
    """Judge what the rule and the network need."""
    main = run(MAIN)
    parts = ("no_gate", "no_error_gate", "shuffled_gate", "no_error", "no_replay", "no_novelty")
    for key, words in (("timing_error_ms", "timing error (ms)"), ("probability_mae", "mean |p̂ − p|")):
        whole, without = main.metric(PLAIN, key), each(main, parts, key)
        needed = [name for name in parts if favours(whole, without[name]) is Verdict.SUPPORTED]
        yield Claim(
            f"Every factor of the rule matters for the {words.split('(')[0].strip()}", words, whole,
            _share(len(needed), len(parts)), f"needed: {', '.join(needed) or 'none'}", without,
        )  # fmt: skip
        networks = {name: run(study).metric(PLAIN, key) for name, study in NETWORKS.items()}
        base = networks.pop("whole")
        needed = [name for name in networks if favours(base, networks[name]) is Verdict.SUPPORTED]
        yield Claim(
            f"Every part of the network matters for the {words.split('(')[0].strip()}", words, base,
            _share(len(needed), len(networks)), f"needed: {', '.join(needed) or 'none'}", networks,
        )  # fmt: skip


def attention(run: Runner) -> Iterator[Claim]:
    """Judge whether the gate is needed where there is something to ignore."""
    for name, study in DISTRACTED.items():
        found = run(study)
        for key, words in (("timing_error_ms", "timing error (ms)"), ("probability_mae", "mean |p̂ − p|")):
            gated = found.metric("gated", key)
            others = [r for r in map(str, found.arrays["rule_names"]) if r != "gated"]
            rivals = each(found, others, key)
            verdicts = [favours(gated, rivals[rule]) for rule in ("ungated", "shuffled")]
            yield Claim(
                f"With {name} the gate earns its place", words, gated, _all(verdicts),
                "which gate: compare learned and attentive", rivals,
            )  # fmt: skip


def memory(run: Runner) -> Iterator[Claim]:
    """Judge whether the network itself holds cue and time after a short cue."""
    found = run(TRACE)
    for key, words, bounds in (
        ("timing_error_ms", "timing error (ms)", (25.0, 50.0)),
        ("probability_mae", "mean |p̂ − p|", (0.1, 0.15)),
    ):
        value = found.metric(PLAIN, key)
        yield Claim(
            "A cue of 100 ms and silence until the outcome are enough", words, value, within(value, *bounds),
            "what the network remembers", each(found, ("force",), key),
        )  # fmt: skip


CLAIMS: Mapping[str, Callable[[Runner], Iterator[Claim]]] = {
    "timing": timing,
    "probability": probability,
    "adaptation": adaptation,
    "subspaces": subspaces,
    "phases": phases,
    "ablations": ablations,
    "attention": attention,
    "memory": memory,
}


def _all(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of several verdicts."""
    order = (Verdict.NOT_SUPPORTED, Verdict.PARTLY, Verdict.SUPPORTED)
    return min(verdicts, key=order.index)


def _share(needed: int, of: int) -> Verdict:
    if needed == of:
        return Verdict.SUPPORTED
    return Verdict.PARTLY if needed else Verdict.NOT_SUPPORTED


def _other_cues(found: Seeds, measure: Callable[[Mapping[str, Any], int], Values]) -> Values:
    """Return what a measure would be if the predictions belonged to other cues: the mean over all shifts."""
    cues = found.arrays["latency_ms"].shape[1]
    moved: Values = np.mean([measure(found.arrays, shift) for shift in range(1, cues)], axis=0)
    return moved


def _ends(arrays: Mapping[str, Any]) -> NDArray[np.intp]:
    """Return the last judgement of each block."""
    return np.asarray(np.searchsorted(arrays["probe_trial"], arrays["block_start"][1:]))


def _timing_of_other(arrays: Mapping[str, Any], shift: int) -> Values:
    peaks = np.roll(arrays[f"{OURS}.peak_ms"][:, _ends(arrays)], shift, axis=-1)
    error: Values = np.abs(peaks - arrays["latency_ms"]).mean(axis=(1, 2))
    return error


def _probability_of_other(arrays: Mapping[str, Any], shift: int) -> Values:
    learned = np.roll(arrays[f"{OURS}.probability"][:, _ends(arrays)], shift, axis=2)
    error: Values = np.abs(learned - arrays["true_probability"]).mean(axis=(1, 2, 3))
    return error


def figures(run: Runner, claims: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """Compose the figures of the chosen claims."""
    if not {"timing", "adaptation", "subspaces", "phases", "ablations"} & set(claims):
        return  # the others have none, and the main simulation is long
    main = run(MAIN)
    shown = Shown(main.arrays, dict(main.metrics[0]))
    few = (OURS, PLAIN, "force", "force_two_memories")
    if "timing" in claims:
        yield "readouts", picture("readout", shown).figure
        yield "timing", timing_figure(main.arrays, few)
    if "adaptation" in claims:
        yield "adaptation", adaptation_figure(main.arrays, (OURS, *RIVALS))
    if "subspaces" in claims:
        yield "subspaces", picture("subspace", shown).figure
    for name in ("phases", "ablations"):
        if name in claims:
            yield name, _conditions(main, name)


def _conditions(main: Seeds, name: str) -> Figure:
    """Draw both errors of the rule and of what was done to it."""
    begins = "lesion_" if name == "phases" else ("no_", "shuffled_")
    rows = [rule for rule in map(str, main.arrays["rule_names"]) if rule == PLAIN or rule.startswith(begins)]
    made = figure(WIDTH_MM, 20.0 + 5.5 * len(rows))
    with mpl.rc_context(STYLE):
        left, right = made.subplots(1, 2, sharey=True)
        forest({rule: main.metric(rule, "timing_error_ms") for rule in rows}, "timing error (ms)", ax=left)
        forest({rule: main.metric(rule, "probability_mae") for rule in rows}, "mean |p̂ − p|", ax=right)
    return made


def runner(asked: argparse.Namespace) -> Runner:
    """Return what simulates a study, or finds it stored."""
    command = shlex.join(["python", *sys.argv])

    @functools.cache
    def run(study: Study) -> Seeds:
        title = " ".join([study.simulation, *study.changes])

        def tell(done: int, outcome: Outcome) -> None:
            print(f"{title}: {done} of {asked.seeds} seeds, {outcome}", file=sys.stderr, flush=True)

        simulation = config.load(study.simulation, overrides=list(study.changes), quick=asked.quick)
        return over_seeds(simulation, asked.seeds, asked.out, jobs=asked.jobs, command=command, tell=tell)

    return run


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the claims, and write the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--claim", choices=[*CLAIMS, "all"], default="all", help="which claim (default: all)")
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds, counted from 1 (default: 20, quick 3)")
    parser.add_argument("--quick", action="store_true", help="fewer neurons, trials and seeds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="folder (default: runs)"
    )
    parser.add_argument("--json", action="store_true", help="print claims.json instead of the table")
    asked = parser.parse_args(arguments)
    asked.seeds = asked.seeds if asked.seeds is not None else 3 if asked.quick else 20
    if asked.seeds < 2:
        parser.error(f"--seeds is {asked.seeds}; an interval needs at least 2.")
    try:
        judge(asked, list(CLAIMS) if asked.claim == "all" else [asked.claim])
    except NeurogateError as error:
        parser.exit(error.exit_code, f"{error}\n")


def judge(asked: argparse.Namespace, chosen: Sequence[str]) -> None:
    """Judge some claims, and write what was found."""
    run = runner(asked)
    table = [claim for name in chosen for claim in CLAIMS[name](run)]
    out = asked.out / NAME
    out.mkdir(parents=True, exist_ok=True)
    (out / "claims.json").write_text(json.dumps(as_json(table), indent=2, ensure_ascii=False) + "\n", "utf-8")
    (out / "claims.md").write_text(as_markdown(table), "utf-8")
    for name, made in figures(run, chosen):
        save(Picture(settled(made), name, ""), out / f"{name}.png")
    print(json.dumps(as_json(table), indent=2, ensure_ascii=False) if asked.json else as_markdown(table))
    print(f"The table and the figures are in {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
