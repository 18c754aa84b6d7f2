"""platformdb on a terminal, where it may ask."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path


def on_a_terminal(*arguments: str, answer: str, cwd: Path, env: dict[str, str]) -> tuple[str, int]:
    """Runs the program on a terminal, and answers when it asks."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "platformdb", *arguments],
        cwd=cwd,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(theirs)
    said, deadline = "", time.monotonic() + 30
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.5)[0]:
                # Now it waits in earnest; and again, for Python may lose a Ctrl-C that comes just before it does.
                if "[y/N]" in said:
                    os.write(ours, answer.encode())
                continue
            try:
                said += os.read(ours, 4096).decode()
            except OSError:  # the other side is closed
                break
        assert time.monotonic() < deadline, f"it does not end; it said: {said!r}"
        return said, process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _own_terminal() -> None:
    """So that Ctrl-C on it reaches the program."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
