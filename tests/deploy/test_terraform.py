"""What Terraform may never say, tried on its text: nothing public, nothing lost, no right that is not needed."""

import copy
import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

from deploy.roll import ROLL, TERRAFORM, columns, roll, texts
from pipelines.launch.options import Options
from pipelines.topic_edges import message_of, topics_of
from rules.periods import is_business_day
from schemas import KINDS
from schemas.avro import decode_plain, schema_path, validate
from tests.deploy.bucket_life import Object, gone_on
from tests.schemas.samples import SAMPLES

DOCS = TERRAFORM.parents[1] / "docs" / "dataflow.md"
ARGUMENTS = json.loads(Path(__file__).with_name("provider_arguments.json").read_text())["resources"]
META = {"for_each", "count", "lifecycle", "depends_on", "provider", "dynamic"}
BROAD = ("roles/owner", "roles/editor", "roles/viewer", "admin", "Admin")
ADMIN_OF_A_BUCKET = {"roles/storage.objectAdmin"}  # objects of the one bucket that Dataflow spills into
LONGEST_DAYS = 31  # Pub/Sub keeps no message longer
Resource = tuple[str, str, dict[str, Any]]


def plain(value: Any) -> Any:
    """HCL without the quotes and lists that its reader leaves."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value[1:-1] if isinstance(value, str) and re.fullmatch(r'".*"', value, re.DOTALL) else value


def read() -> list[Resource]:
    """(type, name, body) of every resource."""
    found = []
    for path in sorted(TERRAFORM.glob("*.tf")):
        with path.open() as stream:
            for block in plain(hcl2.load(stream)).get("resource", ()):
                found += [(kind, name, body) for kind, named in block.items() for name, body in named.items()]
    return found


RESOURCES = read()


def one(body: dict[str, Any], block: str) -> dict[str, Any]:
    (only,) = body[block]
    return only  # type: ignore[no-any-return]


Policy = Callable[[list[Resource]], Iterator[str]]
BROKEN: list[tuple[Policy, Callable[[list[Resource]], None]]] = []
POLICIES: list[Policy] = []


def policy(*breaks: Callable[[list[Resource]], None]) -> Callable[[Policy], Policy]:
    """A policy yields one sentence for each breach; each ``breaks`` changes resources so that it must see one."""

    def register(check: Policy) -> Policy:
        POLICIES.append(check)
        BROKEN.extend((check, each) for each in breaks)
        return check

    return register


def of(kind: str, resources: list[Resource]) -> Iterator[Resource]:
    return (each for each in resources if each[0] == kind)


def first(kind: str, name: str, resources: list[Resource]) -> dict[str, Any]:
    return next(body for _, label, body in of(kind, resources) if label == name)


def set_in(kind: str, name: str, key: str, value: Any) -> Callable[[list[Resource]], None]:
    return lambda resources: first(kind, name, resources).__setitem__(key, value)


def without(kind: str, name: str, key: str) -> Callable[[list[Resource]], None]:
    return lambda resources: first(kind, name, resources).pop(key)


@policy(
    set_in("google_pubsub_topic_iam_member", "worker_says", "member", "allUsers"),
    set_in("google_pubsub_topic_iam_member", "worker_says", "member", "allAuthenticatedUsers"),
    set_in("google_storage_bucket", "journal", "public_access_prevention", "inherited"),
    set_in("google_storage_bucket", "dataflow", "uniform_bucket_level_access", False),
    without("google_storage_bucket", "journal", "public_access_prevention"),
)
def nothing_is_public(resources: list[Resource]) -> Iterator[str]:
    for kind, name, body in resources:
        if "allUsers" in str(body) or "allAuthenticatedUsers" in str(body):
            yield f"{kind}.{name} is open to everybody"
    for _, name, body in of("google_storage_bucket", resources):
        enforced = (
            body.get("public_access_prevention") == "enforced" and body.get("uniform_bucket_level_access") is True
        )
        if not enforced:
            yield f"bucket {name} can be made public"


AWAY = [{"dead_letter_topic": "x", "max_delivery_attempts": 100}]
LATER = [{"minimum_backoff": "10s", "maximum_backoff": "600s"}]


@policy(
    set_in("google_pubsub_subscription", "payroll", "dead_letter_policy", AWAY),
    set_in("google_pubsub_subscription", "payroll", "retry_policy", LATER),
    set_in("google_pubsub_subscription", "payroll", "enable_message_ordering", True),
    set_in("google_pubsub_subscription", "payroll", "enable_exactly_once_delivery", True),
    set_in("google_pubsub_subscription", "payroll", "filter", "attributes.x = 'y'"),
    set_in("google_pubsub_subscription", "journal", "dead_letter_policy", AWAY),
    set_in("google_pubsub_subscription", "journal", "filter", "attributes.x = 'y'"),
    set_in("google_pubsub_subscription", "check", "dead_letter_policy", AWAY),
    set_in("google_pubsub_subscription", "check", "retry_policy", LATER),
    set_in("google_pubsub_subscription", "check", "enable_exactly_once_delivery", True),
)
def nothing_stands_between_a_message_and_the_payroll(resources: list[Resource]) -> Iterator[str]:
    """As Dataflow reads (its page "Read from Pub/Sub", unsupported features): a fact that goes elsewhere, or comes
    later than its turn, is missing from a pay run; one that leaves the journal is missing from all replays; one that a
    check waits for in vain makes it cry wolf."""
    for name in ("payroll", "journal", "check"):
        body = first("google_pubsub_subscription", name, resources)
        for argument in ("dead_letter_policy", "retry_policy", "filter", "message_transforms"):
            if argument in body:
                yield f"subscription {name} has a {argument}"
        for argument in ("enable_message_ordering", "enable_exactly_once_delivery"):
            if body.get(argument, False) is not False:
                yield f"subscription {name} says {argument}"


@policy(
    without("google_pubsub_subscription", "consumer", "dead_letter_policy"),
    lambda resources: first("google_pubsub_subscription", "bigquery", resources)["dead_letter_policy"][0].pop(
        "dead_letter_topic"
    ),
)
def every_reader_of_what_was_said_has_a_dead_letter(resources: list[Resource]) -> Iterator[str]:
    for name in ("consumer", "bigquery"):
        body = first("google_pubsub_subscription", name, resources)
        if not body.get("dead_letter_policy", [{}])[0].get("dead_letter_topic"):
            yield f"subscription {name} has no dead letter"


SPILLED, STAGED = Object("tmp/shuffle-1", 10, 12), Object("staging/pipeline.pb", 10, None)
NEVER_DELETES = {
    "action": [{"type": "Delete"}],
    "condition": [{"num_newer_versions": 3, "days_since_noncurrent_time": 30, "with_state": "ARCHIVED"}],
}
OF_AN_AGE = {"action": [{"type": "Delete"}], "condition": [{"age": 30}]}


@policy(
    set_in("google_storage_bucket", "dataflow", "soft_delete_policy", [{"retention_duration_seconds": "${7 * 86400}"}]),
    without("google_storage_bucket", "dataflow", "soft_delete_policy"),
    set_in("google_storage_bucket", "dataflow", "lifecycle_rule", [OF_AN_AGE]),
    lambda resources: first("google_storage_bucket", "dataflow", resources).update(
        versioning=[{"enabled": True}], lifecycle_rule=[NEVER_DELETES]
    ),
)
def what_dataflow_deletes_is_gone_and_what_it_needs_stays(resources: list[Resource]) -> Iterator[str]:
    """Spilled shuffles hold facts about people."""
    bucket = first("google_storage_bucket", "dataflow", resources)
    if gone_on(bucket, SPILLED) != SPILLED.deleted:
        yield "what Dataflow deleted lies on"
    if gone_on(bucket, STAGED) is not None:
        yield "a file of the running job is deleted"


def test_rules_of_a_bucket_are_evaluated_as_they_are_written() -> None:
    """Over a made-up bucket: the rule of before never deleted anything, since a deleted object has no newer version."""
    versions = {"versioning": [{"enabled": True}], "soft_delete_policy": [{"retention_duration_seconds": 0}]}
    assert gone_on(versions | {"lifecycle_rule": [NEVER_DELETES]}, SPILLED) is None
    assert gone_on(versions | {"lifecycle_rule": [NEVER_DELETES]}, SPILLED._replace(rewritten=3)) == 42
    month = {"action": [{"type": "Delete"}], "condition": [{"days_since_noncurrent_time": 30}]}
    assert gone_on(versions | {"lifecycle_rule": [month]}, SPILLED) == 42
    assert gone_on(versions | {"lifecycle_rule": [month]}, STAGED) is None
    assert gone_on(versions | {"lifecycle_rule": [OF_AN_AGE]}, STAGED) == 40
    below = {"action": [{"type": "Delete"}], "condition": [{"age": 1, "matches_prefix": ["tmp/"]}]}
    assert gone_on({"lifecycle_rule": [below]}, STAGED) is None
    assert gone_on({}, SPILLED) == 12 + 7  # Google's default


@policy(
    lambda resources: first("google_pubsub_subscription", "check", resources)["expiration_policy"][0].update(
        ttl="86400s"
    ),
    without("google_pubsub_subscription", "bigquery", "expiration_policy"),
    without("google_pubsub_subscription", "consumer", "message_retention_duration"),
    set_in("google_pubsub_subscription", "payroll", "message_retention_duration", "${7 * local.day}s"),
    set_in("google_pubsub_topic", "kind", "message_retention_duration", "600s"),
    without("google_storage_bucket", "journal", "retention_policy"),
    set_in("google_storage_bucket", "journal", "lifecycle_rule", [{"action": [{"type": "Delete"}]}]),
)
def nothing_is_forgotten(resources: list[Resource]) -> Iterator[str]:
    for kind in ("google_pubsub_subscription", "google_pubsub_topic"):
        for _, name, body in of(kind, resources):
            days = re.fullmatch(r"\$\{(\d+) \* local\.day\}s", body.get("message_retention_duration", ""))
            if days is None or int(days[1]) < (7 if name == "check" else LONGEST_DAYS):
                yield f"{kind}.{name} does not keep messages as long as Pub/Sub can"
    for _, name, body in of("google_pubsub_subscription", resources):
        if body.get("expiration_policy", [{}])[0].get("ttl", "31d") not in ("", '""'):
            yield f"subscription {name} expires"
    journal = first("google_storage_bucket", "journal", resources)
    if "retention_policy" not in journal or "lifecycle_rule" in journal:
        yield "the journal can lose what is in it"


@policy(
    set_in("google_storage_bucket", "journal", "force_destroy", True),
    set_in("google_bigquery_table", "kind", "deletion_protection", False),
    set_in("google_bigquery_dataset", "messages", "delete_contents_on_destroy", True),
    without("google_pubsub_topic", "kind", "lifecycle"),
    without("google_pubsub_subscription", "journal", "lifecycle"),
    without("google_bigquery_table", "kind", "lifecycle"),
)
def nothing_that_holds_facts_can_be_destroyed(resources: list[Resource]) -> Iterator[str]:
    holders = {
        ("google_pubsub_topic", "kind"),
        ("google_pubsub_topic", "dead_letter"),
        ("google_pubsub_subscription", "payroll"),
        ("google_pubsub_subscription", "consumer"),
        ("google_pubsub_subscription", "journal"),
        ("google_pubsub_subscription", "dead_letter"),
        ("google_storage_bucket", "journal"),
        ("google_bigquery_dataset", "messages"),
        ("google_bigquery_table", "kind"),
        ("google_pubsub_schema", "kind"),
    }
    for kind, name, body in resources:
        if (kind, name) in holders and body.get("lifecycle") != [{"prevent_destroy": True}]:
            yield f"{kind}.{name} can be destroyed"
        if body.get("force_destroy") is True or body.get("delete_contents_on_destroy") is True:
            yield f"{kind}.{name} is emptied when destroyed"
        if kind == "google_bigquery_table" and body.get("deletion_protection") != "${var.deletion_protection}":
            yield f"table {name} is not protected"


def takes_the_key(kind: str, body: dict[str, Any]) -> bool:
    if kind in ("google_pubsub_topic", "google_artifact_registry_repository"):
        return bool(body.get("kms_key_name") == "${var.kms_key}")
    return any("var.kms_key" in str(each) for each in body.get("dynamic", ()))


@policy(
    without("google_pubsub_topic", "dead_letter", "kms_key_name"),
    without("google_storage_bucket", "dataflow", "dynamic"),
    without("google_bigquery_dataset", "messages", "dynamic"),
    without("google_pubsub_topic", "kind", "depends_on"),
    set_in("google_kms_crypto_key_iam_member", "keeper", "role", "roles/cloudkms.viewer"),
    set_in("google_kms_crypto_key_iam_member", "keeper", "for_each", "${local.member}"),
)
def a_key_of_your_own_covers_all_that_is_kept(resources: list[Resource]) -> Iterator[str]:
    """And may be used, by the services that keep things and only by them, before anything is made with it."""
    for kind in ("google_pubsub_topic", "google_storage_bucket", "google_artifact_registry_repository"):
        for _, name, body in of(kind, resources):
            if not takes_the_key(kind, body) or "google_kms_crypto_key_iam_member.keeper" not in str(body):
                yield f"{kind}.{name} does not take the key"
    messages = first("google_bigquery_dataset", "messages", resources)  # the other holds views only
    if not takes_the_key("", messages) or "google_kms_crypto_key_iam_member.keeper" not in str(messages):
        yield "the tables do not take the key"
    keeper = first("google_kms_crypto_key_iam_member", "keeper", resources)
    if keeper["role"] != "roles/cloudkms.cryptoKeyEncrypterDecrypter":
        yield "nobody can use the key"
    if "local.keepers" not in keeper["for_each"]:
        yield "the key is not for Google's services"


@policy(
    lambda resources: resources.remove(next(of("google_project_iam_audit_config", resources))),
    lambda resources: first("google_project_iam_audit_config", "files", resources)["audit_log_config"].pop(0),
    set_in("google_logging_project_bucket_config", "kept", "retention_days", 30),
)
def who_read_the_journal_is_known_for_a_year(resources: list[Resource]) -> Iterator[str]:
    configured = [body for _, _, body in of("google_project_iam_audit_config", resources)]
    types = {each["log_type"] for body in configured for each in body["audit_log_config"]}
    if types != {"DATA_READ", "DATA_WRITE"} or any("exempted_members" in str(body) for body in configured):
        yield "somebody reads the journal and no log says so"
    logs = first("google_logging_project_bucket_config", "kept", resources)
    if logs.get("retention_days") != "${var.log_retention_days}":
        yield "logs are forgotten"


def granted(resources: list[Resource]) -> Iterator[tuple[str, str]]:
    """(where, role) of every right that is given."""
    for kind, name, body in resources:
        if kind.endswith(("_iam_member", "_iam_binding", "_iam_policy")):
            yield f"{kind}.{name}", str(body.get("role"))
    for path in TERRAFORM.glob("*.tf"):
        for role in re.findall(r'"(roles/[\w.]+)"', path.read_text()):
            yield path.name, role


@policy(
    set_in("google_service_account_iam_member", "launcher_is_worker", "role", "roles/owner"),
    set_in("google_pubsub_topic_iam_member", "worker_says", "role", "roles/pubsub.admin"),
    set_in("google_service_account_iam_member", "operator_is_launcher", "role", "roles/iam.serviceAccountAdmin"),
    set_in("google_pubsub_topic_iam_member", "worker_says", "member", "serviceAccount:*"),
    lambda resources: resources.append(("google_project_iam_binding", "all", {"role": "roles/pubsub.publisher"})),
    lambda resources: resources.append(("google_project_iam_member", "all", {"role": "roles/pubsub.publisher"})),
)
def no_right_is_broad(resources: list[Resource]) -> Iterator[str]:
    for where, role in granted(resources):
        if any(word in role for word in BROAD) and role not in ADMIN_OF_A_BUCKET:
            yield f"{where} gives {role}"
    for kind, name, body in resources:
        if kind.endswith(("_iam_binding", "_iam_policy")):
            yield f"{kind}.{name} takes rights from others"
        if "*" in str(body.get("member", "")):
            yield f"{kind}.{name} names a wildcard"
        if kind == "google_project_iam_member" and name not in ("account", "agent"):
            yield f"{kind}.{name} gives on the project what a resource could"


@policy(
    set_in("google_pubsub_topic", "kind", "for_each", "${local.facts}"),
    without("google_pubsub_topic", "kind", "schema_settings"),
    set_in("google_pubsub_subscription", "payroll", "for_each", "${local.spoken}"),
    set_in("google_pubsub_subscription", "consumer", "for_each", "${local.facts}"),
    lambda resources: one(
        one(first("google_pubsub_subscription", "journal", resources), "cloud_storage_config"), "avro_config"
    ).update(write_metadata=False),
)
def every_kind_has_its_topic_schema_and_subscriptions(resources: list[Resource]) -> Iterator[str]:
    for name in ("google_pubsub_topic", "google_pubsub_schema"):
        if first(name, "kind", resources)["for_each"] != "${var.topics}":
            yield f"{name} is not of every kind"
    if first("google_pubsub_topic", "kind", resources).get("schema_settings", [{}])[0].get("encoding") != "BINARY":
        yield "topics take what is no record"
    for name, kinds in (("payroll", "${local.read}"), ("consumer", "${local.spoken}")):
        if first("google_pubsub_subscription", name, resources)["for_each"] != kinds:
            yield f"subscription {name} is not of all its kinds"
    journal = first("google_pubsub_subscription", "journal", resources)
    avro = one(one(journal, "cloud_storage_config"), "avro_config")
    if 'direction != "conclusion"' not in journal["for_each"] or avro != {
        "write_metadata": True,
        "use_topic_schema": False,
    }:
        yield "the journal does not keep when everything arrived"


@policy(
    lambda resources: first("google_monitoring_alert_policy", "alert", resources).pop("documentation"),
    set_in("google_monitoring_alert_policy", "alert", "notification_channels", []),
)
def every_alert_reaches_somebody_with_a_runbook(resources: list[Resource]) -> Iterator[str]:
    for _, name, body in of("google_monitoring_alert_policy", resources):
        if body["notification_channels"] != "${var.notification_channels}":
            yield f"alert {name} reaches nobody"
        if "${var.runbook}#" not in str(body.get("documentation")):
            yield f"alert {name} has no runbook"


@policy(
    set_in("google_compute_subnetwork", "payroll", "private_ip_google_access", False),
    set_in("google_compute_network", "payroll", "auto_create_subnetworks", True),
    set_in("google_compute_firewall", "workers", "source_ranges", ["0.0.0.0/0"]),
    without("google_compute_firewall", "workers", "source_tags"),
    set_in("google_compute_firewall", "workers", "allow", [{"protocol": "all"}]),
)
def workers_reach_google_and_nobody_reaches_them(resources: list[Resource]) -> Iterator[str]:
    """The job asks for workers without a public address: Private Google Access is their only way."""
    if first("google_compute_subnetwork", "payroll", resources).get("private_ip_google_access") is not True:
        yield "workers cannot reach Google's services, nor pull their image"
    if first("google_compute_network", "payroll", resources).get("auto_create_subnetworks") is not False:
        yield "there are subnetworks that nobody asked for"
    for _, name, body in of("google_compute_firewall", resources):
        if body.get("source_tags") != ["dataflow"] or "source_ranges" in body:
            yield f"firewall {name} lets others in than workers"
        if body["allow"] != [{"protocol": "tcp", "ports": ["12345", "12346"]}]:
            yield f"firewall {name} opens more than Dataflow's ports"


FIRST_THERE = {
    "google_pubsub_schema.kind": ("google_bigquery_table.kind",),
    "google_pubsub_subscription.journal": (
        "google_storage_bucket_iam_member.journal_writer", "google_storage_bucket_iam_member.journal_looker"),
    "google_pubsub_subscription.bigquery": ("google_bigquery_table_iam_member.table_writer",),
    "google_bigquery_data_transfer_config.pay_run_watch": (
        "google_bigquery_table.view", "google_project_iam_member.account", "google_project_iam_member.agent"),
}  # fmt: skip
"""What nothing else makes Terraform do in turn: a column before the revision that fills it (else the new field is
dropped silently), and rights before the service that asks for them when it is made."""


@policy(*(without(*place.split("."), "depends_on") for place in FIRST_THERE))
def what_is_needed_is_there_first(resources: list[Resource]) -> Iterator[str]:
    for place, needed in FIRST_THERE.items():
        told = first(*place.split("."), resources).get("depends_on", [])
        for each in needed:
            if f"${{{each}}}" not in told:
                yield f"{place} may be made before {each}"


NEEDED = (
    ("google_pubsub_subscription_iam_member", "worker_reads", "roles/pubsub.subscriber", "payroll"),
    ("google_pubsub_subscription_iam_member", "worker_looks", "roles/pubsub.viewer", "payroll"),
    ("google_pubsub_topic_iam_member", "worker_looks", "roles/pubsub.viewer", "merge(local.read, local.spoken)"),
    ("google_pubsub_topic_iam_member", "worker_says", "roles/pubsub.publisher", "local.spoken"),
    ("google_storage_bucket_iam_member", "worker_resumes", "roles/storage.objectViewer", "journal"),
    ("google_storage_bucket_iam_member", "worker_finds", "roles/storage.legacyBucketReader", "dataflow"),
    ("google_service_account_iam_member", "operator_is_launcher", "roles/iam.serviceAccountTokenCreator", "operators"),
    ("google_pubsub_subscription_iam_member", "launcher_checks", "roles/pubsub.subscriber", "check"),
)
"""Rights without which a job does not start, does not begin again, or cannot be asked: and on what."""


@policy(*(set_in(kind, name, "role", "roles/browser") for kind, name, _, _ in NEEDED))
def who_works_may_work(resources: list[Resource]) -> Iterator[str]:
    for kind, name, role, on in NEEDED:
        body = first(kind, name, resources)
        if body["role"] != role or on not in str(body):
            yield f"{kind}.{name} gives {body['role']}"


@policy(
    lambda resources: resources.append(
        ("google_bigquery_dataset_iam_member", "x", {"dataset_id": "${google_bigquery_dataset.payroll.dataset_id}"})
    ),
    without("google_bigquery_dataset", "payroll", "access"),
    without("google_bigquery_dataset", "messages", "access"),
)
def a_dataset_says_itself_who_reads_it(resources: list[Resource]) -> Iterator[str]:
    """Without a list of its own, everybody who may see the project may read it; and two lists undo each other."""
    for _, name, body in of("google_bigquery_dataset", resources):
        if not any(each.get("special_group") == "projectOwners" for each in body.get("access", ())):
            yield f"dataset {name} is read by the whole project"
    if any(kind.startswith("google_bigquery_dataset_iam") for kind, _, _ in resources):
        yield "two lists say who reads a dataset"


@policy(
    set_in("google_pubsub_subscription", "payroll", "dead_letters", "x"),
    without("google_pubsub_subscription", "payroll", "topic"),
    lambda resources: one(first("google_storage_bucket", "journal", resources), "retention_policy").pop(
        "retention_period"
    ),
)
def the_provider_knows_every_argument(resources: list[Resource]) -> Iterator[str]:
    """Names that google 7.45 takes, of `terraform providers schema`: where it is at hand, `terraform test` says more
    (deploy/terraform/tests)."""
    for kind, name, body in resources:
        yield from _unknown(f"{kind}.{name}", {k: v for k, v in body.items() if k not in META}, ARGUMENTS[kind])
        for dynamic in body.get("dynamic", ()):
            for block, content in dynamic.items():
                if isinstance(ARGUMENTS[kind].get(block), dict):
                    yield from _unknown(f"{kind}.{name}.{block}", one(content, "content"), ARGUMENTS[kind][block])
                else:
                    yield f"{kind}.{name} has no block {block}"


def _unknown(where: str, body: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    for argument, needed in known.items():
        if needed == "required" and argument not in body:
            yield f"{where} lacks {argument}"
    for argument, value in body.items():
        if argument not in known:
            yield f"{where} has no argument {argument}"
        elif isinstance(known[argument], dict):
            for block in value:
                yield from _unknown(f"{where}.{argument}", block, known[argument])


def seconds(value: str) -> float:
    """A duration as it is written, ``600s`` or ``${31 * local.day}s``."""
    written = value.removesuffix("s").removeprefix("${").removesuffix("}").replace("local.day", "86400")
    return float(math.prod(int(part) for part in written.split(" * ")))


def between(least: float, most: float) -> Callable[[Any], bool]:
    return lambda value: least <= (seconds(value) if isinstance(value, str) else value) <= most


def among(*values: Any) -> Callable[[Any], bool]:
    return lambda value: value in values


def like(pattern: str) -> Callable[[Any], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


DAYS = 86400
TAKEN: dict[str, Callable[[Any], bool]] = {
    "google_pubsub_subscription.ack_deadline_seconds": between(10, 600),
    "google_pubsub_subscription.message_retention_duration": between(600, 31 * DAYS),
    "google_pubsub_subscription.dead_letter_policy.max_delivery_attempts": between(5, 100),
    "google_pubsub_subscription.retry_policy.minimum_backoff": between(0, 600),
    "google_pubsub_subscription.retry_policy.maximum_backoff": between(0, 600),
    "google_pubsub_subscription.cloud_storage_config.max_bytes": between(1000, 10 << 30),
    "google_pubsub_subscription.cloud_storage_config.max_duration": between(60, 600),
    "google_pubsub_subscription.cloud_storage_config.filename_suffix": like(r".*[^/]"),
    "google_pubsub_topic.message_retention_duration": between(600, 31 * DAYS),
    "google_pubsub_topic.schema_settings.encoding": among("BINARY", "JSON"),
    "google_pubsub_schema.type": among("AVRO", "PROTOCOL_BUFFER"),
    "google_bigquery_table.time_partitioning.type": among("HOUR", "DAY", "MONTH", "YEAR"),
    "google_bigquery_dataset.max_time_travel_hours": between(48, 168),
    "google_bigquery_dataset.access.role": among("OWNER", "READER", "WRITER"),
    "google_bigquery_data_transfer_config.schedule": like(r"every (day \d\d:\d\d|\d+ hours)"),
    "google_storage_bucket.public_access_prevention": among("enforced", "inherited"),
    "google_storage_bucket.soft_delete_policy.retention_duration_seconds":
        lambda value: value == 0 or between(7 * DAYS, 90 * DAYS)(f"{value}s".replace("}s", "}")),
    "google_storage_bucket.lifecycle_rule.action.type":
        among("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"),
    "google_artifact_registry_repository.format": among("DOCKER"),
    "google_compute_firewall.direction": among("INGRESS", "EGRESS"),
    "google_project_iam_audit_config.audit_log_config.log_type": among("DATA_READ", "DATA_WRITE", "ADMIN_READ"),
    "google_monitoring_alert_policy.combiner": among("OR", "AND", "AND_WITH_MATCHING_RESOURCE"),
    "google_monitoring_alert_policy.conditions.condition_threshold.comparison": among("COMPARISON_GT"),
    "google_monitoring_alert_policy.conditions.condition_absent.duration": between(60, 84600),
}  # fmt: skip
"""What the services take, by their documentation: the provider's schema does not say it."""


