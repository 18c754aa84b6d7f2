"""The entry point, also of ``python -m platformdb``."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Runs the command line and exits with its code; Ctrl-C is 130 even while modules are still being imported."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a log that takes only ASCII gets a question mark, no traceback
    try:
        from platformdb.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
