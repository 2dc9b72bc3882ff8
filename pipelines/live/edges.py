"""The edges of the live job, as an option names them: ``folder:PATH`` or ``pubsub:PROJECT``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.misuse import Misuse

if TYPE_CHECKING:
    from pipelines.live.collector import Source
    from pipelines.live.job import Job
    from pipelines.live.outbox import Sink


class Edge(NamedTuple):
    """``folder:PATH`` or ``pubsub:PROJECT``."""

    kind: str
    place: str

    def source(self, job: "Job", settle: float) -> "Source":
        """Where facts come from; ``settle``: how long a file that landed must have been as it is (seconds)."""
        from pipelines.live.folders import FolderIn

        if self.kind == "folder":
            source = FolderIn(Path(self.place), job.journal, settle)
            if source.again:
                job.teller.tell("landed again", files=source.again)
            return source
        from pipelines.live.pubsub import TopicsIn

        with _credentials():
            return TopicsIn(self.place)

    def sink(self) -> "Sink":
        """Where records go."""
        from pipelines.live.folder_out import FolderOut

        if self.kind == "folder":
            return FolderOut(Path(self.place))
        from pipelines.live.publishing import TopicsOut

        with _credentials():
            return TopicsOut(self.place)


@contextmanager
def _credentials() -> Iterator[None]:
    from google.auth.exceptions import DefaultCredentialsError

    try:
        yield
    except DefaultCredentialsError:
        raise Misuse("Pub/Sub asks who you are: name credentials, or PUBSUB_EMULATOR_HOST of a server here") from None


def edge_of(text: str, option: str) -> Edge:
    """The edge that an option names. Raises Misuse."""
    kind, _, place = text.partition(":")
    if kind not in ("folder", "pubsub") or not place:
        raise Misuse(f"{option} {text} is neither folder:PATH nor pubsub:PROJECT")
    return Edge(kind, place)
