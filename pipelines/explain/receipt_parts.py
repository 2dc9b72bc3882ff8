"""What a receipt is made of (docs/receipts.md): its JSON, as structs. Days are ISO dates; units last in names.

Nothing here is trusted by who checks a receipt (docs/verify/verify.py): each number is decoded from encoded bytes,
found in the text of the law, or follows from others.
"""

import msgspec

from schemas.types import Json

FORMAT = 1  # raised when a verifier of the one before would misread it


class ReceiptPart(msgspec.Struct, kw_only=True):
    """An object of the JSON."""


class EncodedRecord(ReceiptPart, kw_only=True):
    """A record as encoded: its plain Avro body (base64), the SHA-256 of that (hex), and what it decodes to."""

    body: str
    sha256: str
    record: Json


class FactShown(EncodedRecord, kw_only=True):
    """A fact, and how the instruction names it: ``kind/document_id/revision``."""

    document: str


class NumberOfLaw(ReceiptPart, kw_only=True):
    """A value that was looked up; ``since`` and ``until``: the days it is in force."""

    name: str
    value: msgspec.Raw
    since: str
    until: str | None
    published: str | None
    grade: str
    citation: str
    law: str


class LawShown(ReceiptPart, kw_only=True):
    """All parameters as the text whose SHA-256 is the instruction's ``law_version`` (zlib, base64), and those used."""

    text: str
    used: list[NumberOfLaw]


class PieceOfWork(ReceiptPart, kw_only=True):
    """Minutes of one document on one day, that are paid at a rate."""

    document: str
    day: str
    earning: str
    program: str
    county: str
    rate_mills: int
    minutes: int


class PieceOfWeek(PieceOfWork, kw_only=True):
    """The same in its workweek, for whomever, and how many of its minutes are overtime."""

    recipient_id: str | None
    overtime_minutes: int


class WeekShown(ReceiptPart, kw_only=True):
    """A workweek with overtime on the statement, its pieces in the order of OT-3."""

    sunday: str
    pieces: list[PieceOfWeek]


class MinutesLost(ReceiptPart, kw_only=True):
    """Minutes that a rule held, cut or denied."""

    code: str
    outcome: str
    minutes: int


class DayOfSheet(ReceiptPart, kw_only=True):
    """What became of the minutes that a timesheet claims on a day."""

    document: str
    program: str
    day: str
    claimed_minutes: int
    paid_minutes: int
    lost: list[MinutesLost]


class WorthLine(ReceiptPart, kw_only=True):
    """A line of the statement, whole."""

    earning: str
    program: str
    county: str | None
    rate_mills: int | None
    minutes: int
    cents: int
    rule: str


class TaxStep(ReceiptPart, kw_only=True):
    """A tax: rate (parts per 100,000; None: this class pays none now) on cents of this payment year, and what was
    withheld in earlier ones."""

    kind: str
    rate_per_100000: int | None
    on_cents: int
    cents: int
    earlier_years_cents: int


class YearOfPart(ReceiptPart, kw_only=True):
    """What of the bearing pay is a payment year's, and the taxes on that alone."""

    year: int
    relationship: str
    cents: int
    taxes_cents: int


class BearingPay(ReceiptPart, kw_only=True):
    """Of the gross, what can bear share of cost (SOC-4), or is covered by an advance (ADV-5)."""

    cents: int
    years: list[YearOfPart]


class ChargeShown(ReceiptPart, kw_only=True):
    """A statement's part of the share of cost."""

    statement_id: str
    cents: int


class ShareStep(ReceiptPart, kw_only=True):
    """A month's share of cost and who bears it, in order; ``open_cents``: nobody so far. Of an advance there are no
    charges."""

    assessment: str
    countable_cents: int
    level_cents: int
    share_cents: int
    charges: list[ChargeShown]
    open_cents: int


class OffsetStep(ReceiptPart, kw_only=True):
    """Minutes that the recipient's advance covers."""

    county: str
    rate_mills: int
    minutes: int
    cents: int


class AuthorizedSpan(ReceiptPart, kw_only=True):
    """An authorization in force in the month, its monthly minutes up to the ceiling."""

    document: str
    first: str
    last: str
    monthly_minutes: int


class AdvanceStep(ReceiptPart, kw_only=True):
    """What the minutes of an advance follow from, and the taxes that are estimated."""

    spans: list[AuthorizedSpan]
    taxes: list[str]


class ClaimStep(ReceiptPart, kw_only=True):
    """An incentive claim that is paid."""

    document: str
    cents: int


class RunOfChain(ReceiptPart, kw_only=True):
    """A PayRun of the chain: its plain Avro body (base64), and the SHA-256 of that."""

    run_date: str
    body: str
    sha256: str


class Receipt(ReceiptPart, kw_only=True):
    """One payment, with all that it follows from and its place among the pay runs."""

    receipt: int = FORMAT
    instruction: EncodedRecord
    earlier: list[EncodedRecord]
    facts: list[FactShown]
    law: LawShown
    relationship: str
    days: list[DayOfSheet] = []
    work: list[PieceOfWork] = []
    weeks: list[WeekShown] = []
    claims: list[ClaimStep] = []
    advance: AdvanceStep | None = None
    worth: list[WorthLine]
    taxes: list[TaxStep]
    part: BearingPay | None = None
    share_of_cost: ShareStep | None = None
    offset: list[OffsetStep] = []
    deductions: dict[str, int]
    pay_run: Json
    chain: list[RunOfChain]
