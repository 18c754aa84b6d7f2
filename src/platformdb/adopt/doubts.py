"""Where a tool's table and the files do not fit each other, and what to do about each: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from platformdb.adopt.model import Account, Deed, Proof
from platformdb.errors import Place
from platformdb.migrations.model import Kind, Standing, is_version, version_key
from platformdb.report.model import Finding, Severity

ALL = "all"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that only a person can settle: ``version`` is how he names it, ``shown`` how he knows it."""

    rule: str
    key: str
    version: str
    shown: str
    message: str
    has_file: bool = True

    def is_settled(self, accepted: Sequence[str]) -> bool:
        """Whether somebody said that it is right."""
        return any(self.answers_to(each) for each in accepted)

    def answers_to(self, name: str) -> bool:
        """Whether this name, or version, means it."""
        if name in {ALL, self.shown, self.version}:
            return True
        return is_version(name) and is_version(self.version) and version_key(name) == version_key(self.version)


# What a doubt means once somebody accepted it, and what to do else; {version} and {tool} are filled in.
OUTCOMES = {
    "adopt-newer": "left out: its file is not here",
    "adopt-missing": "left out: its file is gone",
    "adopt-gap": "left as it is: platformdb migrate --out-of-order applies it",
    "adopt-edited": "taken over as the file is now",
    "adopt-checksum": "taken over, its checksum not verified",
}
ADVICE = {
    "adopt-newer": "check out the files that the database has, then adopt again",
    "adopt-missing": "restore the file (git log shows it), or leave it out with --accept {version}",
    "adopt-gap": "let {tool} apply it first, or leave it for platformdb migrate --out-of-order with --accept {version}",
    "adopt-edited": "restore the file (git log shows it), or say that it is right with --accept {version}",
    "adopt-checksum": "bring the table up to date with the newest {tool}, or go without with --accept {version}",
}


def doubts(
    account: Account, deeds: Sequence[Deed], standings: Mapping[str, Standing], above: tuple[int, ...]
) -> Iterator[Doubt]:
    """What the tool applied and is not here, what it passed over, and what was edited since.

    ``deeds`` are in the order in which they were applied; everything up to version ``above`` was there before.
    """
    yield from _without_file(account, deeds, standings)
    yield from _passed_over(account, deeds, standings, above)
    for deed in deeds:
        standing = standings.get(deed.key)
        if standing is not None and not (standing.past and standing.past.done) and not deed.repeatable:
            yield from _edited(account, deed, standing)


def _without_file(account: Account, deeds: Sequence[Deed], standings: Mapping[str, Standing]) -> Iterator[Doubt]:
    """A repeatable migration without a file is none: what it made is still there."""
    tool = account.tool.title
    known = [deed.key in standings for deed in deeds]
    newest = len(known) - known[::-1].index(True) if any(known) else 0
    for number, deed in enumerate(deeds):
        if known[number] or deed.repeatable:
            continue
        rule = "adopt-newer" if number >= newest else "adopt-missing"
        what = "newer than all files here" if rule == "adopt-newer" else "and its file is gone"
        message = f"{tool} applied {deed.shown}, {what}"
        yield Doubt(rule, deed.key, _version(deed), deed.shown, message, has_file=False)


def _version(deed: Deed) -> str:
    return deed.key if is_version(deed.key) else deed.shown


def _passed_over(
    account: Account, deeds: Sequence[Deed], standings: Mapping[str, Standing], above: tuple[int, ...]
) -> Iterator[Doubt]:
    """Files below one that is applied."""
    applied = {deed.key for deed in deeds}
    versions = {key: version_key(s.version) for key, s in standings.items() if s.kind is Kind.VERSIONED}
    newest = max((version for key, version in versions.items() if key in applied), default=())
    for key, version in versions.items():
        standing = standings[key]
        if above < version < newest and key not in applied and not (standing.past and standing.past.done):
            message = f"{account.tool.title} did not apply {standing.shown}, but later ones"
            yield Doubt("adopt-gap", key, standing.version, standing.shown, message)


def _edited(account: Account, deed: Deed, standing: Standing) -> Iterator[Doubt]:
    tool, proof = account.tool.title, account.proofs.get(deed.key)
    if proof is Proof.DIFFERS:
        message = f"{standing.shown} is not what {tool} applied: its checksum there is {deed.checksum}"
        yield Doubt("adopt-edited", deed.key, standing.version, standing.shown, message)
    elif proof is Proof.UNKNOWN:
        message = f"{account.table} has a checksum of {standing.shown} that is none of a known {tool}: {deed.checksum}"
        yield Doubt("adopt-checksum", deed.key, standing.version, standing.shown, message)


def said_of(found: Sequence[Doubt], accepted: Sequence[str], tool: str) -> Iterator[Finding]:
    """Errors for what nobody settled, notes for what somebody did, and an error for a word that settles nothing."""
    for doubt in found:
        place = Place(doubt.shown) if doubt.has_file else None
        if doubt.is_settled(accepted):
            message = f"{doubt.message}; {OUTCOMES[doubt.rule]}, as accepted"
            yield Finding(doubt.rule, message, doubt.shown, Severity.NOTE, place)
        else:
            advice = ADVICE[doubt.rule].format(version=doubt.version, tool=tool)
            yield Finding(doubt.rule, doubt.message, doubt.shown, place=place, help=advice)
    for name in accepted:
        if name != ALL and not any(doubt.answers_to(name) for doubt in found):
            message = f"--accept {name}: there is no doubt about that"
            yield Finding("adopt-accept", message, name, help="leave it out; platformdb status shows the versions")
