"""Reads the migration files of a branch, of its base and of the commit where it left it, from git."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from platformdb.branch.model import Comparison, Edit, Extent, Pair, Requirement, Tree
from platformdb.errors import ConfigError, Refused
from platformdb.migrations.judge import difference
from platformdb.migrations.layouts.listing import recognised
from platformdb.migrations.load import Loaded, load_all
from platformdb.migrations.model import Kind, Migration, MigrationFile, is_version, version_key
from platformdb.migrations.read import each_file
from platformdb.project import Foreign, Platform
from platformdb.repository import (
    Repository,
    exported,
    find_commit,
    find_repository,
    fork_point,
    left_out,
    remote_names,
)
from platformdb.variables import Variable

FETCH = "fetch it: git fetch --depth=1 origin +refs/heads/{ref}:refs/remotes/origin/{ref}, then --base origin/{ref}"
DEEPEN = "a shallow clone has not all of the history: git fetch --unshallow origin"
# A commit's number, or one that is counted from another.
IN_HISTORY = re.compile(r"^[0-9a-f]{7,64}$|[~^@]")
IN_CI = "GitHub's actions/checkout brings every commit with fetch-depth: 0, GitLab with GIT_DEPTH: 0"
OF_NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where the files of a branch lie in its repository, and in whose layout."""

    repository: Repository
    platform: Platform
    layout: str

    @property
    def paths(self) -> tuple[str, ...]:
        """What of a commit is needed, as git's pathspecs: the migrations, and the tool's own configuration beside."""
        platform, foreign = self.platform, self.platform.foreign
        folders = foreign.locations if foreign else (platform.phases, platform.sql)
        inside = [self.repository.inside(folder) for folder in folders]
        if foreign is None:
            return tuple(inside)
        top = self.repository.top
        above = {parent for folder in (*folders, foreign.project / "x") for parent in folder.parents}
        beside = [self.repository.inside(each) for each in above if each.is_relative_to(top)]
        return (*inside, *(f":(glob){'' if each == '.' else f'{each}/'}*" for each in beside))

    def at(self, top: Path) -> Platform:
        """The same platform in an exported copy of the repository."""

        def there(path: Path) -> Path:
            return top / self.repository.inside(path)

        platform, foreign = self.platform, self.platform.foreign
        moved = replace(platform, root=there(platform.root), phases=there(platform.phases), sql=platform.sql)
        if self.repository.top in platform.sql.parents:
            moved = replace(moved, sql=there(platform.sql))
        if foreign is not None:
            folders = tuple(folder for each in foreign.locations if (folder := there(each)).is_dir())
            moved = replace(moved, foreign=Foreign(there(foreign.project), folders, self.layout))
        return moved


def find_checkout(platform: Platform) -> Checkout:
    """Where the files lie, and whose layout it is.

    Raises:
        ConfigError: they are in no repository or in several, or nobody can tell whose files these are.
    """
    layout, foreign = OF_NATIVE, platform.foreign
    if foreign is not None:
        known, _, folders = recognised(platform, foreign)
        locations = tuple(folder.path.resolve() for folder in folders)
        layout, platform = known.name, replace(platform, foreign=replace(foreign, locations=locations))
    folders_of = platform.foreign.locations if platform.foreign else (platform.phases,)
    repositories = {find_repository(folder) for folder in folders_of}
    repository = repositories.pop()
    if repositories:
        raise ConfigError(
            "the folders of the migrations are in several git repositories",
            help="check each of them by itself: --migrations DIR",
        )
    _refuse_submodule(repository, platform)
    checkout = Checkout(repository, platform, layout)
    if missing := left_out(repository, checkout.paths):
        folder = missing[0].rpartition("/")[0]
        raise ConfigError(
            f"this checkout is sparse: it leaves out {missing[0]}, which would look removed",
            help=f"git sparse-checkout add {folder}",
        )
    return checkout


def _refuse_submodule(repository: Repository, platform: Platform) -> None:
    """The base's commit is one of the repository that the project is in: a submodule has branches of its own."""
    try:
        for path in (platform.root, *((platform.foreign.project,) if platform.foreign else ())):
            repository.inside(path)
    except ValueError:
        where = f"the submodule {repository.top.name}" if repository.above else f"another repository, {repository.top}"
        raise ConfigError(
            f"the migrations are in {where}, which has branches of its own",
            help=f"run the check there: platformdb check --project {repository.top} …",
        ) from None


def find_base(checkout: Checkout, ref: str) -> str:
    """The commit that ``ref`` names.

    Raises:
        ConfigError: this clone has no such commit; the help says how it gets it.
    """
    commit = find_commit(checkout.repository, ref)
    if commit is not None:
        return commit
    others = remote_names(checkout.repository, ref)
    if others:
        help_text = f"there is {', '.join(others)}: --base {others[0]}"
    elif IN_HISTORY.search(ref):
        help_text = f"{DEEPEN} ({IN_CI})"
    else:
        help_text = f"{FETCH.format(ref=ref.removeprefix('origin/'))} ({IN_CI})"
    raise ConfigError(f"git knows no commit '{ref}' here", help=help_text)


