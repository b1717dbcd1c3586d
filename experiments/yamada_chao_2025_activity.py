"""What is claimed of the activity that readouts in `yamada_chao_2025.py` have to read, and how it fares.

A part of that script, not a script of its own. Its function takes what simulates a study, and yields rows of
the table of claims. Eight cues cross outcome, latency and odds (``what_when_crossed``). Frozen omission
probes of each are recorded, and everything is measured while the cue is on, from 100 ms after its onset.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from yamada_chao_2025_claims import Values
from yamada_chao_2025_studies import CROSSED, CROSSED_OTHERWISE, EVERY_MS, Runner

from neurogate.analysis.demixed import demix
from neurogate.analysis.elapsed_time import read_time
from neurogate.analysis.marginals import marginal_variances, marginals, noise_covariance
from neurogate.analysis.maximum_entropy import MaximumEntropy, maximum_entropy
from neurogate.analysis.predictions import correlation
from neurogate.analysis.rotations import rotations
from neurogate.analysis.selectivity import nonlinear_fraction, selectivity
from neurogate.analysis.sequences import peak_order
from neurogate.analysis.spikes import fano_factor
from neurogate.analysis.subspaces import angle_between
from neurogate.analysis.surrogates import null_of
from neurogate.analysis.trials import circularly_shifted
from neurogate.runs.claims import Claim, favours, within
from neurogate.runs.over_seeds import Seeds
from neurogate.runs.threads import one_thread

TOLD = {"what": "outcomes", "latency": "latencies", "odds": "odds"}
AXES = (*TOLD, "time")  # in the order of the cues of the simulation
FROM_MS, TO_MS = 200.0, 1200.0  # the onset takes 100 ms, and traces of it 100 more
DRAWS = 20
RIDGE = 1e-6  # a neuron may never differ between the probes of a cue
Measure = Callable[..., ArrayLike]
"""Of a network's probes; with a generator, of what it draws for a null."""


@attrs.frozen(eq=False)
class Probes:
    """The probes of one network, sorted by their cues.

    Parameters
    ----------
    trace, spikes : (R, C, T, N) array
        Filtered spikes (Hz), and how many there were since the sample before.
    time_ms : (T,) array
        Since the cue began.
    seed : int
        Of what is drawn for nulls.
    """

    trace: Values
    spikes: Values
    time_ms: Values
    seed: int

    @functools.cached_property
    def means(self) -> Values:
        """Mean activity of each cue, (C, T, N)."""
        mean: Values = self.trace.mean(axis=0)
        return mean

    @property
    def by_cue(self) -> Values:
        """Traces of each cue, (C, R, T, N)."""
        return self.trace.swapaxes(0, 1)

    @property
    def additive(self) -> Probes:
        """The same probes, but what cue and time do to the mean of each neuron adds up."""
        over_time, over_cues = self.means.mean(axis=1, keepdims=True), self.means.mean(axis=0)
        sum_of_both = over_time + over_cues - over_time.mean(axis=0)
        return attrs.evolve(self, trace=self.trace - self.means + sum_of_both)

    @property
    def trials(self) -> Values:
        """Probes one after the other, (R x C, T, N)."""
        return self.trace.reshape(-1, *self.trace.shape[2:])

    @property
    def cue(self) -> NDArray[np.intp]:
        """Which cue each of `trials` has."""
        return np.tile(np.arange(self.trace.shape[1]), len(self.trace))

    @functools.cached_property
    def smooth(self) -> MaximumEntropy:
        """Surrogates of `means` that are as smooth, as correlated and as different between cues."""
        return maximum_entropy(self.means)


def probes(found: Seeds) -> Iterator[Probes]:
    """Yield what was recorded of each network."""
    samples = found.arrays["record.trace"].shape[2]
    time_ms = EVERY_MS * np.arange(1, samples + 1) - CROSSED.load().task.timeline.interval_ms
    shown = (time_ms > FROM_MS) & (time_ms <= TO_MS)
    for b, cue in enumerate(found.arrays["record.cue"]):
        by_cue = np.argsort(cue, kind="stable").reshape(len(found.arrays["cue_names"]), -1).T
        kept = (found.arrays[f"record.{name}"][b][by_cue][:, :, shown] for name in ("trace", "spikes"))
        trace, spikes = (array.astype(np.float64) for array in kept)
        yield Probes(trace, spikes, time_ms[shown], found.first + b)


def crossed(means: Values) -> Values:
    """Return means of cues as (what, latency, odds, ...)."""
    return means.reshape(2, 2, 2, *means.shape[1:])


def shares(means: Values) -> dict[str, float]:
    """Return which part of what differs between cues is of which contrast of them, (C, T, N)."""
    parts = marginal_variances(crossed(means), AXES)
    parts.pop("time")
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def told(of: Probes) -> list[float]:
    """Return how much of what differs between cues is of outcomes, of latencies and of odds alone."""
    found = shares(of.means)
    return [found[name] for name in TOLD]


