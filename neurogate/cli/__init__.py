"""The command line: one module per command, and the one place where errors become exit codes.

Here live `main` and the promise that a user's mistake never shows a traceback. What a command does lives
in its module; what it needs from the rest of neurogate is imported when it runs, so that help and
mistakes are told at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from neurogate.cli.screen import lasting
from neurogate.errors import NeurogateError, RequestError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``neurogate``; by default what this process was given.

    Returns
    -------
    int
        0 done, 1 the run failed or diverged, 2 the request was wrong, 3 some runs of a sweep,
        or pairs of scanpaths, failed.

    Examples
    --------
    >>> main(["--version"])
    0.1.0
    0
    """
    # A pipe that nobody reads any more ends a command that only prints; a terminal that is closed ends none.
    screen = lasting(sys.stdout) if sys.stdout.isatty() else sys.stdout
    with contextlib.redirect_stderr(lasting(sys.stderr)), contextlib.redirect_stdout(screen):
        return _called(arguments)


def _called(arguments: Sequence[str] | None) -> int:
    try:
        from neurogate.cli.app import call

        code = call(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except NeurogateError as error:
        problems = error.problems if isinstance(error, RequestError) else (str(error),)
        return _say("\n".join(problems), error.exit_code)
    except KeyboardInterrupt:
        return _say("Cancelled. What is finished is kept; the same command continues from there.", 1)
    except BrokenPipeError:
        # The reader has left (`| head`): nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001
        if isinstance(error, FileNotFoundError) and _is_nowhere():
            return _say("The working directory is gone; enter one that is there, and repeat the command.", 2)
        return _say(_reported(error), 1)
    return code


def _is_nowhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _say(message: str, code: int) -> int:
    sys.stderr.write(message + "\n")
    return code


def _reported(error: Exception) -> str:
    """Keep the traceback of an error that is ours in a file and return the sentence that names it."""
    import tempfile
    import traceback

    lines = "".join(traceback.format_exception(error)).encode(errors="backslashreplace")
    what = f"neurogate itself failed ({type(error).__name__}: {error}). This is not your mistake;"
    try:
        with tempfile.NamedTemporaryFile(prefix="neurogate-", suffix=".log", delete=False) as file:
            file.write(lines)
    except OSError as refused:
        reason = refused.strerror or refused
        said = f"{what} please report it with what follows, since no file can keep it ({reason})."
        return f"{said}\n{lines.decode().rstrip()}"
    return f"{what} please report it with the file {file.name}."
