"""The commands in the manual are run for real, and print what the manual says.

After a wanted change: ``pytest tests/docs --update-golden`` writes the real output into the pages; read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace

import pytest

import platformdb
from commandline import MISLEADING, url_of
from embedded_server import clean_up, project_folder
from manual import PAGES, Block, blocks, name, runnable, script
from platformdb.cli.app import run
from platformdb.config import STATE_FOLDER
from platformdb.postgres import prepared
from platformdb.postgres.server.binaries import find_candidates
from platformdb.provenance import read_provenance

SHOWN_HOME = "/home/ada"
ME = read_provenance()
# The picture and the README's screen are made by docs/pictures/make, in one run.
MADE_ELSEWHERE = ("README.md",)
OWN_SERVER = re.compile(r"platformdb (up|server)\b")
SHELL = re.compile(r" [|<>] |\$[A-Z(]| &&? ")

# What is another one at each run, and what to compare instead.
VARIES = (
    (re.compile(r"\d+(\.\d+)? ms\b"), "N ms"),
    (re.compile(r"\b\d+\.\d s\b|\bfor \d+ (s|min)\b"), "N s"),
    (re.compile(r"\b(process|pid) \d+"), r"\1 N"),
    (re.compile(r"\b(ada@laptop:|(?:lock|work) +)\d+"), r"\1N"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00(:?00)?)?"), "DATE"),
    (re.compile(r'"elapsed_ms": \d+(\.\d+)?'), '"elapsed_ms": N'),
    (re.compile(r"\b18\.\d+\b"), "18.N"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA-256"),
    # Below /root, say, the server runs as somebody who cannot enter, and says what it did about that.
    (re.compile(r"^(runs as|programs|data) +.*", re.MULTILINE), r"\1"),
    (re.compile(r"^(why |copying PostgreSQL ).*\n", re.MULTILINE), ""),
    (re.compile(r"\d+ bytes free|\d+(\.\d+)? (bytes|kB|MB)\b"), "SIZE"),
    # A benchmark's times, and how wide their columns are.
    (re.compile(r"(?<= )\d+\.\d{1,2}(?= )"), "N.N"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r"-{3,}"), "---"),
)


@pytest.mark.newest_server
@pytest.mark.parametrize("page", runnable(), ids=name)
def test_a_page_does_what_it_says(page, db, request, monkeypatch, capfd, tmp_path):
    todo = tuple(script(page))
    for variable in MISLEADING:
        monkeypatch.delenv(variable, raising=False)
    if not request.config.getoption("--update-golden"):
        # What is compared is what the screen says, not how fast this machine is while it runs other tests.
        monkeypatch.setattr(prepared, "time", SimpleNamespace(perf_counter=time.thread_time))
    continues = any(block.page.name == "README.md" for block in todo)
    with project_folder("vrss" if continues else "shop") as folder:
        if not any(OWN_SERVER.match(command) for block in todo if block.is_run for command, _ in block.commands):
            monkeypatch.setenv("DATABASE_URL", url_of(db))
        with chdir(folder):
            session = Session(folder, tmp_path, capfd)
            try:
                outputs = {block: tuple(session.carry_out(block)) for block in todo}
            finally:
                for state in folder.rglob(STATE_FOLDER):
                    clean_up(state.parent)
    if request.config.getoption("--update-golden"):
        write(outputs)
    else:
        for block, said in outputs.items():
            shown = [output for _, output in block.commands] if block.language == "console" else said
            assert [same(text) for text in said] == [same(text) for text in shown], name(block.page)


class Session:
    """A user at a terminal, in the project's folder."""

    def __init__(self, folder: Path, programs: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.programs = programs
        self.capfd = capfd
        self.code = 0

    def carry_out(self, block: Block) -> Iterator[str]:
        """Writes a file, or runs the commands; yields what each prints."""
        if block.file:
            path = Path(block.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.is_run:
            yield from (self.run(command) for command, _ in block.commands)

    def run(self, command: str) -> str:
        self.capfd.readouterr()
        program, *arguments = shlex.split(command, comments=True)
        if command == "echo $?":
            return f"{self.code}\n"
        if program == "cd":
            os.chdir(arguments[0])
            return ""
        if program == "platformdb" and not SHELL.search(command):
            try:
                self.code = run(arguments)
            except SystemExit as left:
                self.code = int(left.code or 0)
        else:
            self.code = subprocess.run(["bash", "-c", command], env=self.environment(), check=False).returncode
        return self.as_shown("".join(self.capfd.readouterr()))

    def environment(self) -> dict[str, str]:
        """With a platformdb and its Python on the path, whatever of it is installed."""
        for called, arguments in (("platformdb", "-m platformdb "), ("python", "")):
            program = self.programs / called
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
            program.chmod(0o755)
        source = Path(platformdb.__file__).parent.parent
        psql = next(find_candidates(None)).folder
        return {**os.environ, "PATH": f"{self.programs}:{psql}:{os.environ['PATH']}", "PYTHONPATH": str(source)}

    def as_shown(self, text: str) -> str:
        """As on a reader's terminal: where progress leaves nothing behind, and folders are theirs."""
        lines = (line for line in text.splitlines(keepends=True) if not line.startswith("== "))
        places = (
            (str(self.folder), f"{SHOWN_HOME}/{self.folder.name}"),
            (str(self.folder.resolve()), f"{SHOWN_HOME}/{self.folder.name}"),
            (sys.prefix, f"{SHOWN_HOME}/.venv"),
            (f"{ME.os_user}@{ME.host}", "ada@laptop"),
            (f"python{sys.version_info[0]}.{sys.version_info[1]}", "python3.11"),
        )
        shown = "".join(lines)
        for real, instead in places:
            shown = shown.replace(real, instead)
        return shown.rstrip("\n") + "\n" if shown.strip() else ""


def same(text: str) -> list[str]:
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return [line.strip() for line in text.strip().splitlines()]


def write(outputs: dict[Block, tuple[str, ...]]) -> None:
    """Puts the real outputs into the pages, where they differ in more than what varies."""
    for page in {block.page for block in outputs if name(block.page) not in MADE_ELSEWHERE}:
        text = page.read_text(encoding="utf-8")
        mine = [block for block in outputs if block.page == page and block.language == "console"]
        for block in sorted(mine, key=lambda each: -each.start):
            pairs = zip(block.commands, outputs[block], strict=True)
            new = "".join(
                f"$ {command}\n{shown if same(shown) == same(said) else said}" for (command, shown), said in pairs
            )
            text = text[: block.start] + new + text[block.end :]
        page.write_text(text, encoding="utf-8")


def test_most_examples_are_run():
    consoles = [block for page in PAGES for block in blocks(page) if block.language == "console"]
    not_run = [block for block in consoles if not block.is_run]
    assert len(not_run) * 3 <= len(consoles), Counter(name(block.page) for block in not_run)