@dataclass(frozen=True, slots=True)
class Sides:
    """The files as they are now, at the base, and where the branch left it: None where nobody knows.

    ``base_platform`` is where those of the base can be read.
    """

    here: Tree
    base: Tree
    fork: Tree | None
    base_platform: Platform


@contextmanager
def read_sides(checkout: Checkout, base: str) -> Iterator[Sides]:
    """Lists the files of all sides; those of the base are there until the end.

    Raises:
        ConfigError: git cannot read a commit.
    """
    with ExitStack() as stack:
        here = _tree(checkout.platform)
        whole = (checkout.repository.inside(checkout.platform.root),)
        paths = whole if any(file.includes for file in here.files.values()) else checkout.paths

        def platform_at(commit: str) -> Platform:
            return checkout.at(stack.enter_context(exported(checkout.repository, commit, paths)))

        platform, left = platform_at(base), fork_point(checkout.repository, base)
        there = _tree(platform)
        fork = there if left == base else _tree(platform_at(left)) if left else None
        yield Sides(here, there, fork, platform)


def _tree(platform: Platform) -> Tree:
    if platform.foreign is not None and not platform.foreign.locations:
        return Tree({})
    kinds = (Kind.VERSIONED, Kind.UNDO)
    return Tree({(file.kind, file.shown): file for file in each_file(platform, [], set()) if file.kind in kinds})


def read_edits(
    pairs: Sequence[Pair], here: Platform, base: Platform, variables: Mapping[str, Variable]
) -> tuple[Edit, ...]:
    """How much each of these files was changed; of a file that holds both ways each way by itself."""

    def edits(kind: Kind) -> Iterator[Edit]:
        chosen = [pair for pair in pairs if pair.now.kind is kind]
        now = load_all((pair.now for pair in chosen if not pair.now.language), here, variables).migrations
        then = load_all((pair.then for pair in chosen if not pair.then.language), base, variables).migrations
        return (_edit(pair, now.get(pair.now.path), then.get(pair.then.path)) for pair in chosen)

    return (*edits(Kind.VERSIONED), *edits(Kind.UNDO))


def _edit(pair: Pair, now: Migration | None, then: Migration | None) -> Edit:
    """The same rule as for a file and what was applied of it: see ``migrations.standing``."""
    if now is None or then is None:  # what cannot be read, or is another language, can have become anything
        return Edit(pair, Extent.SEMANTIC)
    if _actions(now) != _actions(then):
        return Edit(pair, Extent.SEMANTIC, difference(_lines(then), _lines(now), "on the base", "as it is"))
    same = now.checksums.normalised == then.checksums.normalised
    return Edit(pair, Extent.NOTHING if same else Extent.COSMETIC)


def _lines(migration: Migration) -> list[str]:
    return [line for segment in migration.segments for line in segment.text.splitlines()]


def _actions(migration: Migration) -> tuple[object, ...]:
    """What it does, and in which transactions."""
    return migration.checksums.tokens, *((part.solo, part.digest) for part in migration.segments)


def read_requirements(
    sides: Sides, here: Platform, found: Comparison, variables: Mapping[str, Variable]
) -> Iterator[Requirement]:
    """What the branch's own files require, and files that are edited in place where the base does not require it.

    A new file that names a version which was there before the branch left means that one.

    Raises:
        Refused: such a file cannot be read, and what it requires would go on to name a number that is another's now.
    """
    before = {file.identity[1] for file in (sides.fork or Tree({})).files.values()}
    for file in found.arrivals:
        for requirement in _required(file, here, variables):
            if not is_version(requirement.name) or version_key(requirement.name) not in before:
                yield requirement
    there = {file.shown: file for file in _in_place(sides.base_platform)}
    for file in _in_place(here):
        same = there.get(file.shown)
        base = _requirements(_loaded(same, sides.base_platform, variables)) if same else ()
        known = {each.name for each in base}
        yield from (each for each in _required(file, here, variables) if each.name not in known)


def _in_place(platform: Platform) -> Iterator[MigrationFile]:
    return (file for file in each_file(platform, [], set()) if file.kind is Kind.REPEATABLE)


def _required(file: MigrationFile, platform: Platform, variables: Mapping[str, Variable]) -> tuple[Requirement, ...]:
    loaded = _loaded(file, platform, variables)
    for wrong in loaded.findings:
        message = f"nothing was renumbered, for what {file.shown} requires cannot be read: {wrong.message}"
        raise Refused(message, place=wrong.place, help=wrong.help)
    return _requirements(loaded)


def _loaded(file: MigrationFile, platform: Platform, variables: Mapping[str, Variable]) -> Loaded:
    """The file, if it requires anything."""
    return load_all((file,) if b"requires=" in Path(file.path).read_bytes() else (), platform, variables)


def _requirements(loaded: Loaded) -> tuple[Requirement, ...]:
    return tuple(Requirement(name, place) for each in loaded.migrations.values() for name, place in each.needs.files)
