"""What happens beside the cue that counts and its outcome: where attention should matter.

Three things, alone or together, none of which tells anything of the outcome that is asked about:

* *distractors*: salient events at random times, on channels of their own;
* *stray outcomes*: outcomes at random times that no cue announces;
* *other cues*: a second stream of cues, drawn independently of the first. They predict nothing, or, if they
  have latencies and probabilities, outcomes of their own, which come on the same outcome channels.

What makes this a fair test of a gate:

* Every rule lives through the same trials and sees the same traces, since rules do not act on the network.
* Whatever comes as an outcome teaches, whosever it is. There is a bump around each in what *when* is taught,
  and the moments that a trial replays for *what* are shared out evenly among all its outcomes (an omission
  counts as one), each paired with the outcome that it was chosen for. A rule without gates learns from all
  of it; nothing tells it which outcome was the trial's own.
* A gate takes away and adds nothing. Replays are shared out before any gate is asked, so a rule that leaves
  those of other outcomes out has fewer left, not more of its own.
* What a gate may know is written down with it. `PhaseGate`, `ErrorGate` and `SurpriseGate` know no more than
  in the plain task, and `OutcomeGate` opens for every outcome. Only `AttentionGate` is told which outcomes
  are not the trial's own: it is the bound that a learned gate can come near. A shuffled gate has the same
  mean opening at other times: what it loses is what timing is worth. Not so `ErrorGate`, which no shuffle
  moves; it is to be held against smaller steps.
* Frozen probes are like training trials but for outcomes: distractors and other cues stay, outcomes of every
  kind are left out. So a rule is judged in the world in which it learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from ..units import Count, Domain, Fraction, Milliseconds, NonNegative, settings
from .timeline import Timeline

__all__ = ["Distraction", "Distractors", "OtherCues", "StrayOutcomes", "Where"]

Where = Literal["interval", "delay", "both"]
"""Before the cue, while it lasts, or both."""

_Time = Annotated[float, Domain(unit="ms")]
_MOST_EVENTS = 1000


@settings
class Distractors:
    """Salient events that mean nothing, at random times.

    Parameters
    ----------
    kinds : int
        How many different ones there are, each with an input channel of its own; all are equally frequent.
    rate_hz : float
        How often any of them comes.
    duration_ms, amplitude : float
        Of one.
    where : str
        interval, delay (while the cue lasts) or both.

    Examples
    --------
    >>> Distractors(rate_hz=2.0).kinds
    2
    """

    kinds: Count = 2
    rate_hz: NonNegative = 1.0
    duration_ms: Milliseconds = 50.0
    amplitude: float = 1.0
    where: Where = "both"


@settings
class StrayOutcomes:
    """Outcomes that no cue announces, at random times; all are equally frequent.

    Parameters
    ----------
    rate_hz : float
        How often any of them comes.
    where : str
        interval, delay (while the cue lasts) or both.

    Examples
    --------
    >>> StrayOutcomes().where
    'both'
    """

    rate_hz: NonNegative = 0.5
    where: Where = "both"


@settings
class OtherCues:
    """A second stream of cues beside those that count, each with an input channel of its own.

    Parameters
    ----------
    count : int
        How many there are; each is equally frequent.
    presence : float
        Share of the trials in which one is shown.
    start_ms : float
        When it begins, relative to the cue that counts; below 0 is before it.
    duration_ms : float, optional
        How long it lasts; as long as the cue that counts by default.
    salience : float
        How strong it is beside the cue that counts.
    latency_ms : tuple of float
        Time from each of them to its outcome; left out, they predict nothing.
    probability : tuple of tuple of float
        For each of them, the probability of each outcome.

    Examples
    --------
    >>> OtherCues(count=3).predicts
    False
    """

    count: Count = 2
    presence: Fraction = 1.0
    start_ms: _Time = 0.0
    duration_ms: Milliseconds | None = None
    salience: float = 1.0
    latency_ms: tuple[Milliseconds, ...] = ()
    probability: tuple[tuple[Fraction, ...], ...] = ()

    @property
    def predicts(self) -> bool:
        """Whether outcomes follow."""
        return bool(self.latency_ms)

    def length_ms(self, timeline: Timeline) -> float:
        """Return how long one lasts."""
        return timeline.cue_ms if self.duration_ms is None else self.duration_ms

    def problems(self, timeline: Timeline, outcomes: int) -> Iterator[str]:
        """Say what does not fit together or into the trial."""
        low, high = -timeline.interval_ms, timeline.cue_ms + timeline.gap_ms
        if not low <= self.start_ms or self.start_ms + self.length_ms(timeline) > high:
            last = self.start_ms + self.length_ms(timeline)
            yield (
                f"start_ms is {self.start_ms:g}; from there to {last:g} ms it must lie in the trial, "
                f"which goes from {low:g} to {high:g} ms relative to the cue."
            )
        for key, rows in (("latency_ms", self.latency_ms), ("probability", self.probability)):
            if len(rows) != (self.count if self.predicts or self.probability else 0):
                yield f"{key} holds {len(rows)} rows; it must hold one per cue, {self.count}, or both none."
        for cue, row in enumerate(self.probability):
            if len(row) != outcomes or sum(row) > 1 + 1e-9:
                yield (
                    f"probability[{cue}] has {len(row)} entries and sums to {sum(row):g}; it must have one "
                    f"per outcome, {outcomes}, and sum to at most 1."
                )
        last = timeline.cue_ms - timeline.outcome_ms
        for cue, latency in enumerate(self.latency_ms):
            if self.start_ms + latency > last:
                yield (
                    f"latency_ms[{cue}] is {latency:g}; its outcome comes at {self.start_ms + latency:g} ms "
                    f"and must come inside the cue that counts, at most at {last:g} ms."
                )


@settings
class Distraction:
    """What happens beside the cue that counts and its outcome; what is left out does not happen.

    Parameters
    ----------
    distractors : Distractors, optional
    stray_outcomes : StrayOutcomes, optional
    other_cues : OtherCues, optional

    Examples
    --------
    >>> Distraction(distractors=Distractors(kinds=2), other_cues=OtherCues(count=3)).channels
    5
    """

    distractors: Distractors | None = None
    stray_outcomes: StrayOutcomes | None = None
    other_cues: OtherCues | None = None

    @property
    def channels(self) -> int:
        """Input channels: one for each kind of distractor, then one for each of the other cues."""
        kinds = self.distractors.kinds if self.distractors else 0
        return kinds + (self.other_cues.count if self.other_cues else 0)

    @property
    def teaches(self) -> bool:
        """Whether there are outcomes that are not the trial's own."""
        return self.stray_outcomes is not None or bool(self.other_cues and self.other_cues.predicts)

    def times(self) -> dict[str, float]:
        """Return every time that has to be a whole number of steps, by its key."""
        times = {}
        if self.distractors:
            times["distractors.duration_ms"] = self.distractors.duration_ms
        if self.other_cues:
            other = self.other_cues
            times["other_cues.start_ms"] = other.start_ms
            if other.duration_ms is not None:
                times["other_cues.duration_ms"] = other.duration_ms
            times |= {f"other_cues.latency_ms[{c}]": value for c, value in enumerate(other.latency_ms)}
        return times

    def problems(self, timeline: Timeline, outcomes: int) -> Iterator[str]:
        """Say what does not fit together or into the trial."""
        for name in ("distractors", "stray_outcomes"):
            events = getattr(self, name)
            if events is None:
                continue
            low, high = window_ms(events.where, timeline)
            if events.rate_hz * (high - low) / 1000 > _MOST_EVENTS:
                yield (
                    f"{name}.rate_hz is {events.rate_hz:g}; it must be at most "
                    f"{_MOST_EVENTS * 1000 / (high - low):g} Hz, {_MOST_EVENTS} events in a trial."
                )
        if self.distractors and self.distractors.duration_ms > timeline.cue_ms:
            yield (
                f"distractors.duration_ms is {self.distractors.duration_ms:g}; it must be at most the length "
                f"of the cue, {timeline.cue_ms:g} ms."
            )
        if self.other_cues:
            found = self.other_cues.problems(timeline, outcomes)
            yield from (f"other_cues.{problem}" for problem in found)


def window_ms(where: Where, timeline: Timeline) -> tuple[float, float]:
    """Return between which times, relative to the cue, random events begin.

    Examples
    --------
    >>> window_ms("interval", Timeline()), window_ms("delay", Timeline())
    ((-400.0, 0.0), (0.0, 1650.0))
    """
    low = 0.0 if where == "delay" else -timeline.interval_ms
    high = 0.0 if where == "interval" else timeline.cue_ms
    return low, high
