"""The conformance kit (pipelines/vectors/kit.json.gz), made from tests/cases: ``python -m tests.vectors``.

What a version adds, changes and removes is written to the kit by law id. A kit that nothing changes keeps its version.
"""

import gzip
from collections.abc import Iterator
from typing import Any

import msgspec

from fold.stages import claims_pay
from pipelines.law_text import authority_of
from pipelines.vectors.engine import answer, law_of
from pipelines.vectors.kit import KIT, Kit, KitChange, stored_kit
from rules.periods import business_day_of, cut_off_after, cut_offs, iso
from tests.case_comparison import local
from tests.case_files import Case, case_files

Json = dict[str, Any]


def name_of(case: Case) -> str:
    return f"{case.file}-{case.place:02}"


def vector_of(case: Case, law_version: str) -> Json:
    """A case as anybody's engine gets it; ids are local."""
    facts = [{"kind": fact.KIND} | msgspec.to_builtins(fact.model_dump()) for fact in case.facts]
    runs = pay_runs_of(case)
    return {
        "vector": name_of(case),
        "sentence": case.sentence,
        "law": list(case.law),
        "citations": {id: str(authority_of(id)) for id in case.law},
        "law_version": law_version,
        "facts": [
            {key: value for key, value in local(case.prefix, fact).items() if value is not None} for fact in facts
        ],
        "pay_runs": [iso(business_day_of(each)) for each in runs],
        "until": iso(case.until),
    }


def pay_runs_of(case: Case) -> list[int]:
    """Cut-offs: all from the first claim on, and each that is the first to see a fact."""
    seen = [(fact, fact.admitted_cut_off or cut_off_after(fact.recorded_at)) for fact in case.facts]
    claimed = [cut_off for fact, cut_off in seen if claims_pay(fact)]
    every = cut_offs(min(claimed), case.cut_off) if claimed else []
    return sorted({*every, case.cut_off, *(cut_off for _, cut_off in seen if cut_off <= case.cut_off)})


def made() -> Kit:
    """All cases as a kit, without what changed."""
    kit = Kit(version=0, changes=[], laws={}, vectors={}, expected={})
    for file in case_files():
        text = msgspec.json.decode(msgspec.json.encode(file.law.parameters, order="deterministic"))
        kit.laws[file.law.version] = text
        law = law_of(text)
        assert law.version == file.law.version
        for each in file.cases:
            vector = vector_of(each, file.law.version)
            kit.vectors[name_of(each)] = vector
            kit.expected[name_of(each)] = answer(vector, law)
    return kit


def change(before: Kit, now: Kit) -> KitChange | None:
    """What a new kit adds, changes and removes, by law id; None: nothing. A sentence that moved to another place of its
    file is the same vector by another name."""
    old, new = _contents(before), _contents(now)
    found = KitChange(version=before.version + 1)
    for vector, content in new.items():
        if old.get(vector) != content:
            _note(found.changed if vector in old else found.added, now, vector)
    for vector in old.keys() - new.keys():
        _note(found.removed, before, vector)
    found.also = [*_also(before, now)]
    return found if found.added or found.changed or found.removed or found.also else None


def _also(before: Kit, now: Kit) -> Iterator[str]:
    """What no vector's content shows: two kits that differ have two versions."""
    was, names = ({vector["sentence"]: name for name, vector in kit.vectors.items()} for kit in (before, now))
    moved = [f"{was[each]} is {name}" for each, name in names.items() if was.get(each, name) != name]
    if moved:
        yield f"moved: {', '.join(moved)}"
    if others := len(now.laws.keys() - before.laws.keys()):
        yield f"{others} of {len(now.laws)} laws have other values, which change nothing else that is said"


def _contents(kit: Kit) -> dict[str, Any]:
    """By sentence: the same whatever place it has in its file."""
    return {
        vector["sentence"]: [
            {name: part for name, part in vector.items() if name not in ("vector", "law_version")},
            kit.expected[name]["pay_runs"],
        ]
        for name, vector in kit.vectors.items()
    }


def _note(by_law: dict[str, list[str]], kit: Kit, sentence: str) -> None:
    [vector] = [each for each in kit.vectors.values() if each["sentence"] == sentence]
    for id in vector["law"]:
        by_law.setdefault(id, []).append(vector["vector"])


def renewed(before: Kit, now: Kit) -> Kit:
    """The new kit with its version and all that was changed up to it."""
    changed = change(before, now)
    now.version = changed.version if changed else before.version
    now.changes = [*before.changes, *([changed] if changed else [])]
    return now


def main() -> None:
    before = stored_kit() if KIT.exists() else Kit(version=0, changes=[], laws={}, vectors={}, expected={})
    now = renewed(before, made())
    KIT.write_bytes(gzip.compress(msgspec.json.encode(now, order="deterministic"), mtime=0))
    print(f"{KIT}: version {now.version}, {len(now.vectors)} vectors")


if __name__ == "__main__":
    main()
