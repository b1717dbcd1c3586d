"""Where the claims of the prediction object hold: a map over gain, noise, firing rate and size.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The equations are our reconstruction from the abstract.

The network is varied around the shipped one, and nothing is tuned again: gain of the recurrent weights by
membrane noise as a map, bias (and with it the firing rate) and number of neurons as curves. At every point
two rules learn from the same spikes, ours and the same without what surprise does; along the curves stand
beside them least squares that are told of each switch, which say what these networks, and as few trials,
allow at all (and take most of the time). Seeds begin at 225, on which nothing was chosen. Runs are stored,
and an interrupted command goes on where it stopped. Run it with

    python experiments/yamada_chao_2025_robustness.py
        [--seeds N] [--neurons N] [--quick] [--jobs N] [--out DIR] [--json]

It writes robustness.json and robustness.png into DIR/yamada_chao_2025_robustness.
"""

from __future__ import annotations

import argparse
import functools
import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import attrs
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurogate import config
from neurogate.analysis.intervals import mean_interval
from neurogate.bench.machine import machine
from neurogate.config.sweep import Sweep
from neurogate.errors import Outcome
from neurogate.plotting.columns import groups
from neurogate.plotting.heatmap import norm_of
from neurogate.plotting.lines import lines
from neurogate.plotting.picture import Picture, remark, save
from neurogate.plotting.region import region
from neurogate.plotting.style import GREY, STYLE, WIDTH_MM, display_name, figure
from neurogate.runs import store
from neurogate.runs.asking import answer, count, reader
from neurogate.runs.options import Options
from neurogate.runs.over_points import over_points

NAME = "yamada_chao_2025_robustness"
SIMULATION = "yamada_chao_2025"
FIRST_SEED = 225
OURS = "surprise_replay"
MAPPED = (OURS, "three_factor")
ORACLE = "force_reset"
CURVED = (*MAPPED, ORACLE)
MAP = "gain and noise"

SHIPPED_N = 1000
GAIN, NOISE, N, BIAS = "reservoir.gain", "reservoir.inputs.noise_sd", "reservoir.n", "bias"
BIASES = ("reservoir.cells.excitatory.bias", "reservoir.cells.inhibitory.bias")
SHIPPED = {GAIN: 1.0, NOISE: 0.3, N: SHIPPED_N, BIAS: 4.0}
QUICK_N = 300

# Of each measure: its name in a figure, the target, and a bound that is still of use.
MEASURES = {
    "timing_error_ms": ("timing error (ms)", 12.0, 25.0),
    "probability_mae": ("mean |p̂ − p|", 0.05, 0.075),
    "retiming_trials": ("trials to re-time", 25.0, 50.0),
    "relearning_trials": ("trials for odds", 100.0, 200.0),
}

REMARK = (
    "Maps: mean over seeds; solid border: within the target; dashed: still of use; star: shipped. "
    "Curves: mean and 95 % interval over seeds; dashed: target; dotted: shipped."
)

Rows = list[dict[str, Any]]


