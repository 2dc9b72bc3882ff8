# Every kind has a topic that takes no message but one of its schema, plain Avro in binary.

locals {
  facts  = { for kind, topic in var.topics : kind => topic if topic.direction == "fact" }
  read   = { for kind, topic in local.facts : kind => topic if kind != "CourseListing" } # reference: read at launch
  spoken = { for kind, topic in var.topics : kind => topic if topic.direction != "fact" }
  day    = 86400
}

resource "google_pubsub_schema" "kind" {
  for_each   = var.topics
  name       = each.value.schema
  type       = "AVRO"
  definition = file("${path.module}/../../schemas/${each.value.file}")

  lifecycle {
    prevent_destroy = true
  }

  # A new field has its column before the topic takes it: else the table would drop it silently.
  depends_on = [google_bigquery_table.kind]
}

resource "google_pubsub_topic" "kind" {
  for_each                   = var.topics
  name                       = each.value.name
  kms_key_name               = var.kms_key
  labels                     = local.labels
  message_retention_duration = "${31 * local.day}s"

  schema_settings {
    schema   = google_pubsub_schema.kind[each.key].id
    encoding = "BINARY"
  }

  message_storage_policy {
    allowed_persistence_regions = [var.region]
    enforce_in_transit          = var.enforce_in_transit
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.keeper]
}

# What the payroll reads, as Dataflow wants it: no dead letter and no retry policy, which it does not support. Its
# service gives messages back for reasons of its own; each counts as an attempt, and a fact that went to a dead letter
# would be missing from a pay run that closes. Nor exactly once: Dataflow sees to that itself.
resource "google_pubsub_subscription" "payroll" {
  for_each                     = local.read
  name                         = "${each.value.name}.payroll"
  topic                        = google_pubsub_topic.kind[each.key].id
  labels                       = local.labels
  ack_deadline_seconds         = 600
  message_retention_duration   = "${31 * local.day}s"
  retain_acked_messages        = false
  enable_exactly_once_delivery = false

  expiration_policy {
    ttl = ""
  }

  lifecycle {
    prevent_destroy = true
  }
}

# What downstream systems read: what was said, each message once as far as Pub/Sub can; they deduplicate by ce-id.
resource "google_pubsub_subscription" "consumer" {
  for_each                     = local.spoken
  name                         = "${each.value.name}.consumer"
  topic                        = google_pubsub_topic.kind[each.key].id
  labels                       = local.labels
  ack_deadline_seconds         = 60
  message_retention_duration   = "${31 * local.day}s"
  retain_acked_messages        = false
  enable_exactly_once_delivery = true

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letter.id
    max_delivery_attempts = 20
  }

  lifecycle {
    prevent_destroy = true
  }
}

# What `ihss-payroll launch check` reads: each time it seeks back to the pay run, so it can be asked any number of times.
# No dead letter and no retry policy: a message that has to wait would be missed.
resource "google_pubsub_subscription" "check" {
  for_each                     = { for kind in ["PayRun", "PaymentInstruction", "Rejection"] : kind => var.topics[kind] }
  name                         = "${each.value.name}.check"
  topic                        = google_pubsub_topic.kind[each.key].id
  labels                       = local.labels
  ack_deadline_seconds         = 600
  message_retention_duration   = "${7 * local.day}s"
  retain_acked_messages        = false
  enable_exactly_once_delivery = false

  expiration_policy {
    ttl = ""
  }
}

# Where messages end that nobody can take: kept, seen by an alert, published again by hand.
resource "google_pubsub_topic" "dead_letter" {
  name                       = "ihss.dead-letter"
  kms_key_name               = var.kms_key
  labels                     = local.labels
  message_retention_duration = "${31 * local.day}s"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
    enforce_in_transit          = var.enforce_in_transit
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.keeper]
}

resource "google_pubsub_subscription" "dead_letter" {
  name                       = "ihss.dead-letter.kept"
  topic                      = google_pubsub_topic.dead_letter.id
  labels                     = local.labels
  ack_deadline_seconds       = 600
  message_retention_duration = "${31 * local.day}s"
  retain_acked_messages      = true

  expiration_policy {
    ttl = ""
  }

  lifecycle {
    prevent_destroy = true
  }
}
