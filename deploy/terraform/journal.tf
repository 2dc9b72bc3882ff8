# The journal: every message that came in, as Pub/Sub had it, with the time it was published. The truth of all replays.

resource "google_storage_bucket" "journal" {
  name                        = "${var.project}-ihss-journal"
  location                    = var.region
  labels                      = local.labels
  force_destroy               = false
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # Nothing can be replaced or deleted before its time. (A bucket has this or versions, not both.)
  retention_policy {
    retention_period = var.journal_retention_days * 86400
    is_locked        = var.lock_journal
  }

  soft_delete_policy {
    retention_duration_seconds = 90 * 86400
  }

  autoclass {
    enabled = true
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.keeper]
}

# Without a dead letter: what cannot be written waits for 31 days, and no message leaves the journal unseen.
resource "google_pubsub_subscription" "journal" {
  for_each                   = { for kind, topic in var.topics : kind => topic if topic.direction != "conclusion" }
  name                       = "${each.value.name}.journal"
  topic                      = google_pubsub_topic.kind[each.key].id
  labels                     = local.labels
  ack_deadline_seconds       = 600
  message_retention_duration = "${31 * local.day}s"

  cloud_storage_config {
    bucket                   = google_storage_bucket.journal.name
    filename_prefix          = "${each.value.name}/"
    filename_suffix          = ".avro"
    filename_datetime_format = "YYYY/MM/DD/hh_mm_ssZ"
    max_bytes                = 10000000 # one file is read in one turn
    max_duration             = "600s"   # the acknowledgement deadline is the most; a year has half as many files

    # Metadata is the arrival: without it no replay could say which pay run saw a fact first.
    avro_config {
      write_metadata   = true
      use_topic_schema = false
    }
  }

  expiration_policy {
    ttl = ""
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_storage_bucket_iam_member.journal_writer, google_storage_bucket_iam_member.journal_looker]
}

# Where Dataflow stages and spills: nothing that is not made again. What it deletes is gone at once, since spilled
# shuffles hold facts about people: no versions, no soft delete.
resource "google_storage_bucket" "dataflow" {
  name                        = "${var.project}-ihss-dataflow"
  location                    = var.region
  labels                      = local.labels
  force_destroy               = false
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.keeper]
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "ihss-payroll"
  location      = var.region
  format        = "DOCKER"
  description   = "The worker's image: what a version is can never change."
  kms_key_name  = var.kms_key
  labels        = local.labels

  docker_config {
    immutable_tags = true
  }

  depends_on = [google_kms_crypto_key_iam_member.keeper]
}
