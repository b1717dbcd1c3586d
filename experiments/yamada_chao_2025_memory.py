"""How long a spiking reservoir holds a short cue, and the time since: decodability against delay.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The equations are our reconstruction from the abstract.

A cue lasts 100 ms; then nothing tells what it was, or when (``what_when_trace``). In frozen omission probes,
decoders that have not seen the trial read both from the traces that readouts see: which of the four cues it
was, and how long ago. So the curves tell what there is to be learned, whatever the rule. They are drawn for
levels of noise, for sizes, and for networks that lack what might hold a memory, or hold it by other means. In
the null the cues of the probes are shuffled, and the activity of each probe is shifted in time. Runs are
stored: what is there is not simulated again. Run it with

    python experiments/yamada_chao_2025_memory.py [--seeds N] [--quick] [--jobs N] [--out DIR] [--json]

It writes memory.json, memory.md and the figure into DIR/yamada_chao_2025_memory.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurogate import config
from neurogate.analysis.decoding import cross_temporal_accuracy
from neurogate.analysis.elapsed_time import read_time
from neurogate.analysis.intervals import mean_interval
from neurogate.analysis.trials import circularly_shifted
from neurogate.bench.machine import machine
from neurogate.errors import Outcome
from neurogate.plotting.picture import Picture, save
from neurogate.plotting.style import BLACK, CUES, GREY, SEQUENTIAL, STYLE, WIDTH_MM, figure
from neurogate.runs.asking import answer, reader
from neurogate.runs.over_seeds import over_seeds

NAME = "yamada_chao_2025_memory"
EVERY_MS, LAST_MS = 100.0, 1600.0
TOLD_MS = (300.0, 600.0, 900.0, 1200.0)
WHOLE = "as it is"
NULL = f"null, {WHOLE}"

# Nothing is learned, so a few trials before the probes are enough.
SETTING = (
    'task.blocks=[{name="A", trials=4, latency_ms=[300.0, 600.0, 900.0, 1200.0], '
    "probability=[[0.9, 0.0], [0.1, 0.8], [0.5, 0.3], [0.2, 0.6]]}]",
    "probes.per_cue=25",
    'record.variables=["trace"]',
    f"record.every_ms={EVERY_MS}",
)
QUICK = ["reservoir.n=300", "probes.per_cue=10"]
FAST_CELLS = 'reservoir.cells.excitatory.preset="excitatory_2003"'
PANELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "noise": {f"noise {sd:g}": (f"reservoir.inputs.noise_sd={sd}",) for sd in (0.1, 0.3, 1.0, 3.0)},
    "size": {f"{n} neurons": (f"reservoir.n={n}",) for n in (250, 500, 1000, 2000)},
    "regime": {
        WHOLE: (),
        "no recurrence": ("reservoir.gain=0.0",),
        "no slow synapses": ("reservoir.synapse.tau_ms=10.0",),
        "no adaptation": (FAST_CELLS,),
        "slow synapses instead": (FAST_CELLS, "reservoir.synapse.tau_ms=500.0"),
        "facilitation instead": (FAST_CELLS, "reservoir.synapse.short_term={}"),
        "slow traces instead": (FAST_CELLS, "reservoir.trace.tau_ms={log_uniform=[100.0, 500.0]}"),
    },
}

Values = NDArray[np.float64]
Curves = dict[str, Values]
"""Of each measure, (seeds, times)."""


def read(activity: Values, cue: NDArray[Any], time_ms: Values, rng: np.random.Generator) -> Curves:
    """Read cue and time at each time from probes of one network, and from their nulls."""
    later = time_ms > 0
    shifted = circularly_shifted(rng, activity[:, later], together=True)
    return {
        "cue": accuracy(activity, cue),
        "cue null": accuracy(activity, rng.permutation(cue)),
        "time": error_ms(activity[:, later], time_ms[later]),
        "time null": error_ms(shifted, time_ms[later]),
    }


def accuracy(activity: Values, cue: NDArray[Any]) -> Values:
    """Return how often the cue is read rightly at each time."""
    times = range(activity.shape[1])
    return np.array([cross_temporal_accuracy(activity[:, [t]], cue)[0, 0] for t in times])


def error_ms(activity: Values, time_ms: Values) -> Values:
    """Return the root mean squared error of the time read at each time."""
    error = read_time(activity, time_ms).estimate_ms - time_ms
    return np.asarray(np.sqrt(np.square(error).mean(axis=0)))


def simulation(changes: Sequence[str], *, quick: bool) -> config.Simulation:
    """Return the trace version with the probes that decoders need, changed as a condition asks."""
    made = config.load("what_when_trace", overrides=[*SETTING, *QUICK * quick, *changes])
    if not isinstance(made, config.Simulation):
        raise TypeError("what_when_trace has no cues.")
    return made


def curves(changes: Sequence[str], asked: argparse.Namespace, label: str) -> tuple[Curves, Values]:
    """Simulate a condition or find it stored; return its curves and the mean rates (Hz)."""

    def tell(done: int, outcome: Outcome) -> None:
        print(f"{label}: {done} of {asked.seeds} seeds, {outcome}", file=sys.stderr, flush=True)

    made, command = simulation(changes, quick=asked.quick), shlex.join(["python", *sys.argv])
    found = over_seeds(made, asked.seeds, asked.out, jobs=asked.jobs, command=command, tell=tell)
    traces, cues = found.arrays["record.trace"], found.arrays["record.cue"]
    time_ms = EVERY_MS * np.arange(1, traces.shape[2] + 1) - made.task.timeline.interval_ms
    shown = (time_ms >= 0) & (time_ms <= LAST_MS)
    seeds = [
        read(trace[:, shown], cue, time_ms[shown], np.random.default_rng(b))
        for b, (trace, cue) in enumerate(zip(traces, cues, strict=True))
    ]
    return {key: np.stack([one[key] for one in seeds]) for key in seeds[0]}, found.arrays["mean_rate_hz"]


def told(values: Values) -> dict[str, Any]:
    """Return mean and half of the 95 % interval over seeds, for JSON."""
    mean, half_width = mean_interval(values)
    return {"mean": np.round(mean, 4).tolist(), "interval": np.round(half_width, 4).tolist()}


def table(found: Mapping[str, Mapping[str, tuple[Curves, Values]]]) -> Iterator[str]:
    """Write how well cue and time are read at a few delays, as a table in Markdown."""
    yield (
        f"| condition | Hz | {' | '.join(f'cue at {t:g} ms' for t in TOLD_MS)} | "
        + " | ".join(f"time error at {t:g} ms" for t in TOLD_MS)
        + " |"
    )
    yield "|---" * (2 + 2 * len(TOLD_MS)) + "|"
    for panel in found.values():
        for label, (of, rate) in panel.items():
            yield row(label, f"{rate.mean():.1f}", of["cue"], of["time"])
    of, _ = found["regime"][WHOLE]
    yield row("null", "", of["cue null"], of["time null"])


def row(label: str, rate: str, cue: Values, time: Values) -> str:
    """Write one line of the table; the time is read from the second sample on."""
    at = [round(t / EVERY_MS) for t in TOLD_MS]
    cells = [cell(cue[:, k], ".2f") for k in at] + [cell(time[:, k - 1], ".0f") for k in at]
    return f"| {label} | {rate} | {' | '.join(cells)} |"


def cell(values: Values, form: str) -> str:
    """Write a mean over seeds and half of its 95 % interval."""
    mean, half_width = mean_interval(values)
    return f"{mean:{form}} ± {half_width:{form}}"


def draw(found: Mapping[str, Mapping[str, tuple[Curves, Values]]]) -> Figure:
    """Draw the curves: cue above, time below, a column for each kind of condition; one null for all."""
    made, (null, _) = figure(WIDTH_MM, 120.0), found["regime"][WHOLE]
    with mpl.rc_context(STYLE):
        above, below = made.subplots(2, len(found), sharex=True, sharey="row")
        for (name, panel), cue, time in zip(found.items(), above, below, strict=True):
            shades = mpl.colormaps[SEQUENTIAL](np.linspace(0.0, 0.85, len(panel)))
            colours = [BLACK, *CUES] if name == "regime" else list(shades)
            for (label, (of, _)), colour in zip(panel.items(), colours, strict=False):
                curve(cue, of["cue"], colour, label)
                curve(time, of["time"], colour, label)
            curve(cue, null["cue null"], GREY, NULL, dashed=True)
            curve(time, null["time null"], GREY, NULL, dashed=True)
            time.set_xlabel("time since the cue began (ms)")
            cue.legend(loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=2)
        above[0].set_ylabel("cue read rightly")
        above[0].set_ylim(0.0, 1.03)
        below[0].set_ylabel("error of the time read (ms)")
        below[0].set_ylim(bottom=0.0)
    return made


def curve(axes: Axes, values: Values, colour: Any, label: str, *, dashed: bool = False) -> None:
    """Draw mean and 95 % interval over seeds up to the last time."""
    times = LAST_MS - EVERY_MS * np.arange(values.shape[1])[::-1]
    mean, half_width = mean_interval(values)
    axes.plot(times, mean, color=colour, label=label, linestyle=(0, (2, 1.5)) if dashed else "-")
    axes.fill_between(times, mean - half_width, mean + half_width, color=colour, alpha=0.15, linewidth=0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate or find every condition, and write the table, the numbers and the figure."""
    answer(reader(__doc__, 5, 2, stored="the numbers"), judge, arguments)


def judge(asked: argparse.Namespace) -> None:
    """Measure every condition, and write what was found."""
    found = {
        name: {label: curves(changes, asked, label) for label, changes in panel.items()}
        for name, panel in PANELS.items()
    }
    numbers = {
        name: {
            label: {"rate_hz": told(rate), **{key: told(values) for key, values in of.items()}}
            for label, (of, rate) in panel.items()
        }
        for name, panel in found.items()
    }
    about = machine(shlex.join(["python", *sys.argv])) | {"seeds": asked.seeds, "every_ms": EVERY_MS}
    stored, lines = json.dumps({**about, **numbers}, indent=2), "\n".join(table(found))
    out = asked.out / NAME
    out.mkdir(parents=True, exist_ok=True)
    (out / "memory.json").write_text(f"{stored}\n", "utf-8")
    (out / "memory.md").write_text(f"{lines}\n", "utf-8")
    save(Picture(draw(found), NAME, ""), out / "memory.png")
    print(stored if asked.json else lines)
    print(f"The table, the numbers and the figure are in {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
