"""Variables that files are rendered with: from platformdb.toml, the environment and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "PLATFORMDB_VAR_"
# Names by which people call what nobody else should know.
TELLTALE = re.compile(r"passw|passphrase|secret|token|_key|credential", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
NAME_SHAPE = "a name is made of letters, digits and _ . : -"
KEYS = {"value", "env", "secret"}
SHAPE = "write text, a number, true or false, or a table with value or env (the name of an environment variable)"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's value; one that is ``secret`` is masked wherever text is stored or printed."""

    value: str
    secret: bool = False

    def __repr__(self) -> str:
        return f"Variable({'***' if self.secret else repr(self.value)}, secret={self.secret})"


def secrets_among(values: Mapping[str, str]) -> dict[str, Variable]:
    """Those whose names say that they are secret: another tool's configuration does not say it otherwise."""
    return {name: Variable(value, secret=True) for name, value in values.items() if TELLTALE.search(name)}


def read_variables(
    table: Any, environment: Mapping[str, str], given: Iterable[str], *, must_exist: bool
) -> tuple[dict[str, Variable], list[str]]:
    """All variables by name, and what is wrong with them in words that repeat no value.

    ``table`` is ``[variables]`` of platformdb.toml. PLATFORMDB_VAR_NAME goes before it, and ``given`` (``NAME=VALUE``,
    of which the last counts) before both; what the table calls secret stays secret. ``must_exist`` makes it a problem
    that an environment variable which the table names is not set.
    """
    if not isinstance(table, Mapping):
        return {}, ["variables: must be a table"]
    found, problems = _from_table(table, environment)
    secrets = {name for name, entry in table.items() if isinstance(entry, Mapping) and entry.get("secret")}
    given_names, wrong = _from_flags(given, secrets)
    overrides = {**_from_environment(environment, table), **given_names}
    found |= {name: Variable(value, name in secrets) for name, value in overrides.items()}
    missing = [name for name, variable in found.items() if variable is None] if must_exist else []
    problems += [f"variables.{name}: the environment variable {table[name]['env']} is not set" for name in missing]
    problems += wrong
    problems += [
        f"variables.{name}: a name is made of letters, digits and _ . : -" for name in found if not _is_name(name)
    ]
    return {name: variable for name, variable in found.items() if variable is not None}, problems


def _from_table(
    table: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[dict[str, Variable | None], list[str]]:
    """What the table declares; None where it names an environment variable that is not set."""
    found: dict[str, Variable | None] = {}
    problems = []
    for name, entry in table.items():
        try:
            found[name] = _declared(entry, environment)
        except ValueError as error:
            problems.append(f"variables.{name}: {error}")
    return found, problems


def _declared(entry: Any, environment: Mapping[str, str]) -> Variable | None:
    if not isinstance(entry, Mapping):
        return Variable(_as_text(entry))
    secret = entry.get("secret", False)
    if not isinstance(secret, bool) or entry.keys() - KEYS or len(entry.keys() & {"value", "env"}) != 1:
        raise ValueError(f"{SHAPE}; besides these a table knows only secret = true")
    if "value" in entry:
        return Variable(_as_text(entry["value"]), secret)
    value = environment.get(_as_text(entry["env"]))
    return None if value is None else Variable(value, secret)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(SHAPE)


def _from_environment(environment: Mapping[str, str], declared: Iterable[str]) -> dict[str, str]:
    """By the name that the table uses, whose case an environment variable cannot tell; else in lower case."""
    known = {name.upper(): name for name in declared}
    rests = {key: key.removeprefix(PREFIX) for key in environment if key.startswith(PREFIX)}
    return {known.get(rest.upper(), rest.lower()): environment[key] for key, rest in rests.items()}


def _from_flags(given: Iterable[str], secrets: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The flags as pairs, none of them secret: every user of the machine can read a command line."""
    pairs = [text.partition("=") for text in given]
    problems = [
        f"--var {name}: it is secret, and a command line is not (ps shows it); set {PREFIX}{name.upper()} instead"
        for name, _, _ in pairs
        if name in secrets
    ]
    if any(not (equals and _is_name(name)) for name, equals, _ in pairs):
        problems.append("--var: write NAME=VALUE")
    return {name: value for name, _, value in pairs if _is_name(name)}, problems


def _is_name(name: str) -> bool:
    """What other tools allow, too: ``flyway:user``, ``schema-name``."""
    return NAME.fullmatch(name) is not None
