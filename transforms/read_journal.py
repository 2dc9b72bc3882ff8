"""A streaming job that begins from its journal: the files that Cloud Storage subscriptions wrote are read as messages.

Each message keeps its publish time as event time, so it goes to the same pay run as before, and the watermark waits for
all of them. A fact that was late then goes to the pay run that took it then (`fold.admissions`). A file that cannot be
read to its end stops the job: without that part of the past it would pay it twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.window import TimestampedValue

from fold.admissions import Admissions, Told, admissions_of
from fold.admitted import DOORS, admitted_in
from fold.rows import Keyed
from schemas.avro import Unreadable
from schemas.cloud_journal import Deliveries, Delivery, is_cloud_journal
from schemas.ids import message_of_origin, origin_of_message
from transforms.decode_messages import decoded_delivery
from transforms.journal_folders import files_in, months_in
from transforms.keyed import typed
from transforms.moments import timestamp


class JournalDamaged(RuntimeError):
    """A file of the journal that cannot be read to its end: no job can begin from it."""


class ReadJournal(beam.PTransform):
    """A journal to facts for a door (tag ``facts``), rejections (``records``) and what it tells of late facts
    (``told``). ``folder`` None: nothing. ``names``: the job's own subscription by kind of fact, by which a rejection
    has the same id whether its message was read here or there."""

    def __init__(self, folder: str | None, names: Mapping[str, str], doors: int = DOORS) -> None:
        super().__init__()
        self.folder, self.names, self.doors = folder, dict(names), doors

    def expand(self, pipeline: beam.Pipeline) -> Any:
        months = pipeline | beam.Impulse() | "List" >> beam.FlatMap(_months, self.folder).with_output_types(str)
        listed = months | "Deal" >> beam.Reshuffle() | "Find" >> beam.FlatMap(files_in).with_output_types(str)
        files = listed | "Spread" >> beam.Reshuffle()
        read = beam.ParDo(ReadFiles(self.names, self.doors)).with_outputs("told", "records", main="facts")
        return typed(files | "Read" >> read, "facts")


def _months(_: bytes, folder: str | None) -> Iterator[str]:
    return months_in(folder) if folder else iter(())


class ReadFiles(beam.DoFn):
    """Names of files to what is in them. Raises JournalDamaged."""

    def __init__(self, names: dict[str, str], doors: int) -> None:
        self.names, self.doors = names, doors

    def process(self, name: str) -> Iterator[Any]:
        try:
            with FileSystems.open(name) as stream:
                yield from (beam.pvalue.TaggedOutput("told", each) for each in admissions_of(stream))
                stream.seek(0)
                if is_cloud_journal(stream):
                    for _, delivery in Deliveries(stream).messages():
                        yield from self._read(delivery)
        except Unreadable as damage:
            raise JournalDamaged(f"{name}: {damage.reason} at byte {damage.offset}: {damage.message}") from damage

    def _read(self, delivery: Delivery) -> Iterator[Any]:
        if delivery.kind is not None:
            if delivery.kind not in self.names:  # reference, or an Admission
                return
            origin = origin_of_message(self.names[delivery.kind], message_of_origin(delivery.origin))
            delivery = delivery._replace(origin=origin)
        for each in decoded_delivery(delivery, self.doors):
            is_fact = not isinstance(each, beam.pvalue.TaggedOutput)
            yield TimestampedValue(each, timestamp(delivery.arrived_at)) if is_fact else each


class ObeyAdmissions(beam.DoFn):
    """Facts for a door, each with the pay run that took it where the journal tells of one: also those that Pub/Sub
    sends again, for a fact that was late is late however often it comes."""

    def start_bundle(self) -> None:
        self.known: Admissions | None = None

    def process(self, element: Keyed, told: Iterable[Told]) -> Iterator[Keyed]:
        if self.known is None:
            self.known = Admissions(told)
        yield obeyed(element, self.known)


def obeyed(element: Keyed, known: Admissions) -> Keyed:
    """The fact as it is admitted."""
    if not known:
        return element
    admitted = admitted_in(element)
    cut_off = known.obeyed(admitted.fact, admitted.cut_off)
    return element if cut_off == admitted.cut_off else (element[0], admitted.moved(cut_off).packed())
