"""Words and figures as the page writes them. Minutes become hours, cents dollars, epoch days dates."""

from pipelines.sample.names import county_name
from rules.periods import civil_date, hhmm

PROGRAMS = {"CAREER_PATHWAYS": "Career Pathways"}
METHODS = {"DIRECT_DEPOSIT": "Direct deposit", "WARRANT": "Warrant (paper cheque)", "NONE": "Nothing moves"}
ADDRESSEES = {"RECIPIENT": "Recipient", "PROVIDER": "Provider", "COUNTY": "County"}
OUTCOMES = {
    "HELD": "Held",
    "CUT": "Cut",
    "DENIED": "Denied",
    "VIOLATION": "Violation",
    "WARNING": "Warning",
    "NOTICE": "Notice",
    "NOTED": "Noted",
}
CONSEQUENCES = {
    "NOTICE": "1st: notice",
    "NOTICE_AND_MATERIAL": "2nd: notice; reading the material removes it, once",
    "INELIGIBLE_90_DAYS": "3rd: ineligible for 90 days, if the county so decides",
    "INELIGIBLE_365_DAYS": "4th: ineligible for 365 days, if the county so decides",
    None: "Does not count",
}
CLOCKS = {
    "OPEN": ("Month not over", "Nothing yet: timesheets of the month come in."),
    "DUE": ("Due: the month is over", "Ask the recipient for the timesheets that are missing."),
    "PRESUMED_OVERPAYMENT": ("45 days: presumed overpaid", "Ask for the timesheets once more, in writing."),
    "MOVE_TO_ARREARS_REVIEW": ("75 days: review", "Review whether the recipient moves to arrears."),
    "MAY_MOVE_TO_ARREARS": ("90 days: may move to arrears", "Decide: the recipient may be moved to arrears."),
    "RECONCILED": ("Reconciled", "Nothing: every advanced hour is accounted for."),
}
"""ADV-6: the status of an advance, and what the county does about it."""


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
