"""A project's files as a commit has them, in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdb.errors import ConfigError
from platformdb.repository import exported, find_commit, find_repository

INSTEAD = "compare with a file instead: platformdb bench --reference FILE"


@contextmanager
def export_ref(project: Path, ref: str) -> Iterator[Path]:
    """The project's folder at ``ref`` (a branch, tag or commit), which is gone at the end.

    Raises:
        ConfigError: no git, no repository, no such commit, or the project is not in it.
    """
    try:
        repository = find_repository(project)
    except ConfigError as error:
        raise ConfigError(error.message, help=INSTEAD, detail=error.detail) from None
    commit = find_commit(repository, ref)
    if commit is None:
        raise ConfigError(
            f"git knows no commit '{ref}' here",
            help="fetch it first (in a shallow clone: git fetch --depth=1 origin REF), or name another",
        )
    inside = repository.inside(project.resolve())
    with exported(repository, commit, (inside,)) as top:
        folder = top / inside
        if not any((folder / name).exists() for name in ("platformdb.toml", "phases")):
            where = "its first folder" if inside == "." else f"{inside}/"
            raise ConfigError(
                f"{ref} has no project in {where}",
                help=f"name a commit in which {project.name} is there already",
            )
        yield folder
