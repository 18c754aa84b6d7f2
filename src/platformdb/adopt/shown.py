"""How an adoption is reported: pure."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.adopt.model import Deed, Proof, Takeover
from platformdb.report.model import Outcome, Report, Table
from platformdb.report.words import counted

COLUMNS = ("migration", "applied", "by", "checksum")


def taken_over(report: Report, name: str, takeover: Takeover, *, dry_run: bool) -> Report:
    """The report of a run, in the words of this command; one that was refused stays as it is."""
    if report.outcome is not Outcome.DONE:
        return report
    account, count = takeover.account, len(takeover.taken)
    pending = f"{counted(takeover.pending, 'migration')} pending" if takeover.pending else "nothing is pending"
    what = f"{counted(count, 'migration')} of {account.shown}"
    verb = "would take over" if dry_run else "took over"
    said = (
        f"{verb} {what}" if count else f"nothing to take over from {account.shown} that is not in the history already"
    )
    rows = _table([_line(deed, takeover) for deed in takeover.taken])
    return report.but(
        summary=f"{name}: {said}; {pending}",
        tables=rows,
        steps=(),
        raw=None,
        data={
            "platform": name,
            "tool": account.tool.name,
            "table": account.table,
            "taken": [_data(deed, takeover) for deed in takeover.taken],
            "pending": takeover.pending,
        },
    )


def _table(rows: Sequence[tuple[str, ...]]) -> tuple[Table, ...]:
    """The lines, without the columns of which the tool knows nothing."""
    kept = [number for number in range(len(COLUMNS)) if any(row[number] for row in rows)]
    shown = tuple(tuple(row[number] for number in kept) for row in rows)
    return (Table("taken over", tuple(COLUMNS[number] for number in kept), shown),) if rows else ()


def _line(deed: Deed, takeover: Takeover) -> tuple[str, ...]:
    account = takeover.account
    proof, filed = account.proofs.get(deed.key, Proof.NONE), account.filed.get(deed.key)
    shown = filed.file.shown if filed else f"baseline {deed.shown}"
    when = f"{deed.at:%Y-%m-%d %H:%M}" if deed.at else ""
    return shown, when, deed.who, "" if proof is Proof.NONE else proof.value


def _data(deed: Deed, takeover: Takeover) -> dict[str, object]:
    return {
        "key": deed.key,
        "name": deed.shown,
        "applied_at": deed.at.isoformat() if deed.at else None,
        "applied_by": deed.who or None,
        "checksum": deed.checksum or None,
        "proof": takeover.account.proofs.get(deed.key, Proof.NONE).value,
        "baseline": deed.baseline,
    }


def forgotten(report: Report, name: str, *, dry_run: bool) -> Report:
    """The same, of what is to be forgotten."""
    if report.outcome is not Outcome.DONE:
        return report
    count = sum(len({(e.record.kind, e.record.version, e.record.name) for e in r.step.taken}) for r in report.steps)
    verb = "would forget" if dry_run else "forgot"
    said = f"{verb} {counted(count, 'migration')}" if count else "nothing was taken over: there is nothing to forget"
    return report.but(summary=f"{name}: {said}", steps=(), raw=None, data={"platform": name, "forgotten": count})