def sweeps(seeds: int, quick: bool) -> dict[str, Sweep]:
    """Return what is varied; the shipped settings are among the values of each."""
    gains, noises = (
        ((0.5, 1.0), (0.3, 1.0)) if quick else ((0.0, 0.5, 1.0, 1.5, 2.0, 4.0), (0.1, 0.3, 0.6, 1.0, 3.0))
    )
    biases = (4.0, 6.0) if quick else (2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
    sizes = (150, QUICK_N) if quick else (125, 250, 500, 1000, 1500, 2000)
    either = tuple({"normal": [bias, 1.0]} for bias in biases)
    return {
        MAP: Sweep(grid={GAIN: gains, NOISE: noises}, seeds=seeds),
        "firing rate": Sweep(zip=dict.fromkeys(BIASES, either), seeds=seeds),
        "size": Sweep(grid={N: sizes}, seeds=seeds),
    }


def simulation(quick: bool, neurons: int, rules: Sequence[str]) -> config.Simulation:
    """Return the shipped simulation with some of its rules; nobody asks for its subspaces."""
    changes = [f"run.seed={FIRST_SEED}", f"reservoir.n={neurons}", "probes.subspaces=false"]
    loaded = cast(config.Simulation, config.load(SIMULATION, overrides=changes, quick=quick))
    kept = {name: loaded.rules[name] for name in rules}
    return cast(config.Simulation, attrs.evolve(cast(Any, loaded), rules=kept))


def measured(asked: argparse.Namespace) -> dict[str, Rows]:
    """Simulate every point that is not stored, and return the rows of each sweep."""
    command = shlex.join(["python", *sys.argv])
    options = Options(jobs=asked.jobs, batch=4)  # large networks gain nothing from more at once
    found: dict[str, Rows] = {}
    for title, varied in sweeps(asked.seeds, asked.quick).items():
        base = simulation(asked.quick, asked.neurons, MAPPED if title == MAP else CURVED)

        def tell(done: int, outcome: Outcome, title: str = title) -> None:
            print(f"{title}: {done} runs, {outcome}", file=sys.stderr, flush=True)

        made = over_points(
            base, varied, asked.out, options=options, command=command, may_diverge=True, tell=tell
        )
        found[title] = list(_with_trials(made.rows, asked.out, base))
    for row in (rates := found["firing rate"]):
        row[BIAS] = row[BIASES[0]]["normal"][0]
    mean = {group.key[0]: group.mean for group in groups(rates, [BIAS], "mean_rate_hz")}
    for row in rates:
        row["firing_rate_hz"] = round(mean.get(row[BIAS], float("nan")), 1)
    return found


def _with_trials(
    rows: Sequence[Mapping[str, Any]], out: Path, base: config.Simulation
) -> Iterator[dict[str, Any]]:
    """Add how many trials each rule needed after each switch, at most the length of the block."""
    metrics = functools.cache(lambda folder: store.load(out / folder).metrics)
    for row in rows:
        added = {}
        for key, block, of in (("retiming", 1, "timing"), ("relearning", 2, "probability")):
            here = base.task.blocks[block]
            if row["rule"] is not None:
                needed = metrics(row["folder"])[row["rule"]]["blocks"][here.name][f"trials_to_{of}"]
                added[f"{key}_trials"] = float(here.trials if needed is None else min(needed, here.trials))
        yield {**row, **added}


def picture(found: Mapping[str, Rows], n: int) -> Figure:
    """Compose the figure, a column for each measure: a map for each mapped rule, and the curves below."""
    made = figure(WIDTH_MM, 185.0)
    with mpl.rc_context(STYLE):
        maps, curves = cast(Any, made).subfigures(2, 1)
        _maps(maps.subplots(len(MAPPED), len(MEASURES), sharex=True, sharey=True), found[MAP])
        panels = curves.subplots(2, len(MEASURES), sharex="row")
        _curves(panels, found, n)
        handles, labels = panels[0, 0].get_legend_handles_labels()
        curves.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        remark(made, REMARK)
    return made


def _maps(panels: Any, rows: Rows) -> None:
    for column, (measure, (words, *bounds)) in enumerate(MEASURES.items()):
        shown = [row for row in rows if row["rule"] in (*MAPPED, None)]
        norm = norm_of(shown, ["rule", GAIN, NOISE], measure)
        for row, rule in enumerate(MAPPED):
            axes: Axes = panels[row, column]
            of_rule = [one for one in shown if one["rule"] in (rule, None)]
            region(of_rule, GAIN, NOISE, measure, bounds, shipped=SHIPPED, norm=norm, ax=axes)
            axes.set(xlabel="gain", ylabel=f"{display_name(rule)}\nnoise (sd)", title=words)
            axes.label_outer()


def _curves(panels: Any, found: Mapping[str, Rows], n: int) -> None:
    rates = found["firing rate"]
    (shipped,) = {row["firing_rate_hz"] for row in rates if row[BIAS] == SHIPPED[BIAS]}
    across = (
        ("firing_rate_hz", rates, shipped, "firing rate (Hz), by bias"),
        (N, found["size"], n, "neurons"),
    )
    for row, (x, rows, here, xlabel) in enumerate(across):
        for column, (measure, (words, target, _)) in enumerate(MEASURES.items()):
            axes: Axes = panels[row, column]
            lines(rows, x, measure, hue="rule", ax=axes)
            axes.axhline(target, color="#D55E00", linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
            axes.axvline(here, color=GREY, linewidth=0.6, linestyle=(0, (1, 1.5)), zorder=1)
            highest = max(group.mean for group in groups(rows, ["rule", x], measure))
            axes.set(xlabel=xlabel, ylabel=words, ylim=(0.0, 1.3 * max(highest, target)))
            axes.tick_params(axis="x", labelrotation=45)
            if legend := axes.get_legend():
                legend.remove()  # one serves all


def table(found: Mapping[str, Rows], asked: argparse.Namespace) -> dict[str, Any]:
    """Return every point of every sweep: mean and half of the 95 % interval of each measure.

    By how much more than the oracle a rule is off is taken in pairs, on the same spikes.
    """
    keys = {MAP: (GAIN, NOISE), "firing rate": (BIAS, "firing_rate_hz"), "size": (N,)}
    measures = (*MEASURES, "probability_r", "product_r", "mean_rate_hz")
    points = {
        title: [_point(rows, keys[title], at, measures) for at in _places(rows, keys[title])]
        for title, rows in found.items()
    }
    return {
        **machine(shlex.join(["python", *sys.argv])),
        "neurons": asked.neurons,
        "seeds": [FIRST_SEED, FIRST_SEED + asked.seeds - 1],
        "bounds": {
            name: {"target": target, "of use": loose} for name, (_, target, loose) in MEASURES.items()
        },
        "points": points,
    }


def _places(rows: Rows, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(dict.fromkeys(tuple(row[key] for key in keys) for row in rows))


def _point(rows: Rows, keys: Sequence[str], at: tuple[Any, ...], measures: Sequence[str]) -> dict[str, Any]:
    here = [row for row in rows if tuple(row[key] for key in keys) == at]
    of = {rule: {row["folder"]: row for row in here if row["rule"] == rule} for rule in CURVED}
    rules = {
        rule: {name: _interval([row[name] for row in found.values()]) for name in measures}
        for rule, found in of.items()
        if found
    }
    more = {
        rule: {
            name: _interval([row[name] - of[ORACLE][folder][name] for folder, row in of[rule].items()])
            for name in measures
            if name != "mean_rate_hz"
        }
        for rule in MAPPED
        if of[rule] and of[ORACLE]
    }
    lost = len({row["folder"] for row in here if row["rule"] is None})
    return {**dict(zip(keys, at, strict=True)), "diverged": lost, "rules": rules, "beyond the oracle": more}


def _interval(values: Sequence[float]) -> list[float | None]:
    mean, half = (float(number) for number in mean_interval(values))
    return [round(mean, 4), None if half != half else round(half, 4)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate every point, and write the table and the figure."""
    parser = reader(__doc__, 2, 2, first_seed=FIRST_SEED, stored="the table")
    count(parser, "neurons", SHIPPED_N, QUICK_N, "of the map and of rates")
    answer(parser, judge, arguments)


def judge(asked: argparse.Namespace) -> None:
    """Simulate what is asked for, and write what was found."""
    found = measured(asked)
    out = asked.out / NAME
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(table(found, asked), indent=1, ensure_ascii=False) + "\n"
    (out / "robustness.json").write_text(text, "utf-8")
    save(
        Picture(picture(found, QUICK_N if asked.quick else SHIPPED_N), NAME, ""),
        out / "robustness.png",
    )
    if asked.json:
        print(text, end="")
    print(f"The table and the figure are in {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
