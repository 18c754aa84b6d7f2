"""Whether two statements are one but for their constants."""

from __future__ import annotations


def shape(sql: str) -> str:
    """The same for all statements that differ only in constants, parameters, letters' case and blanks.

    Empty where PostgreSQL's own parser does not take the text, as of ``INTERVAL $1``, which only looks like SQL.
    """
    import postgast

    try:
        return str(postgast.fingerprint(sql).hex)
    except postgast.PgQueryError:
        return ""
