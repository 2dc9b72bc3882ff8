"""Decides which value of a parameter is in force on a day, as known at a cut-off.

Authority: LAW.md, the head (effective and published dates, grades), WAGE-2 (rates published late; values carried
forward). The values and their citations: parameters/*.toml. In force: always; each value carries its own dates.
Does not cover: what a rule does where nothing is in force; what a parameter file may hold (parameters/__init__.py).

A parameter is a dated series of values, named with dots (``wage.43``). Units: day ``int``, cut-off ``int``; a value is
an ``int`` (a day where the unit is ``day``), ``bool``, ``str``, or a tuple of ``str`` or ``int``.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from rules.parameters import (
    OWN_FOLDER,
    Documents,
    LawEntry,
    LawError,
    Parameter,
    laid_over,
    own_parameters,
    read_documents,
)
from rules.parameters.publishing import published_on
from rules.periods import business_day_of, iso

__all__ = ["Law", "LawEntry", "LawError", "NotInForce", "Parameter"]


class NotInForce(Exception):
    """No value of the parameter ``name`` is in force (and known) on ``day``."""

    def __init__(self, name: str, day: int) -> None:
        super().__init__(name, day)
        self.name, self.day = name, day

    def __str__(self) -> str:
        return f"no value of {self.name} is in force on {iso(self.day)}"


Lookup = Callable[[str, int], Any]
"""The value of a parameter in force on a day, as known at some pay run. Raises NotInForce."""


class Law:
    """All parameters by name; never changed, picklable. Make one with ``Law.load``.

    ``publications``: the cut-offs at which published values are first known, sorted. ``takes_notes``: of what is asked
    (`rules.asked_law`).
    """

    takes_notes: ClassVar[bool] = False

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        overlaid: tuple[str, ...] = (),
        versions: tuple[tuple[int, str], ...] = (),
    ) -> None:
        self._parameters, self._overlaid = parameters, overlaid
        self._versions = versions  # before a cut-off, the version of then; in order
        entries = [entry for parameter in parameters.values() for entry in parameter.entries]
        known_from = {entry.known_from for entry in entries if entry.known_from is not None}
        self.publications: tuple[int, ...] = tuple(sorted(known_from))
        published = (name for name, each in parameters.items() if any(e.published is not None for e in each.entries))
        self._published = frozenset(published)
        # Found before. Values that no publication can change need no cut-off in their key.
        self._always: dict[tuple[str, int], LawEntry] = {}
        self._as_known: dict[tuple[str, int, int], LawEntry] = {}
        self._then: dict[int, Law] = {}  # by how many publications were known
        self._version = ""

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Every parameter, by name."""
        return self._parameters

    @property
    def overlaid(self) -> tuple[str, ...]:
        """Sorted names of the parameters that an overlay changed or added values to."""
        return self._overlaid

    @staticmethod
    def load(overlay: Path | None = None) -> "Law":
        """The law in rules/parameters, with the ``*.toml`` files of the folder ``overlay`` laid over it.

        Raises LawError when a file cannot be used.
        """
        return _own_law() if overlay is None else _own_law().amended(read_documents(overlay))

    def amended(self, documents: Documents) -> "Law":
        """This law with parsed TOML (by file name) laid over it. Raises LawError."""
        over = laid_over(documents, self.parameters)
        changed = (name for name, parameter in over.items() if parameter != self.parameters[name])
        return Law({**self.parameters, **over}, tuple(sorted({*self.overlaid, *changed})))

    def with_published(self, documents: Documents, cut_off: int) -> "Law":
        """This law and parsed TOML that was published: a pay run is the first to know it, at ``cut_off``. Published for
        the same run again, a value takes the place of the one before. Raises LawError."""
        day = business_day_of(cut_off)
        over = laid_over(published_on(documents, day), self.parameters)
        first_known = {name: self._first_known(name, parameter, cut_off) for name, parameter in over.items()}
        parameters = {**self.parameters, **first_known}
        if parameters == self.parameters:  # it is known already
            return self
        return Law(parameters, self.overlaid, (*self._versions, (cut_off, self.version)))

    def _first_known(self, name: str, parameter: Parameter, cut_off: int) -> Parameter:
        before, day = self.parameters[name].entries, business_day_of(cut_off)
        entries = (
            replace(entry, known_from=cut_off) if entry.published == day and entry not in before else entry
            for entry in parameter.entries
        )
        return replace(parameter, entries=tuple(entries))

    def value(self, name: str, day: int, known_at: int | None = None) -> Any:
        """The value in force on ``day``, as known at the cut-off ``known_at`` (None: all that is known now).

        The latest ``from`` wins, then the latest published. Raises NotInForce, and KeyError for a name that is not law.
        """
        found = self._always.get((name, day))
        return (found or self.entry(name, day, known_at)).value

    def entry(self, name: str, day: int, known_at: int | None = None) -> LawEntry:
        """Like ``value``, with dates, grade and citation."""
        found = self._always.get((name, day))
        if found is not None:
            return found
        if name not in self._published:
            return self._always.setdefault((name, day), self._find(name, day, None))
        key = name, day, -1 if known_at is None else bisect_right(self.publications, known_at)
        found = self._as_known.get(key)
        return found or self._as_known.setdefault(key, self._find(name, day, known_at))

    def to_ask(self, names: tuple[str, ...], day: int) -> "Law":
        """Which law to ask for these parameters of a day, where what it answers is remembered between keys: itself."""
        return self

    def _find(self, name: str, day: int, known_at: int | None) -> LawEntry:
        found = self.parameters[name].on(day, known_at)
        if found is None:
            raise NotInForce(name, day)
        return found

    def in_force(self, name: str, day: int, known_at: int | None = None) -> bool:
        """Whether ``value`` would find one. Raises KeyError for a name that is not law."""
        return (name, day) in self._always or self.parameters[name].on(day, known_at) is not None

    def assumptions(self, name: str, day: int, known_at: int | None = None) -> tuple[str, ...]:
        """This project's own choices behind the value in force: itself, and that it is carried forward (WAGE-2).

        Raises NotInForce.
        """
        entry = self.entry(name, day, known_at)
        if entry.grade != "assumption":
            return ()
        if entry.carried_from is None:
            return (name,)
        own = (name,) if entry.carried_from.grade == "assumption" else ()
        return (*own, self.parameters[name].carried_by)

    def as_known_at(self, cut_off: int) -> "Law":
        """What of this law a pay run knows: nothing published later. Ask it for values, not for its version."""
        known = bisect_right(self.publications, cut_off)
        if known == len(self.publications):
            return self
        return self._then.get(known) or self._then.setdefault(known, self._before(cut_off))

    def _before(self, cut_off: int) -> "Law":
        parameters = {
            name: replace(each, entries=tuple(e for e in each.entries if (e.known_from or cut_off) <= cut_off))
            for name, each in self.parameters.items()
        }
        return Law(parameters, self.overlaid)

    def names(self) -> tuple[str, ...]:
        """All parameter names, sorted."""
        return tuple(sorted(self.parameters))

    @property
    def version(self) -> str:
        """SHA-256 (hex) over all parameters, whatever the order of files and keys, and the comments."""
        if not self._version:
            written = msgspec.json.encode(self.parameters, order="deterministic")
            self._version = hashlib.sha256(written).hexdigest()
        return self._version

    def version_at(self, cut_off: int) -> str:
        """The version that a pay run knows: without what was published later (`with_published`)."""
        return next((version for until, version in self._versions if cut_off < until), self.version)

    def __reduce__(self) -> tuple[Any, ...]:
        return Law, (self.parameters, self.overlaid, self._versions)


@cache
def _own_law() -> Law:
    return Law(own_parameters(read_documents(OWN_FOLDER)))
