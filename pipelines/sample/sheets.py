"""A timesheet on its way to the county."""

from dataclasses import dataclass

from pipelines.sample.facts import fact
from pipelines.sample.homes import Carer
from pipelines.sample.papers import Desk
from pipelines.sample.shelf import Fact
from pipelines.sample.window import moment
from rules import periods
from schemas.ids import instruction_id, statement_id

CHANNELS, CHANNEL_WEIGHTS = ("ESP", "TTS", "PAPER"), (85, 9, 6)
LATEST_FILING = 7
MILLIS_IN_HOUR = 3_600_000
LAST_OFFICE_DAYS = 19  # after the window's last day


@dataclass
class Sheet:
    """Minutes of one provider, recipient, program and pay period, as first recorded at ``recorded_at``."""

    desk: Desk
    carer: Carer
    program: str
    period: int
    minutes: list[int]
    document_id: str
    channel: str
    recorded_at: int

    def file(
        self, revision: int = 1, at: int = 0, approved: bool = True, minutes: list[int] | None = None, **changes: object
    ) -> Fact:
        """Files a revision recorded at ``at`` (default: when first recorded)."""
        recorded_at = at or self.recorded_at
        fields = {
            "provider_id": self.carer.provider_id,
            "recipient_id": self.carer.recipient_id,
            "program": self.program,
            "period_start": self.period,
            "minutes_worked": minutes or self.minutes,
            "channel": self.channel,
            "provider_signed_at": recorded_at - MILLIS_IN_HOUR,
            "recipient_approved_at": recorded_at - MILLIS_IN_HOUR // 30 if approved else None,
            **changes,
        }
        source = self.channel.lower()
        return self.desk.put("Timesheet", fact(source, self.document_id, recorded_at, fields, revision))

    def later(self, least: int, most: int) -> int:
        """An instant so many days after the first recording, before the sample ends."""
        day = periods.civil_day(self.recorded_at) + self.desk.rng.randrange(least, most)
        return moment(min(day, self.desk.window.last + LAST_OFFICE_DAYS), self.desk.rng)

    def instruction(self, recorded_at: int) -> str:
        """The id of the instruction that pays this timesheet when approved then and nothing else is in the way."""
        carer = self.carer
        statement = statement_id("ARREARS", carer.provider_id, carer.recipient_id, self.period)
        return instruction_id(statement, periods.business_day_of(periods.cut_off_after(recorded_at)))


def draw_sheet(desk: Desk, carer: Carer, program: str, period: int, minutes: list[int]) -> Sheet:
    """A timesheet filed within a week after the period's end."""
    rng, home = desk.rng, desk.home
    filed = rng.randrange(LATEST_FILING)
    if home.name == "second_provider_over_authorized":
        filed = 0 if carer is home.carers[0] else LATEST_FILING - 1
    index = home.carers.index(carer)
    document = f"TS{home.number:06d}-{index}{program[0]}{period - desk.window.first:04d}"
    channel = rng.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
    recorded_at = moment(periods.period_end(period) + 1 + filed, rng)
    return Sheet(desk, carer, program, period, minutes, document, channel, recorded_at)
