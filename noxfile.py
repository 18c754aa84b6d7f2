"""The checks: ``nox`` runs all of them, ``nox -s lint`` or ``nox -s tests`` one."""

import os

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.error_on_missing_interpreters = True


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, the direction of imports."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests on every PostgreSQL of this machine, with coverage of the whole package."""
    session.install("-e", ".[dev]")
    workers = str(min(os.cpu_count() or 1, 4))
    arguments = session.posargs or ["-n", workers, "--dist", "loadgroup", "--cov", "--cov-report=term"]
    session.run("pytest", *arguments)
