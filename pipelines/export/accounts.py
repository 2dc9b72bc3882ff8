"""The operator's files: whose account a token stands for, and who sends the money. Nothing of an account is ever shown.

Accounts come from outside, so a row that cannot be used only keeps back the instructions that need it.
"""

import csv
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from achkit import is_valid_routing
from anyascii import anyascii
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.export.run import ExportRefusal
from schemas.types import Json

COLUMNS = ("token", "routing", "account", "kind", "name")
TRANSACTION_KINDS = ("checking", "savings")

# 01-12 Federal Reserve districts, 21-32 the same for thrifts, 61-72 for electronic payments. 00 is the Treasury, 80 is
# traveler's checks; and 000000000 would pass the check digit.
BANK = re.compile(r"(0[1-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2])[0-9]{7}")
ACCOUNT = re.compile(r"(?=.*[1-9A-Z])[0-9A-Z-]{1,17}")


# repr=False: an account in a traceback or a failed assertion must not tell what it is.
@dataclass(frozen=True, repr=False)
class BankAccount:
    """Where money goes: routing number (9 digits), account (1 to 17 characters), checking or savings, name."""

    routing: str
    account: str
    kind: str
    name: str

    def trouble(self) -> str | None:
        """Why no credit can be sent there, without saying what stands there; None when one can."""
        if not (BANK.fullmatch(self.routing) and is_valid_routing(self.routing)):
            return "its token's routing number is not that of a bank (9 digits, the last one a check digit)"
        if not ACCOUNT.fullmatch(self.account):
            return "its token's account number is not 1 to 17 digits, capital letters or hyphens"
        if self.kind not in TRANSACTION_KINDS:
            return "its token's kind of account is neither checking nor savings"
        return None if self.printed_name() else "its token has no name"

    def printed_name(self) -> str:
        """The name in capital letters, digits and signs of ASCII; its field cuts it to 22."""
        plain = re.sub(r"[^ -~]", " ", anyascii(self.name)).upper()
        return " ".join(plain.split())


Accounts = Mapping[str, set[BankAccount]]
"""By token. More than one account for a token is as bad as none."""


def account_for(accounts: Accounts, token: str | None) -> tuple[BankAccount | None, str]:
    """The account a token stands for, or None and why there is none."""
    named = accounts.get(token or "", set())
    if len(named) != 1:
        return None, "its token stands for two accounts" if named else "its token is not among the accounts"
    (account,) = named
    trouble = account.trouble()
    return (None, trouble) if trouble else (account, "")


def read_accounts(path: Path) -> Accounts:
    """Accounts by token from a CSV with the columns COLUMNS, or a TOML of ``[[account]]`` tables with those keys.

    Raises Refusal, which names the file and what it lacks.
    """
    rows = _toml_rows(path) if path.suffix == ".toml" else _csv_rows(path)
    accounts: dict[str, set[BankAccount]] = defaultdict(set)
    for row in rows:
        token, routing, account, kind, name = (str(row.get(column) or "").strip() for column in COLUMNS)
        if token:
            accounts[token].add(BankAccount(routing, account, kind.lower(), name))
    return dict(accounts)


def _csv_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise ExportRefusal(
                    f"--accounts {path} lacks the column {missing[0]}: its first line is {','.join(COLUMNS)}"
                )
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ExportRefusal(f"--accounts {path} cannot be read: name a CSV file in UTF-8, or a .toml") from None


def _toml_rows(path: Path) -> Iterable[Json]:
    rows = _toml(path, "--accounts").get("account")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ExportRefusal(
            f"--accounts {path} has no [[account]]: write one for each token, with {', '.join(COLUMNS)}"
        )
    return rows


def _toml(path: Path, option: str) -> Json:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # The reader's own words may quote the line.
        raise ExportRefusal(f"{option} {path} cannot be read as TOML: name a file that can be") from None


def _printed(longest: int) -> Any:
    shape = f"1 to {longest} letters, digits or signs of ASCII"
    return Field(pattern=r"^[!-~]([ -~]*[!-~])?$", max_length=longest, description=shape)


Routing = Annotated[str, Field(pattern=f"^{BANK.pattern}$", description="a bank's routing number: 9 digits in quotes")]


class Originator(BaseModel):
    """Who sends the file, as the originating bank (ODFI) has registered them. Text in capital letters in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    immediate_destination: Routing
    destination_name: Annotated[str, _printed(23)]
    immediate_origin: Annotated[str, Field(pattern=r"^[0-9]{9,10}$", description="9 or 10 digits in quotes")]
    origin_name: Annotated[str, _printed(23)]
    company_name: Annotated[str, _printed(16)]
    company_id: Annotated[str, Field(pattern=r"^[0-9A-Z]{10}$", description="10 digits or capital letters in quotes")]
    odfi: Routing


def read_originator(path: Path) -> Originator:
    """The originator of a TOML file. Raises Refusal, which names the first field that is wrong."""
    try:
        originator = Originator.model_validate(_toml(path, "--originator"))
    except ValidationError as wrong:
        name = str(wrong.errors()[0]["loc"][0])
        known = Originator.model_fields.get(name)
        remedy = f"needs {name}: {known.description}" if known else f"has {name}, which is not known: leave it out"
        raise ExportRefusal(f"--originator {path} {remedy}") from None
    for name in ("immediate_destination", "odfi"):
        if not is_valid_routing(getattr(originator, name)):
            raise ExportRefusal(f"--originator {path} needs {name}: its check digit is wrong")
    return originator