def values_at(body: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(body, list):
        for each in body:
            yield from values_at(each, path)
    elif path and isinstance(body, dict) and path[0] in body:
        found = body[path[0]]
        yield from values_at(found, path[1:]) if path[1:] else [found]


@policy(
    set_in("google_pubsub_subscription", "journal", "ack_deadline_seconds", 5),
    set_in("google_pubsub_subscription", "payroll", "message_retention_duration", "${32 * local.day}s"),
    set_in("google_storage_bucket", "dataflow", "soft_delete_policy", [{"retention_duration_seconds": 86400}]),
    lambda resources: one(first("google_pubsub_subscription", "journal", resources), "cloud_storage_config").update(
        max_duration="900s"
    ),
    lambda resources: first("google_pubsub_subscription", "consumer", resources)["dead_letter_policy"][0].update(
        max_delivery_attempts=101
    ),
)
def every_value_is_one_that_the_service_takes(resources: list[Resource]) -> Iterator[str]:
    for place, taken in TAKEN.items():
        wanted, *path = place.split(".")
        for _, name, body in of(wanted, resources):
            for value in values_at(body, path):
                if not taken(value):
                    yield f"{place} of {name} cannot be {value}"
    journal = first("google_pubsub_subscription", "journal", resources)
    if seconds(one(journal, "cloud_storage_config")["max_duration"]) > journal["ack_deadline_seconds"]:
        yield "the journal holds messages longer than it may"


def test_every_value_is_looked_at() -> None:
    for place in TAKEN:
        wanted, *path = place.split(".")
        assert [*values_at([body for _, _, body in of(wanted, RESOURCES)], path)], place


@pytest.mark.parametrize("check", POLICIES, ids=lambda check: check.__name__)
def test_the_policy_holds(check: Policy) -> None:
    assert not list(check(RESOURCES))


@pytest.mark.parametrize(("check", "broken"), BROKEN, ids=lambda part: getattr(part, "__name__", ""))
def test_the_policy_sees(check: Policy, broken: Callable[[list[Resource]], None]) -> None:
    resources = copy.deepcopy(RESOURCES)
    broken(resources)
    assert list(check(resources))


def test_the_resources_were_found() -> None:
    """Without this, an empty list would keep every policy."""
    assert len(RESOURCES) > 35
    assert {"payroll", "consumer", "check", "journal", "bigquery", "dead_letter"} == {
        name for _, name, _ in of("google_pubsub_subscription", RESOURCES)
    }


def test_what_is_made_is_in_step_with_its_sources() -> None:
    for path, text in texts().items():
        assert path.read_text() == text, f"{path.name} is stale: run python -m deploy.roll"


def test_every_kind_is_in_the_roll() -> None:
    topics = roll()["topics"]
    assert set(topics) == set(KINDS)
    assert all((schema_path(kind).parent / topic["file"]) == schema_path(kind) for kind, topic in topics.items())
    assert "2026-12-25" in roll()["days_without_pay_run"] and not is_business_day(20812)  # 2026-12-25


def test_columns_are_what_a_subscription_writes() -> None:
    """Google's table of types: enums as numbers, dates and instants as such, arrays of records repeated."""
    by_name = {column["name"]: column for column in columns("PaymentInstruction")}
    assert by_name["run_date"] == {"name": "run_date", "type": "DATE", "mode": "REQUIRED"}
    assert by_name["cut_off"]["type"] == by_name["publish_time"]["type"] == "TIMESTAMP"
    assert by_name["kind"] == {"name": "kind", "type": "INTEGER", "mode": "REQUIRED"}
    assert by_name["spend_by"] == {"name": "spend_by", "type": "DATE", "mode": "NULLABLE"}
    assert by_name["documents"] == {"name": "documents", "type": "STRING", "mode": "REPEATED"}
    assert (by_name["lines"]["type"], by_name["lines"]["mode"]) == ("RECORD", "REPEATED")
    assert {"name": "program", "type": "INTEGER", "mode": "REQUIRED"} in by_name["lines"]["fields"]
    (program,) = [column for column in columns("Finding") if column["name"] == "program"]
    assert program == {"name": "program", "type": "INTEGER", "mode": "NULLABLE"}


def test_runbooks_are_written() -> None:
    """Every alert's heading is in docs/dataflow.md."""
    headings = re.findall(r"^#+ (.+)$", DOCS.read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    text = (TERRAFORM / "alerts.tf").read_text()
    asked = set(re.findall(r'anchor\s+= "([\w-]+)"', text)) | set(re.findall(r"var.runbook}#([a-z-]+)", text))
    assert len(asked) >= 8 and asked <= anchors


@policy(
    set_in("google_project_iam_member", "agent", "role", "roles/pubsub.viewer"),
    set_in("google_project_iam_member", "agent", "for_each", '${{ pubsub = local.agents["pubsub"] }}'),
)
def an_account_that_was_asked_for_has_the_role_of_its_service(resources: list[Resource]) -> Iterator[str]:
    """What Google gives with the first use of a service it does not give with `gcloud beta services identity create`
    (IAM, "Create and grant roles to service agents"): Dataflow would start no worker."""
    body = first("google_project_iam_member", "agent", resources)
    if (body["for_each"], body["role"]) != ("${local.agents}", "roles/${each.key}.serviceAgent"):
        yield "an account of Google's may not do its work"


SERVICES = {
    "artifact_registry": "artifactregistry", "bigquery": "bigquery", "bigquery_data_transfer": "bigquerydatatransfer",
    "compute": "compute", "kms": "cloudkms", "logging": "logging", "monitoring": "monitoring",
    "project": "cloudresourcemanager", "pubsub": "pubsub", "service_account": "iam", "storage": "storage",
}  # fmt: skip
"""Which service a resource is of, by the longest beginning of its name."""


def test_services_are_named_that_are_used() -> None:
    """Also those that Terraform itself asks (projects and services), that sign for people, and the job's own."""
    (line,) = re.findall(r"gcloud services enable ((?:.*\\\n)+.*)", DOCS.read_text())
    named = {each.removesuffix(".googleapis.com") for each in line.replace("\\", " ").split()}
    kinds = [kind.removeprefix("google_") for kind, _, _ in RESOURCES]
    used = {SERVICES[max((start for start in SERVICES if kind.startswith(start)), key=len)] for kind in kinds}
    assert named == used | {"dataflow", "serviceusage", "iamcredentials"}


WITH_ITS_SERVICE = {"compute-system"}
"""Accounts that are there as soon as their service is switched on; others come with its first use."""


def test_accounts_of_google_are_there_before_they_get_rights() -> None:
    """Each that Terraform's text names by itself; those that it asks Google for come by being asked."""
    text = "".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    agents = {each.removeprefix("gcp-sa-") for each in re.findall(r"@([\w-]+)\.iam\.gserviceaccount\.com", text)}
    agents = {each.removesuffix("-service-producer-prod") for each in agents - WITH_ITS_SERVICE}
    named = re.findall(r"services identity create --service=(\w+)\.googleapis\.com", DOCS.read_text())
    assert set(named) == agents and len(agents) == 4


def test_the_file_of_options_is_what_launch_reads() -> None:
    """Each option that a launch knows is in Terraform's output and in nothing else; its variable has the default."""
    with (TERRAFORM / "outputs.tf").open() as stream:
        outputs = {name: body for each in plain(hcl2.load(stream))["output"] for name, body in each.items()}
    assert set(outputs["launch"]["value"]) == set(Options.__struct_fields__) - {"job"}
    with (TERRAFORM / "variables.tf").open() as stream:
        variables = {name: body for each in plain(hcl2.load(stream))["variable"] for name, body in each.items()}
    written = Options(project="p", region="r")
    for name in ("machine_type", "max_workers", "law", "catalog", "until", "id_label"):
        default = variables[name]["default"]
        assert getattr(written, name) == (None if default == "null" else default), name


PUBSUB = "pubsub.googleapis.com"
KNOWN = {
    f"{PUBSUB}/subscription/oldest_unacked_message_age": ("pubsub_subscription", {"subscription_id"}, "ALIGN_MAX"),
    f"{PUBSUB}/subscription/dead_letter_message_count": ("pubsub_subscription", {"subscription_id"}, "ALIGN_SUM"),
    f"{PUBSUB}/topic/send_message_operation_count": ("pubsub_topic", {"topic_id"}, "ALIGN_SUM"),
    f"{PUBSUB}/topic/send_request_count": ("pubsub_topic", {"topic_id", "response_code"}, "ALIGN_SUM"),
    "bigquerydatatransfer.googleapis.com/transfer_config/completed_runs": (
        "bigquery_dts_config", {"config_id", "completion_state"}, "ALIGN_SUM"),
    "dataflow.googleapis.com/job/data_watermark_age": ("dataflow_job", {"job_name"}, "ALIGN_MAX"),
    "dataflow.googleapis.com/job/is_failed": ("dataflow_job", {"job_name"}, "ALIGN_MAX"),
}  # fmt: skip
"""Of Google's list of metrics: what each is measured on, labels it may be asked by, and the aligner that fits it
(counts are DELTA and are summed, ages and states are GAUGE)."""
VALUE = r'(?:"[^"]*"|(?:starts_with|ends_with|one_of)\((?:"[^"]*"|\$\{[\w.]+\})\))'
CLAUSE = re.compile(rf"((?:resource|metric)\.(?:type|labels\.(\w+))) !?= ({VALUE})")


def filters(text: str) -> list[tuple[str, str]]:
    """(filter, aligner) of each alert."""
    named = re.sub(r'\$\{var\.topics\["\w+"\]\.name\}', "topic", text)
    return re.findall(r'filter\s+= "((?:[^"\\]|\\.)*)"\s.*?aligner\s+= "(ALIGN_\w+)"', named, re.DOTALL)


def wrong_filters(text: str) -> Iterator[str]:
    """Filters of alerts that Monitoring would refuse, or that could never be true."""
    for filter, aligner in filters(text):
        said = filter.replace('\\"', '"')
        clauses = [CLAUSE.fullmatch(each) for each in said.split(" AND ")]
        if not all(clauses):
            yield f"cannot be read: {said}"
            continue
        values = {clause[1]: clause[3].strip('"') for clause in clauses if clause}
        on, labels, fits = KNOWN.get(values.get("metric.type", ""), ("", set(), ""))
        asked = {clause[2] for clause in clauses if clause and clause[2]}
        if values.get("resource.type") != on or not asked <= labels or aligner not in (fits, "ALIGN_COUNT"):
            yield f"never true: {said}"


def test_alerts_ask_what_monitoring_can_answer() -> None:
    text = (TERRAFORM / "alerts.tf").read_text()
    assert not list(wrong_filters(text))
    assert len(filters(text)) == len(re.findall(r'\bfilter\s+= "', text)) > 10
    for right, wrong in (
        ("pubsub_subscription", "pubsub_topic"), ("job/is_failed", "job/failed"), (" AND ", " and "),
        ("completion_state", "state"), ("ALIGN_SUM", "ALIGN_MAX"), ('ends_with(\\".payroll\\")', "ends_with(payroll)"),
    ):  # fmt: skip
        assert right in text and list(wrong_filters(text.replace(right, wrong))), wrong


TOOL = shutil.which("tofu") or shutil.which("terraform")
needs_tool = pytest.mark.skipif(TOOL is None, reason="neither tofu nor terraform is on this machine")


@needs_tool
def test_the_text_is_formatted() -> None:
    assert subprocess.run([str(TOOL), "fmt", "-check", "-recursive", str(TERRAFORM)], check=False).returncode == 0


@needs_tool
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, None),
        ({"region": "europe-west1"}, "stays in the United States"),
        ({"sources": {"esp": ["Finding"]}}, "publishes kinds of facts"),
        ({"sources": {"esp": ["Nothing"]}}, "publishes kinds of facts"),
        ({"sources": {"an-extremely-long-name-of-a-source": []}}, "2 to 18"),
        ({"journal_retention_days": 30}, "four years"),
        ({"log_retention_days": 30}, "365 to 3,650"),
        ({"notification_channels": []}, "that nobody gets"),
        ({"runbook": "http://plain"}, "by https"),
        ({"kms_key": "mine"}, "A key is named"),
        ({"first_pay_run": "7 December"}, "Write a day"),
        ({"pay_run_hours": 0}, "has 1 to 24 hours"),
        ({"pay_run_hours": 2.5}, "has 1 to 24 hours"),
        ({"operators": ["serviceAccount:x@y.iam.gserviceaccount.com"]}, "Name people"),
        ({"subnetwork": "default"}, "Name a subnetwork"),
        ({"subnetwork": "https://www.googleapis.com/compute/v1/projects/p/regions/us-west2/subnetworks/s"}, None),
        ({"subnetwork_range": "10.84"}, "Write a range"),
        ({"max_workers": 0}, "one worker at least"),
        ({"project": "X"}, "A project id"),
    ],
    ids=lambda part: ",".join(part) if isinstance(part, dict) else "",
)
def test_variables_refuse_what_cannot_be_meant(wrong: dict[str, Any], message: str | None, tmp_path: Path) -> None:
    """The variables alone, which need no provider, as a plan sees them."""
    right = {
        "project": "lab-project",
        "region": "us-west2",
        "runbook": "https://example.com/dataflow",
        "notification_channels": ["projects/lab-project/notificationChannels/1"],
        "first_pay_run": "2026-12-07",
        "sources": {"esp": ["Timesheet", "EvvVisit"]},
    }
    shutil.copy(TERRAFORM / "variables.tf", tmp_path)
    shutil.copy(ROLL, tmp_path)
    (tmp_path / "asked.auto.tfvars.json").write_text(json.dumps(right | wrong))
    for command in (["init", "-backend=false"], ["plan", "-input=false"]):
        ended = subprocess.run(
            [str(TOOL), *command, "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    said = " ".join(re.sub(r"[│╷╵]", " ", ended.stdout + ended.stderr).split())
    assert (ended.returncode == 0) == (message is None), said
    assert (message or "No changes") in said


def test_what_is_subscribed_is_what_the_job_reads_and_says() -> None:
    """A subscription that nobody reads would alert for ever; a topic that is not there would stop the job."""
    read, said = topics_of("lab-project", []), roll()["topics"]
    assert 'if kind != "CourseListing"' in (TERRAFORM / "topics.tf").read_text()
    asked = {kind: f"{topic['name']}.payroll" for kind, topic in said.items() if topic["direction"] == "fact"}
    del asked["CourseListing"]
    assert {kind: path.rpartition("/")[2] for kind, path in read.subscriptions.items()} == asked
    spoken = {kind: topic["name"] for kind, topic in said.items() if topic["direction"] != "fact"}
    assert {kind: path.rpartition("/")[2] for kind, path in read.topics.items()} == spoken


def test_what_the_job_says_fits_its_topic() -> None:
    """A topic with a schema takes plain Avro, without the head of a single object."""
    record = SAMPLES["Admission"]
    assert decode_plain("Admission", message_of(validate("Admission", record)).data).model_dump() == record
