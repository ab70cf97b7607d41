"""`tangnet`: reads the command line and runs one command; without one it opens the window.

A command is a module in `app.commands` with `async def run(context) -> int`, imported when it is used, so that
`--version` and `--help` answer at once. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from app.commands.arguments import read
from app.commands.output import Output
from app.errors import TangnetError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from app.commands.context import Context, Opener
    from app.runtime import Runtime

INTERRUPTED = 130
PIPE_CLOSED = 141


def main(
    argv: Sequence[str] | None = None,
    *,
    open_runtime: Opener | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run one command and return its exit status.

    Args:
        argv: arguments without the program's name; None takes the process's.
        open_runtime: opens the parts of the program; None opens the real ones.
        out: where stdout goes; None takes the process's stdout for this command alone.
        err: where stderr goes.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    # gRPC reads it when it is imported: that a link broke is told in our words, not by its log among them.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    output: Output | None = None
    try:
        try:
            arguments = read(given)
        except SystemExit as done:  # --help and --version have printed what they print
            return int(done.code or 0)
        except UsageError:
            output = Output("--json" in given, out, err)
            raise
        if arguments.noun == "window":
            output = Output(arguments.json, sys.stdout if out is None else out, err)
            from app.commands.window import open_window

            return open_window(getattr(arguments, "words", ()))
        output = Output(arguments.json, out, err)
        from app.commands.context import Context

        return _run(Context(arguments, output, open_runtime or _open))
    except UsageError as error:
        _told(output, error)
        return 2
    except TangnetError as error:
        _told(output, error)
        return 1
    except KeyboardInterrupt:
        _told(output, None)
        return INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:
        _told(output, _unexpected(error))
        return 1


def _run(context: Context) -> int:
    import asyncio
    import importlib

    module = importlib.import_module(f"app.commands.{context.arguments.noun}")

    async def command() -> int:
        _terminate_like_interrupt()
        status: int = await module.run(context)
        return status

    with _log_to_file():
        try:
            return asyncio.run(command())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _open() -> Runtime:
    from app.runtime import Runtime

    runtime = await Runtime.open()
    runtime.outside.watch()
    return runtime


def _terminate_like_interrupt() -> None:
    """SIGTERM ends the command as Ctrl-C does, also where Ctrl-C is ignored because a script started it with &."""
    import asyncio
    import contextlib
    import signal

    task = asyncio.current_task()
    assert task is not None
    # NotImplementedError: Windows; RuntimeError and ValueError: not the main thread, as in some tests.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _log_file() -> Path:
    from app.home import home

    folder = home() / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "tangnet.log"


@contextmanager
def _log_to_file() -> Iterator[None]:
    """Send the log to a file that is kept small; nothing of it goes to the terminal."""
    import logging
    from logging.handlers import RotatingFileHandler

    root = logging.getLogger()
    handler: logging.Handler
    try:
        handler = RotatingFileHandler(_log_file(), maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()  # a home that cannot be written: the command itself will say so
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def _unexpected(error: Exception) -> TangnetError:
    """Write the details of a bug to the log, and return one sentence that says where they are."""
    import logging
    import traceback

    sentence = f"Something unexpected happened ({type(error).__name__})."
    try:
        with _log_to_file():
            logging.getLogger(__name__).error("%s", "".join(traceback.format_exception(error)))
        hint = f"The details are in {_log_file()}."
    except OSError as failure:
        hint = f"The details could not be written ({failure}): {error}"
    return TangnetError(sentence, code="internal", hint=hint)


def _told(output: Output | None, error: TangnetError | None) -> None:
    """Print an error; None is an interruption. A reader that has gone away needs no word."""
    if output is None:
        output = Output(False, sys.stdout)
    error = error or TangnetError("Interrupted.", code="interrupted")
    try:
        output.error(error)
    except BrokenPipeError:
        _pipe_closed()


def _pipe_closed() -> int:
    """Keep the interpreter from complaining at exit about a stdout that nobody reads."""
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError:
        return PIPE_CLOSED
    return PIPE_CLOSED


if __name__ == "__main__":
    raise SystemExit(main())
