"""Errors carry what a caller needs: sentences, exit codes, the first offender."""

from __future__ import annotations

import pytest

from neurogate.errors import NeurogateError, Outcome, RequestError, RunDiverged, RunError


def test_outcomes_have_the_names_that_summaries_hold() -> None:
    assert {str(outcome) for outcome in Outcome} == {"done", "diverged", "failed", "timed-out", "cancelled"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NeurogateError("x"), 1),
        (RunError("x"), 1),
        (RunDiverged("v_mV", 1e9, replica=0, step=1, neuron=2), 1),
        (RequestError("x"), 2),
    ],
)
def test_every_error_on_purpose_has_an_exit_code(error: NeurogateError, code: int) -> None:
    assert isinstance(error, NeurogateError)
    assert error.exit_code == code


def test_one_problem_may_be_given_as_a_string() -> None:
    assert RequestError("It is wrong.").problems == ("It is wrong.",)


def test_all_problems_are_printed_in_their_order() -> None:
    error = RequestError(f"Problem {i}." for i in range(3))
    assert error.problems == ("Problem 0.", "Problem 1.", "Problem 2.")
    assert str(error).splitlines() == list(error.problems)


def test_divergence_names_the_first_offender() -> None:
    error = RunDiverged("v_mV", float("inf"), replica=3, step=250, neuron=17)
    assert (error.quantity, error.replica, error.step, error.neuron) == ("v_mV", 3, 250, 17)
    for word in ("v_mV", "inf", "Replica 3", "step 250", "neuron 17"):
        assert word in str(error)
