"""The files of a journal, found folder by folder: no step ever holds the names of years.

Cloud Storage subscriptions write to TOPIC/YYYY/MM/DD/. Folders are walked down to the month, and all that lies below
one is listed by whoever gets it. A journal with other folders is found whole too: files above are named one by one.
"""

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from apache_beam.io.filesystems import FileSystems

SUFFIX = ".avro"
BUCKET = "gs://"
MONTH = 3  # folders below the journal: topic, year, month


class Inside(NamedTuple):
    """Full names of what lies directly in a folder; of files, those of a journal."""

    folders: list[str]
    files: list[str]


def pattern_of(folder: str) -> str:
    """What names all files of a journal."""
    return f"{folder.rstrip('/')}/**{SUFFIX}"


def months_in(folder: str, depth: int = MONTH) -> Iterator[str]:
    """Folders, each with a ``/`` at its end, and files, that together hold each file of a journal once."""
    inside = _inside(folder) if depth else None
    if inside is None:
        yield f"{folder.rstrip('/')}/"
        return
    yield from inside.files
    for below in inside.folders:
        yield from months_in(below, depth - 1)


def files_in(name: str) -> Iterator[str]:
    """Names of all files of a folder that `months_in` named, at any depth; of a file, its own."""
    if not name.endswith("/"):
        yield name
    elif name.startswith(BUCKET):
        yield from (path for path, _ in _cloud_storage().list_files(name) if path.endswith(SUFFIX))
    elif "://" in name:
        for match in FileSystems.match([pattern_of(name)]):
            yield from (each.path for each in match.metadata_list)
    else:
        for place, _, files in os.walk(name):
            yield from (os.path.join(place, file) for file in files if file.endswith(SUFFIX))


def _inside(folder: str) -> Inside | None:
    """None: this file system cannot tell."""
    if folder.startswith(BUCKET):
        return _in_bucket(folder)
    return None if "://" in folder else _on_disk(folder)


def _on_disk(folder: str) -> Inside:
    with os.scandir(folder) as entries:
        found = sorted((entry.path, entry.is_dir()) for entry in entries)
    files = [path for path, is_folder in found if not is_folder and path.endswith(SUFFIX)]
    return Inside([path for path, is_folder in found if is_folder], files)


def _in_bucket(folder: str) -> Inside:
    bucket, _, path = folder.removeprefix(BUCKET).rstrip("/").partition("/")
    listed = _cloud_storage().client.list_blobs(bucket, prefix=path and f"{path}/", delimiter="/")
    files = [f"{BUCKET}{bucket}/{blob.name}" for blob in listed if blob.name.endswith(SUFFIX)]
    return Inside([f"{BUCKET}{bucket}/{name.rstrip('/')}" for name in sorted(listed.prefixes)], files)


def _cloud_storage() -> Any:
    """The client that Beam's own file system has."""
    from apache_beam.io.gcp.gcsio import GcsIO
    from apache_beam.options.pipeline_options import PipelineOptions

    return GcsIO(pipeline_options=PipelineOptions([]))
