"""Who asks to stop is heard, and obeyed at once the second time; a terminal that is gone never hurries."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from neurogate.runs.interrupt import stop_requests


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup may have begun the tests
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    assert {number: signal.getsignal(number) for number in before} == before
    signal.signal(signal.SIGHUP, hang_up)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_is_noted_and_the_second_ends_at_once(first: int, second: int) -> None:
    with stop_requests() as stop:
        assert not stop()
        signal.raise_signal(first)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(second)


def test_a_terminal_that_is_gone_says_so_as_often_as_it_likes() -> None:
    with stop_requests() as stop:
        for _ in range(3):
            signal.raise_signal(signal.SIGHUP)
        assert stop()


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_requests() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)
