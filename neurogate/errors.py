"""What can go wrong, and how a run can end.

Here live the exceptions that a user may meet and the outcomes of a run. Messages are sentences that
state the fact, the value, what is allowed and what to do next; the code that raises an exception
writes them. Nothing here prints or exits.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

__all__ = ["NeurogateError", "Outcome", "RequestError", "RunDiverged", "RunError", "first_of"]


class Outcome(enum.StrEnum):
    """How a run ended.

    Examples
    --------
    >>> Outcome("timed-out") is Outcome.TIMED_OUT
    True
    >>> str(Outcome.DONE)
    'done'
    """

    DONE = "done"
    DIVERGED = "diverged"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"


class NeurogateError(Exception):
    """Base of every error that neurogate raises on purpose.

    `exit_code` is what the command line returns for it.

    Examples
    --------
    >>> NeurogateError("nothing to do").exit_code
    1
    """

    exit_code = 1


class RequestError(NeurogateError):
    """The request was wrong: nothing was started, nothing was written.

    Parameters
    ----------
    problems : str or iterable of str
        One sentence for each mistake; all of them are reported at once.

    Examples
    --------
    >>> error = RequestError(["reservoir.neurons is -1.", "seed is NaN."])
    >>> error.problems
    ('reservoir.neurons is -1.', 'seed is NaN.')
    >>> error.exit_code
    2
    """

    exit_code = 2

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class RunError(NeurogateError):
    """A run that had begun could not finish.

    Examples
    --------
    >>> RunError("The disk is full: 12 MB more are needed in /scratch.").exit_code
    1
    """


class RunDiverged(RunError):
    """A simulation left the range in which its numbers mean anything.

    Parameters
    ----------
    quantity : str
        What left its range, with its unit, for example ``"v_mV"``.
    value : float
        Its value when that was noticed; a membrane potential that left its range is NaN by then.
    replica, step, neuron : int
        The first offender: replica, number of completed steps, neuron (or weight) index.
    rule : str
        The rule whose weights left their range; empty if it was the network.

    Examples
    --------
    >>> print(RunDiverged("v_mV", float("nan"), replica=0, step=250, neuron=17))
    Replica 0 diverged: v_mV was nan when looked at after step 250, first in neuron 17.
    """

    def __init__(
        self,
        quantity: str,
        value: float,
        *,
        replica: int,
        step: int,
        neuron: int,
        rule: str = "",
    ) -> None:
        self.quantity = quantity
        self.value = float(value)
        self.replica = int(replica)
        self.step = int(step)
        self.neuron = int(neuron)
        self.rule = rule
        self.also: tuple[RunDiverged, ...] = ()  # others that diverged meanwhile, as `first_of` notes
        super().__init__(
            f"Replica {replica} diverged: {quantity} was {float(value):g} when looked at after step {step}, "
            f"first in neuron {neuron}."
        )

    @property
    def all(self) -> tuple[RunDiverged, ...]:
        """The whole lot: itself and the others."""
        return (self, *self.also)

    def within(self, replicas: Sequence[int]) -> RunDiverged:
        """Return the same for a run that has some of the replicas, and numbers them from 0."""
        return RunDiverged(
            self.quantity, self.value, replica=replicas.index(self.replica), step=self.step,
            neuron=self.neuron, rule=self.rule,
        )  # fmt: skip


def first_of(diverged: Sequence[RunDiverged], rules: Sequence[str] = ()) -> RunDiverged:
    """Return what a run tells of several divergences: the first rule's, then the earliest, then by replica.

    Parameters
    ----------
    diverged : sequence of RunDiverged
    rules : sequence of str
        The rules of the run in their order; a network comes before all of them.

    Examples
    --------
    >>> late, early = (RunDiverged("v_mV", 9e9, replica=0, step=step, neuron=1) for step in (100, 50))
    >>> first_of([late, early]).step, first_of([late, early]).also[0].step
    (50, 100)
    """
    order = {"": -1, **{rule: place for place, rule in enumerate(rules)}}
    first, *others = sorted(diverged, key=lambda one: (order[one.rule], one.step, one.replica))
    first.also = tuple(others)
    return first
