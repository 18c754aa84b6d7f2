"""What a branch may not do to the migrations of its base: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from platformdb.branch.model import Comparison, Edit, Extent, FileKey, Pair, Tree
from platformdb.errors import Place
from platformdb.migrations.model import Kind, MigrationFile, version_key
from platformdb.report.model import Finding, Severity

NAMED = 5


def compare(name: str, here: Tree, base: Tree, fork: Tree | None) -> Comparison:
    """Sets the files of a branch beside those of its base; ``fork`` are those of the commit where it left the base.

    Without that commit a file that only the base has was taken away here where the two have a newer one in common,
    for the base may not get files below its newest, either; of others nobody can tell.
    """
    known = base.files if fork is None else {**fork.files, **base.files}
    new = [file for key, file in here.files.items() if key not in known]
    absent = [key for key in base.files if key not in here.files]
    gone, behind, unsure = _absent(absent, here, base, fork)
    renamed = tuple(_renamed(new, gone))
    moved = {pair.now for pair in renamed}
    left = {pair.then for pair in renamed}
    common = [Pair(now, base.files[key]) for key, now in here.files.items() if key in base.files]
    return Comparison(
        name,
        tuple(file for file in base.files.values() if file.kind is Kind.VERSIONED),
        _by_version(file for file in new if file not in moved),
        tuple(pair for pair in common if _is_touched(pair, fork)),
        renamed,
        tuple(_reordered(common)),
        _by_version(file for file in gone if file not in left),
        _by_version(behind),
        _by_version(unsure),
        forked=fork is not None,
    )


def _absent(
    absent: Iterable[FileKey], here: Tree, base: Tree, fork: Tree | None
) -> tuple[list[MigrationFile], list[MigrationFile], list[MigrationFile]]:
    """Of what only the base has: what was taken away, what came later, and that of which nobody can tell."""
    common = max((version_key(f.version) for key, f in here.files.items() if key in base.files), default=())
    gone: list[MigrationFile] = []
    behind: list[MigrationFile] = []
    unsure: list[MigrationFile] = []
    for key in absent:
        file = base.files[key]
        if fork is not None:
            (gone if key in fork.files else behind).append(file)
        else:
            (gone if version_key(file.version) < common else unsure).append(file)
    return gone, behind, unsure


def _renamed(new: Iterable[MigrationFile], gone: Sequence[MigrationFile]) -> Iterator[Pair]:
    """Files that are there under another name: the same bytes, or version and name in another folder."""
    by_bytes = {(file.kind, file.raw): file for file in gone}
    by_name = {(file.identity, file.name): file for file in gone}
    taken: set[MigrationFile] = set()
    for file in new:
        then = by_name.get((file.identity, file.name)) or by_bytes.get((file.kind, file.raw))
        if then is not None and then not in taken:
            taken.add(then)
            yield Pair(file, then)


def _reordered(common: Iterable[Pair]) -> Iterator[Pair]:
    """Files with another one in their place: where a plan or a journal says the order, not a name."""
    pairs = [pair for pair in common if pair.now.kind is Kind.VERSIONED]
    now = sorted(pairs, key=lambda pair: version_key(pair.now.version))
    then = sorted(pairs, key=lambda pair: version_key(pair.then.version))
    return (mine for mine, theirs in zip(now, then, strict=True) if mine is not theirs)


def _is_touched(pair: Pair, fork: Tree | None) -> bool:
    """Not where it is the base that changed the file since."""
    if pair.now.raw == pair.then.raw and not pair.now.includes:
        return False
    left = fork.files.get((pair.now.kind, pair.now.shown)) if fork else None
    return left is None or left.raw != pair.now.raw or pair.now.includes


def _by_version(files: Iterable[MigrationFile]) -> tuple[MigrationFile, ...]:
    return tuple(sorted(files, key=lambda file: (version_key(file.version), file.kind, file.shown)))


def order_problems(found: Comparison) -> tuple[Finding, ...]:
    """New files that do not come after all files of the base, and files of the base that changed places."""
    return (*(_misplaced(file, found) for file in misplaced(found)), *_moved(found))


def misplaced(found: Comparison) -> tuple[MigrationFile, ...]:
    """The new versioned files that sort before one of the base, or have its number."""
    newest = max((version_key(file.version) for file in found.there), default=())
    return tuple(file for file in found.arrivals if version_key(file.version) <= newest)


def _misplaced(file: MigrationFile, found: Comparison) -> Finding:
    key = version_key(file.version)
    same = next((each for each in found.there if version_key(each.version) == key), None)
    if same is not None:
        rule, what = "branch-number-taken", f"has the number of {same.shown}, which is on {found.base}"
    else:
        newest = max(found.there, key=lambda each: version_key(each.version))
        rule, what = "branch-order", f"sorts before {newest.shown}, which is on {found.base} already"
    return Finding(
        rule,
        f"{file.shown} is new here and {what}",
        file.shown,
        place=_top(file),
        help=f"give it the next number: platformdb check --base {found.base} --fix",
    )


def _moved(found: Comparison) -> Iterator[Finding]:
    if found.reordered:
        first = found.reordered[0].now
        message = f"{_listed([pair.now for pair in found.reordered])} run in another order here than on {found.base}"
        help_text = f"put them into the order that they have on {found.base}, and new ones behind them"
        yield Finding("branch-reordered", message, first.shown, place=_top(first), help=help_text)


def edit_problems(found: Comparison, edits: Iterable[Edit]) -> tuple[Finding, ...]:
    """Files of the base that the branch changed, renamed or took away; undo files may be corrected, with a word."""
    said = [finding for edit in edits for finding in _edited(edit, found)]
    said += [_renamed_file(pair, found) for pair in found.renamed if pair.now.kind is Kind.VERSIONED]
    said += [_gone(file, found) for file in found.gone]
    return tuple(said)


def _edited(edit: Edit, found: Comparison) -> Iterator[Finding]:
    file = edit.pair.now
    if edit.extent is Extent.NOTHING:
        return
    cosmetic = edit.extent is Extent.COSMETIC
    how = "in comments, white space or case only" if cosmetic else "in what it does"
    if file.kind is Kind.UNDO:
        message = f"the way back in {file.shown}, which is on {found.base}, was changed here {how}"
        help_text = "see that it still takes everything back: platformdb check --undo"
        yield Finding(
            "branch-undo-edited", message, file.shown, Severity.WARNING, _top(file), help_text, edit.difference
        )
        return
    message = f"{file.shown} is on {found.base} and was changed here {how}"
    restore = _restore(edit.pair.then, found)
    help_text = f"restore it: {restore}" if cosmetic else f"restore it ({restore}) and write a new migration instead"
    if not found.forked:
        help_text += f"; where it was changed on {found.base}, take that into this branch"
    rule = "branch-edited-cosmetic" if cosmetic else "branch-edited"
    yield Finding(rule, message, file.shown, Severity.ERROR, _top(file), help_text, edit.difference)


def _renamed_file(pair: Pair, found: Comparison) -> Finding:
    return Finding(
        "branch-renamed",
        f"{pair.then.shown} is on {found.base} and was renamed here to {pair.now.shown}",
        pair.now.shown,
        place=_top(pair.now),
        help=f"give it its name back: git mv {pair.now.shown} {pair.then.shown}",
    )


def _gone(file: MigrationFile, found: Comparison) -> Finding:
    is_undo = file.kind is Kind.UNDO
    what = "the way back in " if is_undo else ""
    instead = "" if is_undo else ", and take back what it did in a new migration"
    return Finding(
        "branch-undo-removed" if is_undo else "branch-removed",
        f"{what}{file.shown} is on {found.base} and was removed here",
        file.shown,
        Severity.WARNING if is_undo else Severity.ERROR,
        Place(file.shown),
        f"restore it ({_restore(file, found)}){instead}",
    )


def remarks(found: Comparison) -> Iterator[Finding]:
    """What is worth knowing of the base, and no fault of the branch."""
    if not found.there:
        yield Finding(
            "branch-base-empty", f"{found.base} has no migrations: every file is new", found.base, Severity.NOTE
        )
    if behind := [file for file in found.behind if file.kind is Kind.VERSIONED]:
        message = f"{found.base} has got {_listed(behind)} since this branch left it"
        yield Finding("branch-behind", message, found.base, Severity.NOTE, help=f"git merge {found.base}")
    if unsure := [file for file in found.unsure if file.kind is Kind.VERSIONED]:
        message = f"{found.base} has {_listed(unsure)}, which this branch has not: removed here, or added there since?"
        help_text = "to tell, the commit where the branch left is needed: git fetch --unshallow (fetch-depth: 0)"
        yield Finding("branch-unsure", message, found.base, Severity.WARNING, help=help_text)


def _listed(files: Sequence[MigrationFile]) -> str:
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    return ", ".join(file.shown for file in files[:NAMED]) + more


def _restore(file: MigrationFile, found: Comparison) -> str:
    quoted = f"'{file.shown}'" if " " in file.shown else file.shown
    return f"git checkout {found.base} -- {quoted}"


def _top(file: MigrationFile) -> Place:
    """GitHub shows a note only where it has a line."""
    return Place(file.shown, 1, 1)
