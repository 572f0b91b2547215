"""A program that is told to end hears it, whatever it is doing just then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import weakref

import pytest
from patience import PATIENCE

from hub.ending import ToldToEndError, ending_on_signals


class Thing:
    """Something that can be forgotten."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_noted_and_nothing_is_raised_where_it_finds_the_program(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with ending_on_signals() as ending:
        ending.check()
        os.kill(os.getpid(), number)
        assert ending.wait(PATIENCE)
        with pytest.raises(ToldToEndError):
            ending.check()
    assert signal.getsignal(number) is before


def test_it_is_heard_in_what_cleans_up_after_an_object_where_python_throws_away_what_is_raised() -> None:
    def clean_up(_gone: weakref.ref[Thing]) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    thing = Thing()
    watched = weakref.ref(thing, clean_up)
    with ending_on_signals() as ending:
        del thing
        assert watched() is None
        assert ending.wait(PATIENCE)


def test_it_is_heard_when_the_system_hands_the_signal_to_another_thread() -> None:
    with ending_on_signals() as ending:
        other = threading.Timer(0.3, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
        other.start()
        assert ending.wait(PATIENCE)


def test_waiting_is_over_without_a_signal_after_its_time() -> None:
    with ending_on_signals() as ending:
        assert ending.wait(0.01) is False


TWICE = """
import os, signal
from hub.ending import ending_on_signals

with ending_on_signals() as ending:
    os.kill(os.getpid(), signal.SIGINT)
    ending.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        ending.wait(1)
"""


def test_a_second_signal_ends_it_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", TWICE], timeout=PATIENCE, check=False)
    assert ended.returncode == -signal.SIGTERM


def test_a_second_signal_may_be_handled_otherwise() -> None:
    with ending_on_signals(again=signal.default_int_handler):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
