"""FORCE in spiking neurons: signals that a recurrent network can be taught to produce by itself.

Nicola & Clopath (2017), Supervised learning in spiking neural networks with FORCE training, Nature
Communications 8, 2208, doi:10.1038/s41467-017-01827-3; the numbers of the network are those of their code
(ModelDB 190565), and the melody is a shortened one.

Several networks, one per seed, are taught each signal by recursive least squares while they hear their own
readout, and then run freely. A readout that is silent, and one that the delta rule taught the sine with the
same samples, are the baselines. With ``--sweep`` the time between two updates and the size of the network
vary. Run it with

    python experiments/nicola_clopath_2017_force.py [--quick] [--seeds N] [--out DIR] [--json] [--sweep]
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from neurogate.analysis.intervals import mean_interval
from neurogate.config.build import session
from neurogate.config.loading import load
from neurogate.config.schema import WaveformSimulation
from neurogate.errors import RunDiverged
from neurogate.plasticity.online import OnlineDelta
from neurogate.plotting.overview import save
from neurogate.plotting.style import BLACK, STYLE, WIDTH_MM, figure
from neurogate.plotting.waveform import follow
from neurogate.runs.asking import ask, reader
from neurogate.tasks.evaluation import Result

NAME = "nicola_clopath_2017_force"

SIMULATIONS = {
    "nc_sine": "sine 5 Hz",
    "nc_product": "product 4 Hz x 6 Hz",
    "nc_product_noise": "product with noise",
    "nc_sawtooth": "sawtooth 5 Hz",
    "nc_vanderpol_harmonic": "Van der Pol, harmonic",
    "nc_vanderpol_relaxation": "Van der Pol, relaxation",
    "nc_ode_to_joy": "Ode to Joy, 8 notes",
}
BASELINE = "sine 5 Hz, delta rule"
ETAS = (0.01, 0.1, 1.0)

COLUMNS = {
    "rmse_silent": "RMSE of silence",
    "rmse_training": "last 1 s of teaching",
    "rmse_first_second": "first 1 s free",
    "rmse_free": "all of it free",
    "rmse_free_best_lag": "best lag within 20 ms",
    "rate_before_hz": "Hz before",
    "rate_training_hz": "during",
    "rate_free_hz": "free",
    "weight_norm": "norm (1/kHz)",
    "frequency_hz": "frequency (Hz)",
    "target_frequency_hz": "of the signal",
    "amplitude": "amplitude",
    "target_amplitude": "of the signal",
    "residual": "residual",
}

# What every seed of the sine must show: the waveform is right after teaching ends, though its phase drifts.
CHECKS = {
    "rmse_training": (0.0, 0.02),
    "rmse_first_second": (0.0, 0.25),
    "rate_free_hz": (34.0, 39.0),
    "frequency_hz": (4.9, 5.1),
    "amplitude": (0.9, 1.05),
    "residual": (0.0, 0.1),
}

INTERVALS_MS = (0.4, 0.8, 2.0, 4.0, 8.0)
SIZES = (500, 1000, 2000)
SWEPT = {
    "rmse_training": "last 1 s of teaching",
    "rmse_first_second": "first 1 s free",
    "residual": "residual",
}

Measures = dict[str, list[float]]


def simulation(
    name: str, seeds: int, changes: Sequence[str] = (), *, quick: bool = False
) -> WaveformSimulation:
    """Return a shipped simulation with one replica for each seed, counted from 1."""
    made = load(name, [f"run.replicas={seeds}", *changes], quick=quick)
    if not isinstance(made, WaveformSimulation):
        raise TypeError(f"{name} teaches no signal.")
    return made


def with_delta(made: WaveformSimulation, eta: float) -> WaveformSimulation:
    """Return the same simulation, taught at the same moments by the delta rule."""
    taught = made.rule
    rule = OnlineDelta(start_ms=taught.start_ms, stop_ms=taught.stop_ms, every_ms=taught.every_ms, eta=eta)
    return WaveformSimulation(run=made.run, reservoir=made.reservoir, task=made.task, rule=rule)


def simulate(made: WaveformSimulation, label: str) -> Result | None:
    """Run all seeds of a simulation, with a line on standard error before and after; None if one diverges."""
    began = time.monotonic()
    print(f"{label}: {made.task.duration_ms / 1000:g} s of {made.run.replicas} networks ...", file=sys.stderr)
    running = session(made)
    try:
        while not running.done:
            running.advance()
    except RunDiverged as error:
        print(f"{label}: {error}", file=sys.stderr, flush=True)
        return None
    print(f"{label}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    result: Result = running.result()
    return result


def measures(result: Result | None) -> Measures:
    """Return every metric of every seed, and what silence in the free run costs; NaN if a seed diverged."""
    if result is None:
        return {key: [math.nan] for key in COLUMNS}
    arrays = result.arrays
    free = arrays["sample_ms"] >= arrays["taught_ms"][1]
    silent = np.sqrt(np.mean(arrays["target"][:, free].astype(float) ** 2, axis=(1, 2)))
    found = {key.removeprefix("metric."): v for key, v in arrays.items() if key.startswith("metric.")}
    return {key: values.tolist() for key, values in {"rmse_silent": silent, **found}.items()}


def baseline(made: WaveformSimulation) -> Measures:
    """Return what the best of some learning rates of the delta rule reaches, by the error just after."""
    tried = {eta: measures(simulate(with_delta(made, eta), f"{BASELINE}, eta {eta:g}")) for eta in ETAS}
    error = {eta: float(np.mean(found["rmse_first_second"])) for eta, found in tried.items()}
    best = min(ETAS, key=lambda eta: math.inf if math.isnan(error[eta]) else error[eta])
    return {**tried[best], "eta": [best]}


def passed(found: Measures) -> list[bool]:
    """Say of each seed of the sine whether it passes every check."""
    seeds = range(len(found["rmse_training"]))
    return [all(low <= found[key][b] <= high for key, (low, high) in CHECKS.items()) for b in seeds]


def cell(values: Sequence[float]) -> str:
    """Write the mean over seeds, with its 95 % interval if there are several."""
    if not all(map(math.isfinite, values)):
        return "diverged"
    mean, half_width = mean_interval(values)
    return f"{mean:.3g} ± {half_width:.1g}" if len(values) > 1 else f"{mean:.3g}"


def table(found: Mapping[str, Measures]) -> Iterator[str]:
    """Write all signals as a table in Markdown."""
    yield f"| signal | {' | '.join(COLUMNS.values())} |"
    yield "|---" * (1 + len(COLUMNS)) + "|"
    for label, of_signal in found.items():
        yield f"| {label} | {' | '.join(cell(of_signal[key]) for key in COLUMNS)} |"


def sweep_table(found: Mapping[str, Measures]) -> Iterator[str]:
    """Write the sweep as a table in Markdown."""
    yield f"| neurons, time between updates | {' | '.join(SWEPT.values())} |"
    yield "|---" * (1 + len(SWEPT)) + "|"
    for label, of_point in found.items():
        yield f"| {label} | {' | '.join(cell(of_point[key]) for key in SWEPT)} |"


def draw(found: Mapping[str, Result | None]) -> Figure:
    """Draw the first seed of every signal just after teaching ends and at the end of the run."""
    results = {label: result for label, result in found.items() if result is not None}
    with mpl.rc_context(STYLE):
        made = figure(WIDTH_MM, 27.0 * len(results) + 8.0)
        rows = made.subplots(len(results), 2, squeeze=False, sharey="row")
        for (label, result), row in zip(results.items(), rows, strict=True):
            times, stop = result.arrays["sample_ms"], float(result.arrays["taught_ms"][1])
            width = min(2000.0, float(times[-1]) - stop)
            for axes, first in zip(row, (stop, float(times[-1]) - width), strict=True):
                inside = (times >= first) & (times <= first + width)
                readout, target = (result.arrays[key][0, inside] for key in ("readout", "target"))
                follow(times[inside] / 1000, readout, target, ax=axes)
                axes.set_xlabel("")
                if target.shape[1] > 1:
                    axes.set_yticks([])  # channels are lifted, so heights mean nothing
            row[0].set_title(label, loc="left")
        rows[0, 1].set_title("at the end of the run", loc="right")
        rows[0, 0].set_title("just after teaching", loc="right")
        for axes in rows[-1]:
            axes.set_xlabel("time (s)")
    return made


def draw_sweep(found: Mapping[tuple[int, float], Measures]) -> Figure:
    """Draw error against the time between updates, a line for each size of the network."""
    with mpl.rc_context(STYLE):
        made = figure(WIDTH_MM, 58.0)
        for axes, (key, title) in zip(made.subplots(1, len(SWEPT), sharey=True), SWEPT.items(), strict=True):
            for shade, n in zip((0.65, 0.4, 0.0), SIZES, strict=True):
                values = np.array([found[n, every_ms][key] for every_ms in INTERVALS_MS])
                axes.plot(INTERVALS_MS, values.mean(axis=1), "o-", color=str(shade), label=f"{n} neurons")
                axes.vlines(
                    INTERVALS_MS, values.min(axis=1), values.max(axis=1), color=str(shade), linewidth=0.8
                )
            axes.set(xscale="log", yscale="log", xlabel="time between updates (ms)", title=title)
            axes.set_xticks(INTERVALS_MS, [f"{every_ms:g}" for every_ms in INTERVALS_MS])
            axes.set_xticks([], minor=True)
            axes.tick_params(colors=BLACK)
        made.axes[0].set_ylabel("RMSE (mean and range over seeds)")
        made.axes[0].legend()
    return made


def sweep(seeds: int, *, quick: bool) -> dict[tuple[int, float], Measures]:
    """Teach the sine to networks of every size with every time between updates."""
    found = {}
    for n in SIZES:
        for every_ms in INTERVALS_MS:
            changes = [f"reservoir.n={n // 4 if quick else n}", f"rule.every_ms={every_ms}"]
            made = simulation("nc_sine", seeds, changes, quick=quick)
            found[n, every_ms] = measures(simulate(made, f"{made.reservoir.n} neurons, {every_ms:g} ms"))
    return found


def all_signals(asked: argparse.Namespace) -> tuple[dict[str, Any], list[str], Figure]:
    """Run every signal and the baseline; return what to store, lines to print, and the figure."""
    results = {
        label: simulate(simulation(name, asked.seeds, quick=asked.quick), label)
        for name, label in SIMULATIONS.items()
    }
    found = {label: measures(result) for label, result in results.items()}
    checks = passed(next(iter(found.values())))
    found[BASELINE] = baseline(simulation("nc_sine", asked.seeds, quick=asked.quick))
    eta, count = found[BASELINE]["eta"][0], f"{sum(checks)} of {len(checks)}"
    lines = [
        *table(found),
        "",
        f"The sine passes its check in {count} seeds. The delta rule learned at {eta:g}.",
    ]
    return {"measures": found, "sine_passes": checks}, lines, draw(results)


def whole_sweep(asked: argparse.Namespace) -> tuple[dict[str, Any], list[str], Figure]:
    """Run the sweep; return what to store, lines to print, and the figure."""
    found = sweep(asked.seeds, quick=asked.quick)
    named = {f"{n // 4 if asked.quick else n}, {every_ms:g} ms": m for (n, every_ms), m in found.items()}
    return {"measures": named}, list(sweep_table(named)), draw_sweep(found)


def plain(value: Any) -> Any:
    """Return `value` as JSON can say it: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, print the table, and store table, numbers and figure."""
    parser = reader(__doc__, 3, 1, least_seeds=1, out=".", stored="the numbers", jobs=False)
    parser.add_argument("--sweep", action="store_true", help="vary updates and size instead of the signal")
    asked = ask(parser, given)
    stored, lines, made = whole_sweep(asked) if asked.sweep else all_signals(asked)
    name = f"{NAME}_sweep" if asked.sweep else NAME
    words = [f"{NAME}.py", *(given if given is not None else sys.argv[1:])]
    about = {"command": " ".join(words), "machine": platform.platform(), "date": time.strftime("%Y-%m-%d")}
    text = json.dumps(plain({**about, "seeds": asked.seeds, **stored}), indent=2, allow_nan=False)
    png, _ = save(made, asked.out, name)
    (asked.out / f"{name}.json").write_text(f"{text}\n", "utf-8")
    note = (
        f"{asked.seeds} seeds, mean ± 95 % interval; {about['command']}; {about['machine']}, {about['date']}."
    )
    (asked.out / f"{name}.md").write_text("\n".join([*lines, "", note, ""]), "utf-8")
    print(text if asked.json else "\n".join(lines))
    print(f"The figure is {png} (and .pdf); beside it are the numbers (.json, .md).", file=sys.stderr)


if __name__ == "__main__":
    main()
