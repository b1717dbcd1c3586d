"""The figures of `yamada_chao_2025.py`: one function for the figures of each claim, which ``--claim`` draws.

A part of that script, not a script of its own. How things are drawn is said in `neurogate.plotting`; here,
of which simulations and rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import attrs
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from yamada_chao_2025_ablations import RETIMED
from yamada_chao_2025_activity import TO_MS, others_time, own_time, probes, shares
from yamada_chao_2025_claims import Values, each, trials
from yamada_chao_2025_paradigms import by_gate, by_rule, courses, while_drifting
from yamada_chao_2025_studies import (
    AMENDED,
    CROSSED,
    DISTRACTED,
    DRIFT,
    EVERY_GATE,
    LESIONS,
    MAIN,
    MEASURES,
    NETWORKS,
    ONE,
    ONE_MATRIX,
    OURS,
    PARTS,
    PLAIN,
    RIVALS,
    SAME_FILTER,
    SHARED,
    SHUFFLED,
    SPREAD,
    SWITCHES,
    THREE,
    TWO_MEMORIES,
    UNTRAINED,
    WEBER,
    WORDS,
    Runner,
)

from neurogate.plotting.adaptation import adaptation_figure
from neurogate.plotting.calibration import calibration_figure
from neurogate.plotting.expected import beside_expected
from neurogate.plotting.forest import forest_figure
from neurogate.plotting.kinds import Shown, picture
from neurogate.plotting.lesions import lesion_figure
from neurogate.plotting.nulls import null_figure
from neurogate.plotting.population import marginal_shares, peaks_in_order, time_read
from neurogate.plotting.result import judged_blocks
from neurogate.plotting.scalar_timing import scalar_timing_figure, spreads_by
from neurogate.plotting.scheme import gate_course, scheme
from neurogate.plotting.style import STYLE, WIDTH_MM, cue_colour, figure
from neurogate.plotting.timing import timing_figure
from neurogate.plotting.turning import turning_figure

Figures = Iterator[tuple[str, Figure]]
FEW = (OURS, PLAIN, "force", TWO_MEMORIES)


def timing(run: Runner) -> Figures:
    """Draw the task and the model, spikes and readouts in time, and timing against latency."""
    main = run(MAIN)
    shown = Shown({**main.arrays, "rule_names": np.array(FEW)}, dict(main.metrics[0]))
    yield "scheme", scheme(attrs.evolve(MAIN, rules=(OURS,)).load())
    yield "raster", picture("raster", shown).figure
    yield "readouts", picture("readout", shown).figure
    yield "timing", timing_figure(main.arrays, FEW)


def probability(run: Runner) -> Figures:
    """Draw learned against true probabilities, and the product of both readouts."""
    yield "calibration", calibration_figure(run(MAIN).arrays, FEW)


def adaptation(run: Runner, switches: Sequence[str] = ("latencies", "probabilities")) -> Figures:
    """Draw the errors of all rules after each kind of switch."""
    for what, (study, block, _) in ((name, SWITCHES[name]) for name in switches):
        yield f"adaptation_{what}", adaptation_figure(run(study).arrays, (OURS, *RIVALS), [block])


def subspaces(run: Runner) -> Figures:
    """Draw angles beside every null, and how weights turn over learning."""
    main, key = run(MAIN).arrays, "when_what_angle_deg"
    elsewhere = {
        "shuffled labels": (SHUFFLED, OURS),
        "same filter": (SAME_FILTER, OURS),
        **{f"three-factor, {words}": (study, PLAIN) for words, study in AMENDED.items()},
    }
    angles = {name: run(study).metric(rule, key) for name, (study, rule) in elsewhere.items()}
    untrained = {"before training": run(UNTRAINED).arrays["activity.angle_deg"]}
    yield "subspaces", null_figure(main, FEW, angles, untrained)
    yield "subspaces_learning", turning_figure(main, FEW)
    yield "subspaces_shared", turning_figure(run(ONE_MATRIX).arrays, (PLAIN, *SHARED, ONE))


def phases(run: Runner) -> Figures:
    """Draw the gate whole and lesioned in each phase, and what that costs in errors and trials to re-time.

    A network that never gets there counts as the length of the block.
    """
    main, names = MAIN.load(), (PLAIN, *LESIONS)
    gates = {WORDS[name]: gate_course(main.task, 2, main.rules[name]) for name in names}
    found, (error, block) = run(MAIN), RETIMED
    length = float(np.diff(found.arrays["block_start"])[block])
    words = f"trials to re-time\n(triangles: not in {length:g})"
    again = {words: {WORDS[name]: trials(found, name, error, block) for name in names}}
    measures = _conditions(found.metric, names) | again
    yield "phases", lesion_figure(measures, gates, limits={words: length}, due_ms=900.0)


def ablations(run: Runner) -> Figures:
    """Draw what each part of the rule and of the network is worth."""
    yield "ablations", forest_figure(_conditions(run(MAIN).metric, (PLAIN, *PARTS)))
    studies = {"whole": MAIN, **NETWORKS}
    networks = _conditions(lambda name, key: run(studies[name]).metric(OURS, key), tuple(studies))
    yield "networks", forest_figure(networks)


def scalar_timing(run: Runner) -> Figures:
    """Draw the spread of predicted times against the latency."""
    arrays = {name: run(study).arrays for name, study in WEBER.items()}
    yield "scalar_timing", scalar_timing_figure(*spreads_by(arrays, PLAIN))


def hazard(run: Runner) -> Figures:
    """Draw *when* over the density and the hazard of outcomes that come at spread times."""
    found, made = run(SPREAD), figure(WIDTH_MM, 110.0)
    expected, names = courses(found), found.arrays["block_names"][1:]
    blocks, cues = expected["density"].shape[:2]
    with mpl.rc_context(STYLE):
        panels = made.subplots(blocks, cues, sharex=True, sharey=True, squeeze=False)
        for (block, cue), axes in np.ndenumerate(panels):
            read = {rule: found.arrays[f"{rule}.when"][:, block + 1, cue] for rule in SPREAD.rules}
            shown = {name: expected[name][block, cue] for name in ("density", "hazard")}
            beside_expected(found.arrays["probe_time_ms"], read, shown, colour=cue_colour(cue), ax=axes)
            axes.set(title="" if block else f"cue {cue + 1}", ylim=(-0.1, 1.0))
            axes.label_outer()
        for name, axes in zip(names, panels[:, 0], strict=True):
            axes.set_ylabel(f"when, {name}")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        made.legend(handles, labels, loc="outside lower center", ncols=5)
    yield "hazard", made


def drift(run: Runner) -> Figures:
    """Draw each rule's error of the probabilities while odds drift."""
    found = run(DRIFT)
    errors = while_drifting(found, judged_blocks(found.arrays) == 1)
    yield "drift", forest_figure({f"{MEASURES['probability_mae']} while odds drift": errors})


