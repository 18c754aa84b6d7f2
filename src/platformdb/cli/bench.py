"""bench: the gate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platformdb.cli.frame import READING_OPTIONS, GateFormat, Run, command
from platformdb.cli.migrations import migration_options
from platformdb.cli.sound import open_sound_target
from platformdb.errors import ConfigError
from platformdb.project import Platform, find_platform
from platformdb.report.model import Report

if TYPE_CHECKING:
    from platformdb.bench.command import Files
    from platformdb.bench.request import Request
    from platformdb.postgres.target import Target

Samples = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", min=20, max=100_000, help="How often each is timed [default: 5 to 200]."),
]
Queries = Annotated[list[str] | None, typer.Option("--query", metavar="NAME", help="Only this query; repeatable.")]
Profile = Annotated[
    str | None, typer.Option(metavar="NAME", help="A note tells where the database holds another [default: ci].")
]
Reference = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Gate against this file: no plan worse, no more work.")
]
SaveReference = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write what was found, for --reference; over what is there.")
]
Tolerance = Annotated[float, typer.Option(metavar="PERCENT", min=0, max=2, help="How much more work passes.")]
Compare = Annotated[
    str | None, typer.Option(metavar="REF", help="Build this git revision, too, and measure both in turns.")
]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with every plan drawn.")]
History = Annotated[
    list[Path] | None, typer.Option(metavar="FILE", help="An earlier --save-reference, for the page; repeatable.")
]
Mutate = Annotated[
    bool,
    typer.Option("--mutate", help="Test the gate itself: without each index, with each query worse, it must fail."),
]
StrictTime = Annotated[
    bool, typer.Option("--strict-time", help="A missed target fails: for a machine that nobody else uses.")
]
AnyRows = Annotated[bool, typer.Option("--any-rows", help="Gate over rows that no seed of the platform made.")]


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    command(app, "bench", options=READING_OPTIONS, formats=GateFormat)(bench)


def bench(  # noqa: PLR0913 - one parameter for each option
    run: Run,
    samples: Samples = None,
    queries: Queries = None,
    profile: Profile = None,
    reference: Reference = None,
    save_reference: SaveReference = None,
    tolerance: Tolerance = 2.0,
    compare: Compare = None,
    html: Html = None,
    history: History = None,
    *,
    mutate: Mutate = False,
    strict_time: StrictTime = False,
    any_rows: AnyRows = False,
) -> Report:
    """Gate the platform's queries: served by indexes, plans and work as agreed; times beside their targets."""
    from platformdb.bench.command import Files, gate, try_mutations
    from platformdb.bench.ground.held import gate_profile
    from platformdb.bench.request import Request

    if (reference and compare) or (mutate and (reference or compare or html)):
        raise ConfigError("--reference, --compare and --mutate ask for different runs", help="give one of them")
    timing = {"--samples": samples, "--strict-time": strict_time}
    _expect_effect(
        ("with --mutate", mutate, {**timing, "--save-reference": save_reference, "--history": history}),
        ("with --compare", compare, timing),
        ("without --html", not html, {"--history": history}),
    )
    if save_reference and queries:
        raise ConfigError("a reference holds all queries: --save-reference goes without --query", help="leave one out")
    platform = find_platform(run.config)
    request = Request(
        samples=samples,
        profile=gate_profile(platform) if profile is None else profile,
        only=tuple(queries or ()),
        tolerance=tolerance / 100,
        strict_time=strict_time,
        any_rows=any_rows,
    )
    files = Files(reference, save_reference, html, tuple(history or ()), run.mask)
    with open_sound_target(run, platform.name) as target:
        if compare:
            return _compared(run, target, compare, request, files)
        if mutate:
            return try_mutations(target, platform, run.observer, request, _tiers(platform))
        return gate(target, platform, run.observer, request, files)


def _expect_effect(*cases: tuple[str, object, Mapping[str, object]]) -> None:
    """Refuses options that would change nothing where a case applies: whoever gives one believes that it does."""
    for where, applies, given in cases:
        idle = [option for option, value in given.items() if value]
        if applies and idle:
            raise ConfigError(f"{' and '.join(idle)} would have no effect {where}", help="leave it out")


def _compared(run: Run, target: Target, ref: str, request: Request, files: Files) -> Report:
    from platformdb.bench.compare.export import export_ref
    from platformdb.up.compare import compare_builds

    platform = find_platform(run.config)
    with export_ref(run.config.project, ref) as folder:
        before = find_platform(run.config.but(project=folder, platform=run.config.platform and platform.name))
        options = migration_options(run.config)
        return compare_builds(target, before, platform, run.observer, request, files, options=options)


def _tiers(platform: Platform) -> dict[str, int]:
    from platformdb.indexes.read import read_tiers

    return {index.name: index.tier for index in read_tiers(platform)[0]}
