"""The entry point, also of ``python -m platformdb``."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from pathlib import Path

# Objects more than were freed, before the interpreter looks for cycles among them; its own default is 700.
GARBAGE = 200_000


def main() -> None:
    """Runs the command line and exits with its code; Ctrl-C is 130 even while modules are still being imported."""
    # Looking for cycles costs a short command a fifth of its time, and it leaves few.
    gc.set_threshold(GARBAGE)
    _replace_closed_streams()
    _stop_cleanly()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a log that takes only ASCII gets a question mark, no traceback
    try:
        from platformdb.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    gc.freeze()  # nor is there anything to be found at the end
    sys.exit(code)


def _replace_closed_streams() -> None:
    """What was closed (``>&-``) becomes /dev/null: else the next thing opened, a connection, would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for as long as we run


def _stop_cleanly() -> None:
    """A job that is cancelled or a terminal that is closed is Ctrl-C: queries are cancelled, containers removed.

    What nohup and its like ignore stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


if __name__ == "__main__":
    main()
