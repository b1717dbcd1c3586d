"""Every claim of the prediction object, judged: over seeds, beside baselines, nulls and ablations.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The paper's text that we have is its abstract, so every
equation is our reconstruction, and a verdict is on the reconstruction.

Networks, one per seed, live through the simulations named below; all learners of a simulation read the same
spikes. Everything is judged in frozen omission probes. Runs are stored: what is there is not simulated
again, so an interrupted command goes on where it stopped. Run it with

    python experiments/yamada_chao_2025.py [--claim C ...] [--seeds N] [--quick] [--jobs N] [--out D] [--json]

It writes claims.json, claims.md and the figures into D/yamada_chao_2025.
"""

from __future__ import annotations

import argparse
import functools
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import attrs
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurogate import config
from neurogate.analysis.interference import disturbance
from neurogate.bench.machine import machine, write
from neurogate.errors import Outcome
from neurogate.plotting.adaptation import adaptation_figure, trials_needed
from neurogate.plotting.calibration import calibration_figure
from neurogate.plotting.forest import forest_figure
from neurogate.plotting.kinds import Shown, picture
from neurogate.plotting.lesions import lesion_figure
from neurogate.plotting.nulls import NULLS, null_figure
from neurogate.plotting.picture import Picture, save, settled
from neurogate.plotting.scalar_timing import exponents, scalar_timing_figure, spreads_by
from neurogate.plotting.scheme import gate_course, scheme
from neurogate.plotting.timing import timing_figure
from neurogate.plotting.turning import turning_figure
from neurogate.runs.asking import answer, reader
from neurogate.runs.claims import Claim, Verdict, as_json, as_markdown, favours, holds, near, within, worst
from neurogate.runs.over_seeds import Seeds, over_seeds
from neurogate.runs.pool import Workers

NAME = "yamada_chao_2025"
OURS, PLAIN = "surprise_replay", "three_factor"
LOCAL = (PLAIN, "no_gate", "delta", "reward_hebbian", "e_prop")
LEAST_SQUARES = ("force", "force_forgetting", "force_two_memories", "force_reset")
RIVALS = (*LOCAL, *LEAST_SQUARES)

Values = NDArray[np.float64]


@attrs.frozen
class Study:
    """A shipped simulation, changes to it, and which rules of the main one, if any, replace its own."""

    simulation: str
    changes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def load(self, *, quick: bool = False) -> config.Simulation:
        """Return the simulation."""
        tables = config.unstructure(config.load(self.simulation, overrides=list(self.changes), quick=quick))
        if self.rules:
            main = config.unstructure(config.load(NAME, quick=quick))
            tables["rules"] = {name: main["rules"][name] for name in self.rules}
        if quick:  # enough to see that all of it runs
            tables["reservoir"]["n"] = 100
            for block in tables["task"]["blocks"]:
                block["trials"] = 2 * block["trials"] // 5
        return cast(config.Simulation, config.structure(tables))  # none of them teaches a signal


MAIN = Study(NAME)
# What the main simulation asks, and the rule that is judged, for those that ship without them.
ALIKE = (
    "task.lead_ms=80.0", "task.replay_within_ms=200.0", "probes.window_ms=[180.0, 1500.0]",
    f"rules.{OURS}.kind={OURS}",
)  # fmt: skip
SPIKELESS = {"echo state": Study("what_when_echo_state", ALIKE), "leaky": Study("what_when_leaky", ALIKE)}

# What switches, where, and which errors tell of it. All rules of the comparison learn in each of them.
IDENTITIES = Study("what_when_identity", ALIKE, (OURS, *RIVALS))
EVERYTHING = Study("what_when_all_switch", ALIKE, (OURS, *RIVALS))
SWITCHES: Mapping[str, tuple[Study, int, tuple[str, ...]]] = {
    "latencies": (MAIN, 1, ("timing_error_ms",)),
    "probabilities": (MAIN, 2, ("probability_error",)),
    "identities": (IDENTITIES, 1, ("probability_error",)),
    "everything": (EVERYTHING, 1, ("timing_error_ms", "probability_error")),
}
TARGETS, NEVER = {"timing_error_ms": 25.0, "probability_error": 100.0}, 300.0  # trials
MEASURES = {"timing_error_ms": "timing error (ms)", "probability_mae": "mean |p̂ − p|"}