def axes_deg(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return the mean angle of the demixed axes of outcomes, latencies and odds; of any cues with `rng`."""
    means = crossed(rng.permutation(of.means) if rng else of.means)
    parts = {name: part for name, part in marginals(means, AXES).items() if name in TOLD}
    axes = demix(means, parts, components=1, ridge=RIDGE, noise=noise_covariance(of.trace)).encoders
    return float(np.mean([angle_between(axes[a][0], axes[b]) for a, b in combinations(TOLD, 2)]))


def lasting(of: Probes) -> float:
    """Return how alike what tells cues apart is at the beginning and at the end of the window."""
    apart = of.means - of.means.mean(axis=0)
    return correlation(apart[:, 0].ravel(), apart[:, -1].ravel())


def mixed(of: Probes) -> float:
    """Return which part of what cues and time do to neurons is not their sum."""
    states = of.trials.reshape(-1, of.trace.shape[-1])
    cue, time = np.repeat(of.cue, len(of.time_ms)), np.tile(of.time_ms, len(of.cue))
    return float(nonlinear_fraction(selectivity(states, cue, time), pooled=True))


def in_turn(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return how far spikes peak in the order that other probes have; with `rng` of shifted neurons."""
    by_cue = of.spikes.swapaxes(0, 1)
    shown = [circularly_shifted(rng, one) for one in by_cue] if rng else by_cue
    return float(np.mean([peak_order(one).reliability for one in shown]))


def rotating(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return how much of the change the best rotation explains; of a surrogate with `rng`."""
    return rotations(of.smooth.draw(rng) if rng else of.means, EVERY_MS).r2_rotation


def flowing(of: Probes) -> float:
    """Return how much of the change any linear flow explains."""
    return rotations(of.means, EVERY_MS).r2_free


def own_time(of: Probes, decoder: Literal["bayes", "linear"] = "bayes") -> Values:
    """Return the time that other probes of the same cue have taught to read, of each probe."""
    return np.concatenate([read_time(trials, of.time_ms, decoder).estimate_ms for trials in of.by_cue])


def others_time(of: Probes) -> Values:
    """Return the time that probes of the other cues have taught to read, of each probe."""
    return read_time(of.trials, of.time_ms, groups=of.cue).estimate_ms


def own_ms(of: Probes, decoder: Literal["bayes", "linear"] = "bayes") -> float:
    """Return how wrong the time is that other probes of the same cue have taught to read."""
    return _missed_ms(of, own_time(of, decoder))


def any_ms(of: Probes) -> float:
    """Return how wrong the time is that other probes of all cues have taught to read."""
    return _missed_ms(of, read_time(of.trials, of.time_ms).estimate_ms)


def others_ms(of: Probes) -> float:
    """Return how wrong the time is that probes of the other cues have taught to read."""
    return _missed_ms(of, others_time(of))


def _missed_ms(of: Probes, estimate_ms: Values) -> float:
    return float(np.abs(estimate_ms - of.time_ms).mean())


def guess_ms(of: Probes) -> float:
    """Return how wrong the time is without any activity."""
    return _missed_ms(of, of.time_ms.mean(keepdims=True))


def fano(of: Probes) -> float:
    """Return the Fano factor over probes of the spikes in the whole window, mean over spikes."""
    counts = of.spikes.sum(axis=2).astype(int)
    factors, rates = np.stack([_fano(one) for one in counts.swapaxes(0, 1)]), counts.mean(axis=0)
    return float(np.average(factors[rates > 0], weights=rates[rates > 0]))


def _fano(counts: NDArray[np.int_]) -> Values:
    trials, n = counts.shape
    trial, neuron = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    return fano_factor(trial, neuron, n, (0.0, float(trials)), 1.0)


def noise_correlation(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return how neurons correlate over probes of a cue (root mean square); with `rng` of shuffled probes."""
    trace = of.trace
    if rng:  # each neuron's probes in an order of their own, the same at all times
        order = rng.random((*trace.shape[:2], 1, trace.shape[-1])).argsort(axis=0)
        trace = np.take_along_axis(trace, order, axis=0)
    noise = noise_covariance(trace)
    sd = np.sqrt(np.diag(noise))
    vary = sd > 0
    found = (noise[vary][:, vary] / np.outer(sd[vary], sd[vary]))[~np.eye(vary.sum(), dtype=bool)]
    return float(np.sqrt(np.square(found).mean()))


def over(networks: Iterable[Probes], measure: Measure) -> Values:
    """Return a measure of each network."""
    return np.array([measure(of) for of in networks])


Changed = Mapping[str, Sequence[Mapping[Measure, ArrayLike]]]
"""For what is changed in networks, measures of each of them; their probes are not kept."""


def measured(found: Seeds) -> list[Mapping[Measure, ArrayLike]]:
    """Return of each network what is told of those that something was changed in."""
    measures = (lasting, mixed, in_turn, rotating, own_ms, fano, noise_correlation)
    return [{measure: measure(of) for measure in measures} for of in probes(found)]


def otherwise(changed: Changed, measure: Measure) -> dict[str, Values]:
    """Return a measure of the networks that something was changed in."""
    return {words: np.array([one[measure] for one in each]) for words, each in changed.items()}


def by_chance(networks: Iterable[Probes], measure: Measure) -> Values:
    """Return the mean null of a measure of each network."""
    return np.array(
        [
            null_of(functools.partial(measure, of), np.random.default_rng(of.seed), DRAWS).mean(axis=0)
            for of in networks
        ]
    )


def activity(run: Runner) -> Iterator[Claim]:
    """Judge what the activity tells by itself, and by what course of it time is told."""
    networks = list(probes(run(CROSSED)))
    others = {words: run(study) for words, study in CROSSED_OTHERWISE.items()}
    with one_thread():
        changed = {words: measured(found) for words, found in others.items()}
        yield from _what_is_told(networks)
        yield from _how_it_runs(networks, changed)
        yield from _what_time_is_read(networks, changed)
        yield from _how_noisy_it_is(networks, changed)


def _what_is_told(networks: Sequence[Probes]) -> Iterator[Claim]:
    measure, hinge = "share of what differs between cues", "a control: only readouts learn"
    for words, ours in zip(TOLD.values(), over(networks, told).T, strict=True):
        any_contrast = np.full(len(ours), 1 / 7)
        judged = favours(ours, any_contrast, small_is_good=False)
        yield Claim(f"The activity itself tells {words}", measure, ours, judged, hinge, null=any_contrast)
    angle, null = over(networks, axes_deg), by_chance(networks, axes_deg)
    yield Claim(
        "In the activity, axes of outcomes, latencies and odds are more orthogonal than of other contrasts",
        "angle of demixed axes (deg)", angle, favours(angle, null, small_is_good=False),
        "directions of inputs: any two of 500 dimensions are near 90", null=null,
    )  # fmt: skip


def _how_it_runs(networks: Sequence[Probes], changed: Changed) -> Iterator[Claim]:
    alike, mixing = over(networks, lasting), over(networks, mixed)
    yield Claim(
        "What tells cues apart lasts from 250 to 1200 ms", "correlation of first and last",
        alike, within(alike, 0.9, 0.5), "adaptation turns it", otherwise(changed, lasting),
    )  # fmt: skip
    without = otherwise(changed, mixed)
    yield Claim(
        "Adaptation has neurons mix cue and time", "share that is no sum of both",
        mixing, favours(mixing, without["no adaptation"], small_is_good=False), "adaptation", without,
    )  # fmt: skip
    turns, null = over(networks, in_turn), by_chance(networks, in_turn)
    yield Claim(
        "Neurons fire in turn", "rank correlation of peaks, over halves of the probes",
        turns, favours(turns, null, small_is_good=False), "adaptation; little noise",
        otherwise(changed, in_turn), null,
    )  # fmt: skip
    turning, null = over(networks, rotating), by_chance(networks, rotating)
    yield Claim(
        "The population rotates (jPCA)", "R² of rotation",
        turning, favours(turning, null, small_is_good=False), "no linear flow fits, either",
        {"any linear flow": over(networks, flowing)} | otherwise(changed, rotating), null,
    )  # fmt: skip


def _how_noisy_it_is(networks: Sequence[Probes], changed: Changed) -> Iterator[Claim]:
    regular = over(networks, fano)
    yield Claim(
        "Neurons fire irregularly", "Fano factor over probes (Poisson: 1)",
        regular, within(regular, 0.8, 0.5), "noise", otherwise(changed, fano),
    )  # fmt: skip
    together, null = over(networks, noise_correlation), by_chance(networks, noise_correlation)
    yield Claim(
        "Neurons fire independently", "noise correlation (rms)",
        together, favours(together, null, margin=0.01), "recurrence",
        otherwise(changed, noise_correlation), null,
    )  # fmt: skip


def _what_time_is_read(networks: Sequence[Probes], changed: Changed) -> Iterator[Claim]:
    measure, guess = "error of the time read (ms)", over(networks, guess_ms)
    own, other = over(networks, own_ms), over(networks, others_ms)
    others = otherwise(changed, own_ms)
    beside = {
        "one decoder of all cues": over(networks, any_ms),
        "linear decoder": over(networks, functools.partial(own_ms, decoder="linear")),
    }
    yield Claim(
        "Time since a cue is read better than without adaptation", measure,
        own, favours(own, others["no adaptation"]), "adaptation, not rates", beside | others, guess,
    )  # fmt: skip
    adding_up = over([of.additive for of in networks], others_ms)
    yield Claim(
        "Time since one cue is read as since the others", measure,
        other, favours(other, own, margin=20.0), "mixing: without it they come closer",
        {"same cue": own, "as if cue and time added up": adding_up}, guess,
    )  # fmt: skip