def three_outcomes(run: Runner) -> Figures:
    """Draw what each rule makes of three outcomes."""
    measures = MEASURES | {"probability_r": "r of p̂ and p", "product_r": "r of when × what and p"}
    yield "three_outcomes", forest_figure({w: each(run(THREE), THREE.rules, k) for k, w in measures.items()})


def attention(run: Runner) -> Figures:
    """Draw both errors of each gate where there is something to ignore, for two tasks in each figure."""
    for title, tasks in (
        ("attention_outcomes", ("stray outcomes", "two streams")),
        ("attention_cues", ("distractors", "irrelevant cues")),
    ):
        of_tasks = {name: by_rule(run(DISTRACTED[name])).items() for name in tasks}
        measures = {f"{words},\n{name}": of for name, both in of_tasks.items() for words, of in both}
        made = forest_figure({w: {"ungated": of["ungated"], **of} for w, of in measures.items()})
        for axes in (axes for axes in made.axes if axes.get_xscale() == "linear"):
            axes.locator_params(axis="x", nbins=4)  # four panels leave little room for numbers
        yield title, made


def gates(run: Runner) -> Figures:
    """Draw both errors of each kind of gate, and the trials until each is small again."""
    yield "gates", forest_figure(by_gate(run(EVERY_GATE)))


def activity(run: Runner) -> Figures:
    """Draw what differs between cues in activity and readouts, and of one network peaks and the time read."""
    crossed = run(CROSSED)
    networks = list(probes(crossed))
    time_ms, (first_ms, _) = (crossed.arrays[f"probe_{name}_ms"] for name in ("time", "window"))
    shown = (time_ms >= first_ms) & (time_ms <= TO_MS)
    what, when = (crossed.arrays[f"{OURS}.{name}"][:, -1][..., shown] for name in ("what", "when"))
    told = {
        "activity": [shares(of.means) for of in networks],
        "what": [shares(np.moveaxis(one, 1, -1)) for one in what],
        "when": [shares(one[..., None]) for one in when],
    }
    first = networks[0]
    read = {"other probes of the cue": own_time(first), "probes of other cues": others_time(first)}
    made = figure(WIDTH_MM, 70.0)
    with mpl.rc_context(STYLE):
        left, middle, right = made.subplots(1, 3, width_ratios=(1.2, 1.0, 1.0))
        marginal_shares({name: _mean(each) for name, each in told.items()}, ax=left)
        peaks_in_order(first.spikes[:, 0], first.time_ms, ax=middle)
        time_read(read, first.time_ms, ax=right)
    yield "activity", made


FIGURES: Mapping[str, Callable[[Runner], Figures]] = {
    "timing": timing,
    "probability": probability,
    "adaptation": adaptation,
    "switches": partial(adaptation, switches=("identities", "everything")),
    "subspaces": subspaces,
    "activity": activity,
    "phases": phases,
    "ablations": ablations,
    "attention": attention,
    "scalar_timing": scalar_timing,
    "drift": drift,
    "hazard": hazard,
    "three_outcomes": three_outcomes,
    "gates": gates,
}


def _conditions(metric: Callable[[str, str], Values], names: Sequence[str]) -> dict[str, dict[str, Values]]:
    """Return both errors of what nothing was done to, and of what something was done to."""
    return {words: {WORDS.get(n, n): metric(n, key) for n in names} for key, words in MEASURES.items()}


def _mean(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over networks of what has names."""
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}
