"""This house's engine behind the kit's door: a vector in, what it says of it out, by pay run.

Answers have what any engine can be held to: amounts, minutes, dates, ids, codes, in the units of the contract.
Sentences, documents and hashes are ours and left out.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fold.shard import Records
from pipelines.plain import replay_plain
from pipelines.vectors.json_schemas import OURS, PARTS
from pipelines.vectors.kit import write_json
from rules.law import Law
from rules.parameters import Parameter
from rules.periods import business_day_of, cut_off_of, epoch_day, iso
from schemas import private
from schemas.avro import fields_of, validate
from schemas.envelope import OutgoingRecord, Record
from schemas.pay_run import PayRun
from schemas.types import Json


def answer(vector: Json, law: Law) -> Json:
    """What is said of a vector's facts up to its last pay run."""
    fields = ({name: value for name, value in fact.items() if name != "kind"} for fact in vector["facts"])
    facts = [validate(fact["kind"], of_fact) for fact, of_fact in zip(vector["facts"], fields, strict=True)]
    models = [fact for fact in facts if isinstance(fact, Record)]
    outcome = replay_plain(models, law, cut_off_of(epoch_day(date.fromisoformat(vector["until"]))))
    return {"vector": vector["vector"], "pay_runs": [*_pay_runs(outcome.records)]}


def answer_all(kit: Path, out: Path) -> int:
    """Answer each vector of a folder that the kit was written to; how many there are."""
    private.folder(out)
    vectors = sorted((kit / "in").glob("*.json"))
    for path in vectors:
        vector: Json = msgspec.json.decode(path.read_bytes())
        write_json(out / path.name, answer(vector, law_in(kit / "laws" / f"{vector['law_version']}.json")))
    return len(vectors)


@cache
def law_in(path: Path) -> Law:
    """The law whose text a file has."""
    return law_of(msgspec.json.decode(path.read_bytes()))


def law_of(text: Json) -> Law:
    """The law of all parameters as JSON has them; what is a list there is a tuple here."""
    found = {name: msgspec.convert(_tuples(parameter), type=Parameter) for name, parameter in text.items()}
    return Law(found)


def _tuples(parameter: Json) -> Json:
    entries = [entry | {"value": _tuple(entry["value"])} for entry in parameter["entries"]]
    return parameter | {"entries": entries}


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _pay_runs(records: Records) -> Iterator[Json]:
    """Pay runs that say something, in order."""
    said: dict[int, Json] = defaultdict(lambda: {name: [] for name in PARTS.values()})
    for kind, name in PARTS.items():
        for record in records.get(kind, ()):
            said[_cut_off(record)][name].append(_told(fields_of(record)))
    for record in records.get("PayRun", ()):
        if isinstance(record, PayRun) and record.came_back:
            said[record.cut_off]["came_back"] = fields_of(record)["came_back"]
    for cut_off, parts in sorted(said.items()):
        yield {"run_date": iso(business_day_of(cut_off)), "came_back": []} | parts


def _cut_off(record: OutgoingRecord) -> int:
    cut_off: int = fields_of(record)["cut_off"]
    return cut_off


def _told(record: Json) -> Json:
    """Without what is ours, and without what is not there."""
    kept = {name: value for name, value in record.items() if name not in OURS and value is not None}
    if "lines" in kept:
        kept["lines"] = [_told(line) for line in kept["lines"]]
    return kept
