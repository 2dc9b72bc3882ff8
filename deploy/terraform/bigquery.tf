# What was paid, for reading. Tables hold every message, also twice; people read the views, which say each thing once
# and only of pay runs that are complete.

resource "google_bigquery_dataset" "messages" {
  dataset_id                 = "ihss_messages"
  location                   = var.region
  description                = "Messages as they came. Read ihss_payroll instead."
  labels                     = local.labels
  delete_contents_on_destroy = false
  max_time_travel_hours      = 168

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  # Who may read the views need not be able to read the messages.
  access {
    dataset {
      target_types = ["VIEWS"]
      dataset {
        project_id = var.project
        dataset_id = google_bigquery_dataset.payroll.dataset_id
      }
    }
  }

  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.keeper]
}

resource "google_bigquery_dataset" "payroll" {
  dataset_id                 = "ihss_payroll"
  location                   = var.region
  description                = "Instructions, findings and pay runs, each once, of complete pay runs."
  labels                     = local.labels
  delete_contents_on_destroy = false

  # Named here and not by dataset_iam_member: both say the whole list, and would undo each other at each apply.
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  dynamic "access" {
    for_each = toset(["consumer", "watch"])
    content {
      role          = "READER"
      user_by_email = google_service_account.account[access.value].email
    }
  }
}

resource "google_bigquery_table" "kind" {
  for_each            = var.tables
  dataset_id          = google_bigquery_dataset.messages.dataset_id
  table_id            = each.value.name
  schema              = file("${path.module}/bigquery/${each.value.name}.json")
  clustering          = [each.value.clustering]
  labels              = local.labels
  deletion_protection = var.deletion_protection

  # People ask for pay runs: a month of them is read, and not all years.
  time_partitioning {
    type  = "MONTH"
    field = "cut_off"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_pubsub_subscription" "bigquery" {
  for_each                   = var.tables
  name                       = "${var.topics[each.key].name}.bigquery"
  topic                      = google_pubsub_topic.kind[each.key].id
  labels                     = local.labels
  ack_deadline_seconds       = 600
  message_retention_duration = "${31 * local.day}s"

  bigquery_config {
    table               = "${var.project}.${google_bigquery_table.kind[each.key].dataset_id}.${google_bigquery_table.kind[each.key].table_id}"
    use_topic_schema    = true
    write_metadata      = true
    drop_unknown_fields = true
  }

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letter.id
    max_delivery_attempts = 100
  }

  depends_on = [google_bigquery_table_iam_member.table_writer]
}

locals {
  # What a view may name in its text: tables, other views, and the symbols that numbers stand for.
  named = {
    messages = "${var.project}.${google_bigquery_dataset.messages.dataset_id}"
    payroll  = "${var.project}.${google_bigquery_dataset.payroll.dataset_id}"
    symbols  = { for name, symbols in var.enums : name => "['${join("', '", symbols)}']" }
    holidays = "['${join("', '", var.days_without_pay_run)}']"
    first    = var.first_pay_run
    hours    = var.pay_run_hours
  }
}

resource "google_bigquery_table" "pay_runs" {
  dataset_id          = google_bigquery_dataset.payroll.dataset_id
  table_id            = "pay_runs"
  description         = "Every pay run, how much of it is here, and whether that is all."
  deletion_protection = var.deletion_protection

  view {
    query          = templatefile("${path.module}/views/pay_runs.sql", local.named)
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.kind]
}

resource "google_bigquery_table" "view" {
  for_each = {
    instructions     = "Payment instructions of complete pay runs, each once."
    findings         = "Findings that stand as of the last complete pay run: the newest of each id, unless cleared."
    missing_pay_runs = "Business days that ended without a complete pay run."
  }
  dataset_id          = google_bigquery_dataset.payroll.dataset_id
  table_id            = each.key
  description         = each.value
  deletion_protection = var.deletion_protection

  view {
    query          = templatefile("${path.module}/views/${each.key}.sql", local.named)
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.kind, google_bigquery_table.pay_runs]
}

# A query that fails when a pay run is missing: its failure is what the alert sees.
resource "google_bigquery_data_transfer_config" "pay_run_watch" {
  display_name         = "ihss-payroll: was every pay run complete?"
  location             = var.region
  data_source_id       = "scheduled_query"
  schedule             = "every 4 hours"
  service_account_name = google_service_account.account["watch"].email

  params = {
    query = templatefile("${path.module}/views/watch.sql", local.named)
  }

  depends_on = [google_bigquery_table.view, google_project_iam_member.account, google_project_iam_member.agent]
}
