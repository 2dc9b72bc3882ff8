"""What is at stake with a violation: of how many it is one, what it brings, what a further one brings.

Law: LIMIT-6. The numbers are the parameters' (rules/parameters/limits.toml, and whatever --law lays over them), on the
days on which the rule itself asks for them.
"""

from pipelines.statements.language import Language
from pipelines.statements.sentences import wording
from rules.law import Law
from rules.periods import saturday_of
from rules.violations import noticed_on
from schemas.finding import Finding

VIOLATIONS = ("V1", "V2", "V3", "V4")


def stake_of(finding: Finding, law: Law, language: Language) -> tuple[str, ...]:
    """Sentences in the reader's language, the standing first; none where the finding is no violation that counts."""
    if finding.cleared or finding.code not in VIOLATIONS or not finding.count or finding.workweek_start is None:
        return ()
    words, saturday = wording()["stake"], saturday_of(finding.workweek_start)
    ladder: tuple[str, ...] = law.value("violation.consequences", saturday)
    noticed = noticed_on(finding.due_by, finding.workweek_start, law)
    days: tuple[int, ...] = law.value("violation.ineligible_days", noticed)
    months: int = law.value("violation.falls_after_months", saturday)
    of = {"count": str(finding.count), "last": str(len(ladder)), "next": str(finding.count + 1)}

    def say(text: str, rung: int = 0) -> str:
        return language.say(text, **of, days=language.days(days[rung]), span=language.months(months))

    further = ladder[finding.count] if finding.count < len(ladder) else "NONE"
    return (
        say(words["standing"]),
        say(words["now"].get(finding.consequence or "", ""), finding.count - 1),
        say(words["further"][further], finding.count if further != "NONE" else 0),
        say(words["falls"]) if further != "NONE" else "",
    )
