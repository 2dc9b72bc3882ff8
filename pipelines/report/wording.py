"""Words and figures as the page writes them. Minutes become hours, cents dollars, epoch days dates."""

from pipelines.county_names import county_name
from pipelines.spoken import Speaker, Spoken, said_in, say, within
from rules.advance_pay import CLOCKS as PARAMETERS
from rules.law import Law
from rules.periods import civil_date, hhmm
from rules.violations import noticed_on
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.finding import Finding

PROGRAMS = {"CAREER_PATHWAYS": "Career Pathways"}
METHODS = {"DIRECT_DEPOSIT": "Direct deposit", "WARRANT": "Warrant (paper check)", "NONE": "No payment"}
ADDRESSEES = {"RECIPIENT": "Recipient", "PROVIDER": "Provider", "COUNTY": "County"}
OUTCOMES = {
    "HELD": "Held",
    "CUT": "Over a limit",
    "DENIED": "Denied",
    "VIOLATION": "Violation",
    "WARNING": "Warning",
    "NOTICE": "Notice",
    "NOTED": "Noted",
}
CONSEQUENCES = {
    "NOTICE": say("notice"),
    "NOTICE_AND_MATERIAL": say("notice; reading the material removes it, once"),
    "INELIGIBLE_90_DAYS": say("ineligible, if the county so decides"),
    "INELIGIBLE_365_DAYS": say("ineligible, if the county so decides"),
}
INELIGIBLE = {"INELIGIBLE_90_DAYS", "INELIGIBLE_365_DAYS"}
CLOCKS = {
    "OPEN": (say("Month not over"), "Nothing yet: timesheets of the month come in."),
    "DUE": (say("Due: the month is over"), "Ask the recipient for the timesheets that are missing."),
    "PRESUMED_OVERPAYMENT": (say("Presumed overpaid"), "Ask for the timesheets once more, in writing."),
    "MOVE_TO_ARREARS_REVIEW": (say("Review"), "Review whether the recipient moves to arrears."),
    "MAY_MOVE_TO_ARREARS": (say("May move to arrears"), "Decide: the recipient may be moved to arrears."),
    "RECONCILED": (say("Reconciled"), "Nothing: every advanced hour is accounted for."),
}
"""ADV-6: the status of an advance, and what the county does about it."""


def consequence(finding: Finding, law: Law | None) -> str:
    """What a violation brings: ``3rd: ineligible for 90 days, …``; for how long only if the law that paid is known."""
    week = finding.workweek_start
    if not finding.count or finding.consequence is None or week is None:
        return say("Does not count")
    words: str = CONSEQUENCES.get(finding.consequence, str(finding.consequence))
    days = law.value("violation.ineligible_days", noticed_on(finding.due_by, week, law)) if law else ()
    if days and finding.consequence in INELIGIBLE:
        words = say("ineligible for {days}, if the county so decides", days=_of_days(days[finding.count - 1]))
    return _numbered(finding.count, words)


def _numbered(number: int, words: str) -> Spoken:
    """``3rd: ...``"""

    def again(speaker: Speaker) -> str:
        return speaker.say("No. {number}: {words}", number=str(number), words=said_in(words, speaker))

    return Spoken(f"{nth(number)}: {words}", again)


def _of_days(days: int) -> Spoken:
    count = f"{days:,}"
    return say("{count} day", count=count) if days == 1 else say("{count} days", count=count)


def advance_clock(advance: AdvanceReconciliation, law: Law | None) -> tuple[str, str]:
    """How an advance stands and what to do; after how many days only where the law that paid is known."""
    status, what = CLOCKS.get(advance.status, (advance.status, ""))
    name = dict(PARAMETERS).get(advance.status)
    days = law.value(name, advance.service_month, advance.cut_off) if law and name else None
    return (status if days is None else say("{days}: {status}", days=_of_days(days), status=within(status))), what


def nth(number: int) -> str:
    """``1st``, ``12th``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"


def clock(minutes: int) -> str:
    """``1,234:30``, or ``-0:15``."""
    hours, rest = hhmm(abs(minutes)).split(":")
    return f"{'-' if minutes < 0 else ''}{int(hours):,}:{rest}"


def day(epoch_day: int) -> str:
    """``2 Jan 2024``."""
    date = civil_date(epoch_day)
    return f"{date.day} {date:%b %Y}"


def month(epoch_day: int) -> str:
    """``Jan 2024``."""
    return f"{civil_date(epoch_day):%b %Y}"


def signed(written: str) -> str:
    """A difference shows its sign: ``+$5.00``."""
    return written if written.startswith("-") else f"+{written}"


def counted(number: int, one: str, many: str = "") -> str:
    """``1 run``, ``1,204 runs``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def county(code: str) -> str:
    """``Lake (17)``; what is paid for no county (incentives) says so."""
    return f"{county_name(code)} ({code})" if code else "No county"