LESIONS = ("lesion_cue", "lesion_delay", "lesion_outcome")
PARTS = ("no_gate", "no_error_gate", "shuffled_gate", "no_error", "no_replay", "no_novelty")
WORDS = {
    PLAIN: "whole rule",
    "no_gate": "without any gate",
    "no_error_gate": "gate that the error does not open",
    "shuffled_gate": "gate open at random times",
    "no_error": "without error (pure Hebb)",
    "no_replay": "without offline replay",
    "no_novelty": "without novelty",
    "lesion_cue": "gate closed in the first 200 ms",
    "lesion_delay": "gate closed in the delay",
    "lesion_outcome": "gate closed around the outcome",
    "whole": "whole network",
    "no_slow_synapses": "no slow synapses (all 10 ms)",
    "no_adaptation": "no spike-frequency adaptation",
    "300_neurons": "300 neurons in place of 1000",
    "much_noise": "three times the noise",
}

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
    "irrelevant cues": Study("what_when_irrelevant_cues"),
}
GATES = {"gated": ("opens with the error", "shuffled"), "attentive": ("knows its cue", "attentive_shuffled")}
SHUFFLED = Study("what_when_shuffled", ALIKE)
SAME_FILTER = Study(
    "what_when", (*ALIKE, "features.phasic_tau_ms=1000000.0", "features.equal_gain=false"), (OURS, PLAIN)
)
ONE_MATRIX, SHARED, ONE = Study("what_when_one_matrix"), ("share_30", "share_60"), "one_matrix"
TRACE, FAST = "what_when_trace", "reservoir.cells.excitatory.preset=excitatory_2003"
SLOW = "reservoir.trace.tau_ms={log_uniform=[100.0, 500.0]}"
FORGETFUL = {"no adaptation": Study(TRACE, (FAST,)), "slow traces instead": Study(TRACE, (FAST, SLOW))}
ONE_WIDTH = ("task.target_weber=0.0", "task.target_sd_ms=40.0")
NOISES = {f"noise {sd}": f"reservoir.inputs.noise_sd={sd}" for sd in (1.2, 0.3, 0.6, 2.4)}
WEBER = {name: Study("what_when_weber", (*ONE_WIDTH, noise), (PLAIN,)) for name, noise in NOISES.items()}
WEBER[GROWS := "taught width grows"] = Study("what_when_weber")


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
    rates = {name: run(study).metric(OURS, "timing_error_ms") for name, study in SPIKELESS.items()}
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
    rates = {name: run(study).metric(OURS, "probability_mae") for name, study in SPIKELESS.items()}
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


def adaptation(run: Runner, switches: Sequence[str] = ("latencies", "probabilities")) -> Iterator[Claim]:
    """Judge whether the local rule adapts where FORCE does not."""
    for what, (study, block, errors) in ((name, SWITCHES[name]) for name in switches):
        found = run(study)
        for error in errors:
            part = "when" if error == "timing_error_ms" else "what"
            after, target = f"After a switch of {what}, {part} adapts", TARGETS[error]
            needed = {rule: trials(found, rule, error, block) for rule in (OURS, *RIVALS)}
            ours = needed.pop(OURS)
            late = np.minimum(trials_needed(found.arrays, OURS, error, block), NEVER)
            yield Claim(
                f"{after} within {target:g} trials", "trials", ours, within(late, target, 2 * target),
                "step size against calibration", needed,
            )  # fmt: skip
            if study == MAIN:
                yield from _beside_least_squares(after, ours, needed)


