"""Is all well after a pay run? Asked of Pub/Sub (what was said), Dataflow (does it run) and Monitoring (what waits).

Pub/Sub's part works on any server that speaks its protocol, and can be asked any number of times.
"""

import hashlib
import os
from datetime import UTC, datetime, timedelta

from pipelines.launch.answers import LaunchCheck
from pipelines.launch.said import EMULATOR, LaunchSaid, read
from pipelines.live.clock import machine_clock
from pipelines.misuse import Misuse
from rules.money import dollars
from rules.periods import (
    MILLIS_IN_SECOND,
    business_day_of,
    civil_day,
    cut_off_of,
    is_business_day,
    iso,
    previous_business_day,
)


def cut_off_asked(day: int | None) -> int:
    """The cut-off of a business day; None: of the last one that is over. Raises Misuse."""
    if day is None:
        today = civil_day(machine_clock())
        return cut_off_of(previous_business_day(today))
    if not is_business_day(day):
        raise Misuse(f"--run {iso(day)} is no business day: name one, such as {iso(previous_business_day(day))}")
    return cut_off_of(day)


def checks(project: str, region: str | None, job: str, cut_off: int, rejections: int) -> list[LaunchCheck]:
    """All answers about one pay run. Raises Misuse if Pub/Sub cannot be asked."""
    said = read(project, cut_off, region)
    here = EMULATOR in os.environ
    found = [pay_run_there(said, cut_off), complete(said, cut_off), few_rejections(said, rejections)]
    if region is None or here:
        found.append(LaunchCheck("job", None, "The job was not asked for: there is no Dataflow beside this server."))
    else:
        found.append(_job(project, region, job))
    if here:
        return [
            *found,
            LaunchCheck("backlog", None, "What waits was not asked for: there is no Monitoring beside this server."),
        ]
    from pipelines.launch.backlog import backlog

    return [*found, backlog(project)]


def pay_run_there(said: LaunchSaid, cut_off: int) -> LaunchCheck:
    """Was the pay run closed, and when?"""
    day = iso(business_day_of(cut_off))
    if cut_off not in said.runs:
        return LaunchCheck("pay_run", False, f"No PayRun of {day} was published.")
    late = max(0, said.runs[cut_off][1] - cut_off) // (60 * MILLIS_IN_SECOND)
    return LaunchCheck("pay_run", True, f"The pay run of {day} was closed {late:,} minutes after its cut-off.")


def complete(said: LaunchSaid, cut_off: int) -> LaunchCheck:
    """Are all instructions that the pay run counts here, and no other?"""
    if cut_off not in said.runs:
        return LaunchCheck("complete", False, "Without a PayRun nobody can say what should be here.")
    run, _ = said.runs[cut_off]
    paid = {id: each for id, each in said.instructions.items() if each.cut_off == cut_off}
    ids = sorted(id.encode() for id in paid)
    sha256 = hashlib.sha256(b"".join(id + b"\n" for id in ids)).hexdigest()
    counted = sum(total.count for total in run.totals)
    net = dollars(sum(each.net_cents for each in paid.values()))
    if len(ids) != counted:
        return LaunchCheck("complete", False, f"{len(ids):,} instructions are here, the PayRun counts {counted:,}.")
    if sha256 != run.instructions_sha256:
        return LaunchCheck(
            "complete", False, f"{counted:,} instructions are here, but not those that the PayRun counts."
        )
    return LaunchCheck("complete", True, f"All {counted:,} instructions are here, {net} net, and their SHA-256 agrees.")


def few_rejections(said: LaunchSaid, most: int) -> LaunchCheck:
    """Do sources send what can be used?"""
    return LaunchCheck(
        "rejections",
        len(said.rejections) <= most,
        f"{len(said.rejections):,} events were rejected since the pay run before.",
    )


def _job(project: str, region: str, job: str) -> LaunchCheck:
    from pipelines.launch.dataflow import Cloud
    from pipelines.launch.options import Options

    found = Cloud().running(Options(project, region, job))
    if found is None:
        return LaunchCheck("job", False, f"No job {job} runs in {region}.")
    state = found.current_state.name.removeprefix("JOB_STATE_").lower()
    hours = (datetime.now(UTC) - found.create_time) // timedelta(hours=1)
    return LaunchCheck("job", state == "running", f"Job {job} is {state}, launched {hours:,} hours ago.")
