"""What proofs have to say: verdicts, findings, the report: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from platformdb.errors import Place
from platformdb.prove.model import Proof, Verdict
from platformdb.report.model import Case, Finding, Report, Severity, Table
from platformdb.report.words import counted
from platformdb.schema.differences import ORDER_OF_COLUMNS, Difference

SHOWN = 20
NAMED = 8
RULES = {
    Verdict.REORDERED: "undo-reordered",
    Verdict.DIFFERS: "undo-differs",
    Verdict.AGAIN_DIFFERS: "undo-differs-again",
    Verdict.EMPTY: "undo-empty",
    Verdict.FAILS: "undo-fails",
    Verdict.BLOCKED: "undo-blocked",
    Verdict.AGAIN_FAILS: "undo-fails-again",
    Verdict.MISSING: "undo-missing",
    Verdict.UNPROVEN: "undo-unproven",
}
HELP = {
    Verdict.REORDERED: "an undo file can do no better; let no statement rely on the order: name the columns in INSERT "
    "and COPY",
    Verdict.DIFFERS: "have the undo file take away what is left behind, and make again what is gone",
    Verdict.AGAIN_DIFFERS: "look for IF NOT EXISTS and IF EXISTS: they pass over what the first time left",
    Verdict.EMPTY: "write what takes it back, SELECT 1 where there is nothing, or remove the file if it cannot be",
    Verdict.FAILS: "correct the undo file; it was tried right after its migration, so no later one is in its way",
    Verdict.BLOCKED: "take away what is in its way there, which may be rows, or made by hand; or correct the undo file",
    Verdict.AGAIN_FAILS: "have the undo file take away what is in the way of the migration",
    Verdict.MISSING: "write one: the same name with .undo.sql, or as its tool wants it",
}


def judged(back: Sequence[Difference], again: Sequence[Difference], second: Verdict | None = None) -> Verdict:
    """The verdict by what differs after going back, and after the second time; ``second`` says how that went if badly.

    What the undo file left comes first: it is why the second time goes otherwise.
    """
    if any(each.fact != ORDER_OF_COLUMNS for each in back):
        return Verdict.DIFFERS
    if second or again:
        return second or Verdict.AGAIN_DIFFERS
    return Verdict.REORDERED if back else Verdict.EXACT


def reported(name: str, proofs: Sequence[Proof], *, require_undo: bool, more: Sequence[Finding] = ()) -> Report:
    """The report of a proof; ``more`` is what was found besides. Nothing to prove is said, and is no success."""
    without = [proof for proof in proofs if proof.verdict is Verdict.MISSING]
    ruled = [_ruled(proof) for proof in proofs if require_undo or proof.verdict is not Verdict.MISSING]
    notes = () if require_undo or not without else (_without_undo(without),)
    counts = Counter(proof.verdict.value for proof in proofs)
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    return Report(
        f"{name}: {counted(len(proofs), 'migration')} up, down and up again: {said or 'nothing to prove'}",
        findings=(*(finding for finding in ruled if finding), *more, *notes),
        tables=(_table(proofs),) if proofs else (),
        cases=tuple(_case(name, proof, require_undo=require_undo) for proof in proofs),
        data={"platform": name, "verdicts": dict(counts), "proofs": [_as_data(proof) for proof in proofs]},
    )


def _ruled(proof: Proof) -> Finding | None:
    if proof.verdict is Verdict.EXACT:
        return None
    problem, differs = proof.problem, proof.verdict is Verdict.DIFFERS
    file = proof.file if proof.verdict in {Verdict.MISSING, Verdict.UNPROVEN} else proof.undo or proof.file
    said = [f"{problem.message}\n{problem.detail}".strip()] if problem else []
    if differs and problem:
        said = [f"and so the migration does not run again: {problem.message}"]
    listed = _listed(_differing(proof))
    details = (listed, *said) if differs else (*said, listed)
    return Finding(
        RULES[proof.verdict],
        _said(proof),
        proof.file.shown,
        Severity.WARNING if proof.verdict is Verdict.REORDERED else Severity.ERROR,
        (problem.place if problem and not differs else None) or Place(file.shown, 1),
        HELP.get(proof.verdict) or (problem.help if problem else ""),
        "\n".join(detail for detail in details if detail),
    )


def _differing(proof: Proof) -> tuple[Difference, ...]:
    return proof.again if proof.verdict is Verdict.AGAIN_DIFFERS else proof.differences


def _listed(found: Sequence[Difference]) -> str:
    left_out = [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "\n".join((*(each.words for each in found[:SHOWN]), *left_out))


def _said(proof: Proof) -> str:
    file, undo = proof.file.shown, proof.undo.shown if proof.undo else ""
    back = f"{undo} does not lead back to where {file} began" if undo != file else f"{file} does not lead back"
    stays = ": all of this would stay" if proof.differences else ""
    many = counted(len(_differing(proof)), "difference")
    return {
        Verdict.REORDERED: f"{undo} leads back, but for the order of columns",
        Verdict.DIFFERS: f"{back}: {many}",
        Verdict.AGAIN_DIFFERS: f"after {undo} the migration makes something else than the first time: {many}",
        Verdict.EMPTY: f"{undo} holds no statement to undo anything" + stays,
        Verdict.FAILS: f"{undo} does not run right after {file}",
        Verdict.BLOCKED: f"{undo} does not run on the database as it is",
        Verdict.AGAIN_FAILS: f"{file} does not run again after {undo}",
        Verdict.MISSING: f"{file} has no undo file",
        Verdict.UNPROVEN: f"{file} does not run here: neither it nor what comes after it was proven",
        Verdict.EXACT: "",
    }[proof.verdict]


def _without_undo(proofs: Sequence[Proof]) -> Finding:
    names = [proof.file.shown for proof in proofs]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    have = f"{counted(len(names), 'migration')} {'has' if len(names) == 1 else 'have'} no undo file"
    return Finding(
        "undo-missing",
        f"{have}: {', '.join(names[:NAMED])}{more}",
        severity=Severity.NOTE,
        help="where every migration must have one: --require-undo",
    )


def _table(proofs: Sequence[Proof]) -> Table:
    rows = tuple((proof.file.shown, proof.verdict.value, _why(proof)) for proof in proofs)
    usual = {Verdict.EXACT, Verdict.MISSING}
    notable = tuple(number for number, proof in enumerate(proofs) if proof.verdict not in usual)
    return Table("undo", ("migration", "undo", "why"), rows, notable=notable)


def _why(proof: Proof) -> str:
    if proof.problem is not None and proof.verdict is not Verdict.DIFFERS:
        return proof.problem.message
    found = _differing(proof)
    first, more = found[:1], len(found) - 1
    return "".join(each.words for each in first) + (f", and {more} more" if more > 0 else "")


def _case(name: str, proof: Proof, *, require_undo: bool) -> Case:
    passed_over = proof.verdict is Verdict.MISSING and not require_undo
    finding = None if passed_over else _ruled(proof)
    return Case(f"undo of {name}", proof.file.shown, (finding,) if finding else (), elapsed_ms=proof.elapsed_ms)


def _as_data(proof: Proof) -> dict[str, object]:
    return {
        "version": proof.file.version,
        "file": proof.file.shown,
        "undo": proof.undo.shown if proof.undo else None,
        "verdict": proof.verdict.value,
        "differences": [each.words for each in proof.differences],
        "differences_again": [each.words for each in proof.again],
        "problem": proof.problem.message if proof.problem else None,
        "fingerprint": proof.fingerprint or None,
        "elapsed_ms": round(proof.elapsed_ms, 1),
    }


def lost_on_the_way(found: Sequence[Difference]) -> Iterator[Finding]:
    """What the database has no more, or too much, when all was taken back and migrated again."""
    if found:
        yield Finding(
            "undo-loses",
            f"down and migrate again would leave another schema than there is now: {counted(len(found), 'difference')}",
            help="what no file makes was made by hand: put it in a migration; else correct the undo files named above",
            detail=_listed(found),
        )


def not_tried(count: int) -> Iterator[Finding]:
    """What lies below the file at which the way back ended."""
    if count:
        message = f"{counted(count, 'migration')} below could not be tried: the way back does not reach so far"
        yield Finding("undo-not-tried", message, help="correct what is named above, and prove it again")


def without_rows(why: str) -> Finding:
    """The copy has the schema only: an undo file may fail for rows all the same."""
    return Finding(
        "undo-without-rows",
        f"proven on the schema without its rows: {why}",
        severity=Severity.NOTE,
        help="restore a backup and prove it there, where rows may be in the way",
    )
