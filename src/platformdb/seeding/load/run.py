"""Gets a planned seed into the database, in the best way that its size and the role's rights allow."""

from __future__ import annotations

import dataclasses

from platformdb.errors import Place, Refused
from platformdb.postgres.connect import Connection, pinned
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.report.progress import Observer
from platformdb.seeding.load.abort import give_up
from platformdb.seeding.load.catalog import read_rights
from platformdb.seeding.load.continued import continued
from platformdb.seeding.load.job import Job, may_load
from platformdb.seeding.load.model import Manner
from platformdb.seeding.load.record import Record, read_record
from platformdb.seeding.load.rights import judge_rights
from platformdb.seeding.load.whole import load_at_once
from platformdb.seeding.marker import read_marker
from platformdb.seeding.problems import Invalid, Misfit, Problem
from platformdb.seeding.reports import nothing_to_do
from platformdb.seeding.request import Existing
from platformdb.seeding.rows.store import Store, private_folder
from platformdb.seeding.rows.world import World, WorldRecipe

# To start processes, and to lay out in each what the others have not, takes a second.
MANY_ROWS = 1_000_000


def load(
    connection: Connection, job: Job, observer: Observer, *, target: Target | None = None, jobs: int = 1
) -> Report:
    """Loads the job's tables unless they hold this very seed already.

    With several ``jobs`` and many rows it loads on so many connections to the ``target``, in stages; else in one
    transaction. It goes on with a load in stages of the same seed that was cut short.

    Raises:
        Refused: the tables hold other rows, and nobody said what to do about them; or another load was cut short.
        NotNow: the tables are in use.
        Invalid: the definition asks for rows that cannot be; nothing is left of them.
        ConfigError: a generator's values do not fit a column; nothing is left of them.
        ApplyFailed: the server refused a row, and nothing is left of them; or it failed, see its help.
    """
    record = _unfinished(connection, job)
    if record is None and may_load(connection, job) is None:
        return nothing_to_do(job.wanted, read_marker(connection, job.platform))
    if record:  # whatever is asked now: what was begun is what goes on
        job = dataclasses.replace(job, existing=Existing.REPLACE)
    job = continued(connection, job) if job.appends else job
    manner = judge_rights(read_rights(connection, [fact.quoted for fact in job.emptied]), keeps=job.appends)
    try:
        report = None if record else _at_once(connection, job, manner, observer, jobs if target else 1)
        return report or _in_stages(connection, job, target, manner, observer, jobs)
    except Misfit as misfit:
        raise Invalid((Problem(misfit.message, Place(job.definition.source), misfit.key),)) from None


def takes_back_another(connection: Connection, job: Job) -> bool:
    """Gives up the load of another seed that was cut short, where this one replaces rows.

    Its foreign keys are back then, and the job must be planned anew.
    """
    record = read_record(connection, job.platform)
    if record is None or record.same_seed(job.wanted.identity) or job.existing is not Existing.REPLACE:
        return False
    give_up(connection, job.platform)
    return True


def _at_once(connection: Connection, job: Job, manner: Manner, observer: Observer, jobs: int) -> Report | None:
    """Loads in one transaction; None where several can do it, and it is worth their while."""
    several = jobs > 1 and manner.strips and not job.appends
    with private_folder() as folder:
        world = World(job.definition, job.wanted.seed, store=Store(folder))
        if several and _is_large(world, job):
            return None
        return load_at_once(connection, job, world, manner, observer)


def _in_stages(
    connection: Connection, job: Job, target: Target | None, manner: Manner, observer: Observer, jobs: int
) -> Report:
    # Late: what starts processes takes as long to import as a small load to run.
    from platformdb.seeding.load.staged import load_in_stages
    from platformdb.seeding.load.worker import Gear

    if target is None:
        raise Refused("a load in stages was cut short, and to go on needs a target", help="pass one, or give it up")
    with private_folder() as folder:
        gear = Gear(pinned(target, connection), WorldRecipe(job.definition, job.wanted.seed, folder))
        return load_in_stages(connection, job, gear, manner, observer, processes=jobs)


def _unfinished(connection: Connection, job: Job) -> Record | None:
    """The load to go on with."""
    record = read_record(connection, job.platform)
    if record is None or record.same_seed(job.wanted.identity):
        return record
    raise Refused(
        f"a load of another seed was cut short: {record.shown}",
        help="go on with that one, give it up with platformdb seed --abort, or start anew with --replace",
    )


def _is_large(world: World, job: Job) -> bool:
    """Whether there are many rows, and besides the largest table enough for a second connection.

    Looks at no more tables than it takes to know.
    """
    sizes = [0]
    for fact in job.facts:
        sizes.append(world.rows(fact.name))
        if sum(sizes) >= MANY_ROWS and sum(sizes) - max(sizes) >= MANY_ROWS // 2:
            return True
    return False