def _beside_least_squares(after: str, ours: Values, needed: Mapping[str, Values]) -> Iterator[Claim]:
    yield Claim(
        f"{after}, and FORCE without forgetting does not", "trials", ours, favours(ours, needed["force"]),
        "FORCE without forgetting is ridge on all past trials", {"force": needed["force"]},
    )  # fmt: skip
    best = min(("force_two_memories", "force_forgetting"), key=lambda n: needed[n].mean())
    yield Claim(
        f"{after} faster than least squares that forget", "trials", ours, favours(ours, needed[best]),
        "force_reset is told of the switch", {name: needed[name] for name in (best, "force_reset")},
    )  # fmt: skip


def subspaces(run: Runner) -> Iterator[Claim]:
    """Judge whether *what* and *when* are near-orthogonal, what sets that, and what it is for."""
    main, key = run(MAIN), "when_what_angle_deg"
    angle, null = main.metric(OURS, key), main.metric(OURS, "when_what_angle_null_deg")
    chance = {name: main.arrays[drawn].mean(axis=1) for drawn, name in NULLS.items()}
    yield Claim(
        "what and when are near-orthogonal", "angle (deg)", angle, within(angle, 85.0, 80.0),
        "high dimension alone gives 88", each(main, (PLAIN, "no_gate", *LEAST_SQUARES), key) | chance, null,
    )  # fmt: skip
    for rule, than, other, hinge in (
        (OURS, "random sums of the same traces", null, "phasic traces"),
        (OURS, "after training on shuffled labels", run(SHUFFLED).metric(OURS, key), "learning the task"),
        (OURS, "after 10 trials", main.arrays[f"{OURS}.angle_deg"][:, 0], "learning at all"),
        (OURS, "readouts of the same traces", run(SAME_FILTER).metric(OURS, key), "filters of their own"),
        (PLAIN, "with replays of all the delay", run(NETWORKS["whole"]).metric(PLAIN, key), "their moments"),
    ):
        ours = main.metric(rule, key)
        verdict = favours(ours, other, small_is_good=False)
        yield Claim(f"They are more orthogonal than {than}", "angle (deg)", ours, verdict, hinge, null=other)
    avoid = "activity.what_in_when"
    aligned, null = main.arrays[avoid], main.arrays[f"{avoid}_null"].mean(axis=1)
    yield Claim(
        "In the activity, too, what avoids when", "alignment index (0 to 1)", aligned,
        favours(aligned, null), "input directions; no readout is involved", null=null,
    )  # fmt: skip
    yield from _sharing(run(ONE_MATRIX))


def _sharing(found: Seeds) -> Iterator[Claim]:
    """Judge what it costs to share synapses, a little, more, or all of them in one matrix."""
    trial, switch = found.arrays["probe_trial"], found.arrays["block_start"][1]
    rules = list(map(str, found.arrays["rule_names"]))
    moved = {rule: disturbance(trial, found.arrays[f"{rule}.probability_then"], switch) for rule in rules}
    error, shared = each(found, rules, "probability_mae"), "shared synapses; separate ones cannot disturb"
    again = {rule: trials(found, rule, "timing_error_ms", 1) for rule in rules}
    forced, one, mae = "Overlap that is forced", "One matrix of outcome channels", MEASURES["probability_mae"]
    for claim, measure, costs, ours, others, hinge in (
        (f"{forced} disturbs odds when only times switch", "p̂ moves by", moved, PLAIN, SHARED, shared),
        (f"{forced} costs calibration", mae, error, PLAIN, SHARED, shared),
        (f"{one} is as well calibrated", mae, error, ONE, (PLAIN,), "one rate"),
        (f"{one} is re-timed as fast", "trials", again, ONE, (PLAIN,), "one rate"),
    ):
        verdict = worst([favours(costs[ours], costs[rule]) for rule in others])
        rivals = {rule: values for rule, values in costs.items() if rule != ours}
        yield Claim(claim, measure, costs[ours], verdict, hinge, rivals)


