"""Who a payee calls: the words of the county, or generic ones."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.misuse import Misuse
from schemas.types import Json

FIELDS = ("office", "phone", "address", "hours", "web", "desk")
OWN = Path(__file__).with_name("county.toml")
REMEDY = "see docs/statements.md for one that can"


@dataclass(frozen=True)
class Contact:
    """Lines as printed; those not known are empty."""

    office: str
    phone: str
    address: str
    hours: str
    web: str
    desk: str


class Contacts:
    """The contacts of a TOML file over the generic ones. Raises Misuse when the file cannot be used."""

    def __init__(self, path: Path | None) -> None:
        self.tables = _read(OWN)
        self.own = path is not None
        if path is not None:
            self.tables |= _read(path)

    def of(self, county: str | None, language: str) -> Contact:
        """The contact of a county code in a language."""
        default, own = self.tables.get("default", {}), self.tables.get("county", {}).get(county or "", {})
        layers = (default, default.get(language, {}), own, own.get(language, {}))
        found = {name: value for layer in layers for name, value in layer.items() if name in FIELDS}
        return Contact(**{name: found.get(name, "") for name in FIELDS})


@cache
def _read(path: Path) -> Json:
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misuse(f"--contact {path} cannot be read ({error.strerror}): name a TOML file, {REMEDY}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"--contact {path} is no TOML ({error}): {REMEDY}") from error
    for name, table in _tables(tables):
        wrong = [key for key, value in table.items() if key not in FIELDS or not isinstance(value, str)]
        if wrong:
            raise Misuse(f"--contact {path}: [{name}] {wrong[0]} is not one of {', '.join(FIELDS)} as text: {REMEDY}")
    return tables


def _tables(tables: Json) -> list[tuple[str, Json]]:
    """Every table of contact lines by its name, languages apart."""
    named = [("default", tables.get("default", {}))]
    named += [(f"county.{code}", table) for code, table in tables.get("county", {}).items()]
    found = []
    for name, table in named:
        found.append((name, {key: value for key, value in table.items() if key not in ("en", "es")}))
        found += [(f"{name}.{key}", table[key]) for key in ("en", "es") if key in table]
    return found