def phases(run: Runner) -> Iterator[Claim]:
    """Judge whether lesions of the gate in one phase have effects of their own."""
    main = run(MAIN)
    for key, words in MEASURES.items():
        whole, hit = main.metric(PLAIN, key), each(main, LESIONS, key)
        most = max(hit, key=lambda name: hit[name].mean())
        others = [name for name in LESIONS if name != most]
        verdicts = [favours(whole, hit[most]), *(favours(hit[name], hit[most]) for name in others)]
        yield Claim(
            f"A lesion in one phase harms {words.split('(')[0].strip()} more than in others", words, whole,
            worst(verdicts), f"most harmful: {most.removeprefix('lesion_')}", hit,
        )  # fmt: skip


def ablations(run: Runner) -> Iterator[Claim]:
    """Judge what the rule and the network need."""
    main = run(MAIN)
    for key, words in MEASURES.items():
        networks = {name: run(study).metric(PLAIN, key) for name, study in NETWORKS.items()}
        for part, whole, without in (
            ("factor of the rule", main.metric(PLAIN, key), each(main, PARTS, key)),
            ("part of the network", networks.pop("whole"), networks),
        ):
            needed = [name for name in without if favours(whole, without[name]) is Verdict.SUPPORTED]
            yield Claim(
                f"Every {part} matters for the {words.split('(')[0].strip()}", words, whole,
                holds(len(needed), len(without)), f"needed: {', '.join(needed) or 'none'}", without,
            )  # fmt: skip


def attention(run: Runner) -> Iterator[Claim]:
    """Judge whether a gate is needed where there is something to ignore."""
    for name, study in DISTRACTED.items():
        found = run(study)
        rules = list(map(str, found.arrays["rule_names"]))
        for gate in (gate for gate in GATES if gate in rules):
            opens, shuffled = GATES[gate]
            for key, words in MEASURES.items():
                ours, rivals = found.metric(gate, key), each(found, [r for r in rules if r != gate], key)
                verdicts = [favours(ours, rivals[rule]) for rule in ("ungated", shuffled)]
                yield Claim(
                    f"With {name}, a gate that {opens} earns its place", words, ours, worst(verdicts),
                    f"{shuffled} is as open, at random times", rivals,
                )  # fmt: skip


def memory(run: Runner) -> Iterator[Claim]:
    """Judge whether the network itself holds cue and time after a short cue."""
    found = run(Study(TRACE))
    asked = ((25.0, 50.0, _timing_of_other), (0.1, 0.15, _probability_of_other))
    for (key, words), (good, fair, of_other) in zip(MEASURES.items(), asked, strict=True):
        value = found.metric(OURS, key)
        without = {name: run(study).metric(OURS, key) for name, study in FORGETFUL.items()}
        yield Claim(
            "A cue of 100 ms, and silence until the outcome, are enough", words, value,
            within(value, good, fair), "slow adaptation; replay from just before the outcome",
            each(found, (PLAIN, "force"), key) | without, _other_cues(found, of_other),
        )  # fmt: skip


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


CLAIMS: Mapping[str, Callable[[Runner], Iterator[Claim]]] = {
    "timing": timing,
    "probability": probability,
    "adaptation": adaptation,
    "switches": functools.partial(adaptation, switches=("identities", "everything")),
    "subspaces": subspaces,
    "phases": phases,
    "ablations": ablations,
    "attention": attention,
    "memory": memory,
    "scalar_timing": scalar_timing,
}


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
    if "scalar_timing" in claims:
        arrays = {name: run(study).arrays for name, study in WEBER.items()}
        yield "scalar_timing", scalar_timing_figure(*spreads_by(arrays, PLAIN))
    if not set(claims) - {"scalar_timing", "attention", "memory"}:
        return  # these have no other figure, and the main simulation is long
    main, few = run(MAIN), (OURS, PLAIN, "force", "force_two_memories")
    yield "scheme", scheme(attrs.evolve(MAIN, rules=(OURS,)).load())
    if "timing" in claims:
        shown = Shown({**main.arrays, "rule_names": np.array(few)}, dict(main.metrics[0]))
        yield "raster", picture("raster", shown).figure
        yield "readouts", picture("readout", shown).figure
        yield "timing", timing_figure(main.arrays, few)
    if "probability" in claims:
        yield "calibration", calibration_figure(main.arrays, few)
    for what, (study, block, _) in SWITCHES.items():
        if ("adaptation" if study == MAIN else "switches") in claims:
            yield f"adaptation_{what}", adaptation_figure(run(study).arrays, (OURS, *RIVALS), [block])
    if "subspaces" in claims:
        elsewhere = {"shuffled labels": (SHUFFLED, OURS), "same filter": (SAME_FILTER, OURS),
                     "three-factor, replays spread": (NETWORKS["whole"], PLAIN)}  # fmt: skip
        angles = {name: run(s).metric(rule, "when_what_angle_deg") for name, (s, rule) in elsewhere.items()}
        yield "subspaces", null_figure(main.arrays, few, angles)
        yield "subspaces_learning", turning_figure(main.arrays, few)
        yield "subspaces_shared", turning_figure(run(ONE_MATRIX).arrays, (PLAIN, *SHARED, ONE))
    if "phases" in claims:
        yield "phases", lesion_figure(_conditions(main.metric, [PLAIN, *LESIONS]), _gates(), due_ms=900.0)
    if "ablations" in claims:
        yield "ablations", forest_figure(_conditions(main.metric, [PLAIN, *PARTS]))
        networks = _conditions(lambda name, key: run(NETWORKS[name]).metric(PLAIN, key), [*NETWORKS])
        yield "networks", forest_figure(networks)


def _conditions(metric: Callable[[str, str], Values], names: Sequence[str]) -> dict[str, dict[str, Values]]:
    """Return both errors of what nothing was done to, and of what something was done to."""
    return {words: {WORDS.get(n, n): metric(n, key) for n in names} for key, words in MEASURES.items()}


def _gates() -> dict[str, tuple[Values, Values]]:
    """Return what the gates allow in a trial of a late cue, whole and lesioned."""
    main = MAIN.load()
    return {WORDS[name]: gate_course(main.task, 2, main.rules[name]) for name in (PLAIN, *LESIONS)}


def runner(asked: argparse.Namespace, workers: Workers) -> Runner:
    """Return what simulates a study, or finds it stored."""

    @functools.cache
    def run(study: Study) -> Seeds:
        title = " ".join([study.simulation, *study.changes])

        def tell(done: int, outcome: Outcome) -> None:
            print(f"{title}: {done} of {asked.seeds} seeds, {outcome}", file=sys.stderr, flush=True)

        simulation, command = study.load(quick=asked.quick), shlex.join(["python", *sys.argv])
        how: dict[str, Any] = {"command": command, "jobs": asked.jobs, "workers": workers, "tell": tell}
        return over_seeds(simulation, asked.seeds, asked.out, **how)

    return run


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the claims, and write the table and the figures."""
    parser = reader(__doc__, 20, 2, stored="the claims")
    claims = [*CLAIMS, "all"]
    parser.add_argument("--claim", nargs="+", choices=claims, default=["all"], help="which (default: all)")
    answer(parser, judge, arguments)


def judge(asked: argparse.Namespace) -> None:
    """Judge the claims that are asked for, and write what was found."""
    chosen = list(CLAIMS) if "all" in asked.claim else asked.claim
    out = asked.out / NAME
    out.mkdir(parents=True, exist_ok=True)
    with Workers() as workers:
        run = runner(asked, workers)
        table = [claim for name in chosen for claim in CLAIMS[name](run)]
        write(out / "claims.json", machine(shlex.join(["python", *sys.argv])), as_json(table))
        (out / "claims.md").write_text(as_markdown(table), "utf-8")
        for name, made in figures(run, chosen):
            save(Picture(settled(made), name, ""), out / f"{name}.png")
    print((out / f"claims.{'json' if asked.json else 'md'}").read_text("utf-8"))
    print(f"The table and the figures are in {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
