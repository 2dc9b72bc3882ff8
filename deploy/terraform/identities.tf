# Who may do what: each account the least that its work needs, on the very resource where that can be said.

locals {
  accounts = merge(
    {
      worker   = "IHSS payroll: workers of the job"
      launcher = "IHSS payroll: launches, updates and checks the job"
      consumer = "IHSS payroll: downstream systems"
      watch    = "IHSS payroll: asks whether every pay run was complete"
    },
    { for source in keys(var.sources) : "source-${source}" => "IHSS payroll: publishes facts of ${source}" },
  )

  # Project roles, where no narrower place for them exists.
  project_roles = {
    # An update is put together under the worker's account, and Beam looks there for the job that it replaces.
    worker   = ["roles/dataflow.worker", "roles/dataflow.viewer", "roles/monitoring.metricWriter"]
    launcher = ["roles/dataflow.developer", "roles/monitoring.viewer"]
    consumer = ["roles/bigquery.jobUser"]
    watch    = ["roles/bigquery.jobUser"]
  }

  member = { for name, account in google_service_account.account : name => "serviceAccount:${account.email}" }

  # Which subscriptions a dead letter may come from.
  subscriptions = merge(
    { for kind, subscription in google_pubsub_subscription.consumer : "consumer/${kind}" => subscription.id },
    { for kind, subscription in google_pubsub_subscription.bigquery : "bigquery/${kind}" => subscription.id },
  )
}

resource "google_service_account" "account" {
  for_each     = local.accounts
  account_id   = "ihss-${each.key}"
  display_name = each.value
}

resource "google_project_iam_member" "account" {
  for_each = merge([
    for name, roles in local.project_roles : { for role in roles : "${name} ${role}" => { name = name, role = role } }
  ]...)
  project = var.project
  role    = each.value.role
  member  = local.member[each.value.name]
}

# An account that came by being asked for, and not with the first use of its service, has not the role that it would
# have got then.
resource "google_project_iam_member" "agent" {
  for_each = local.agents
  project  = var.project
  role     = "roles/${each.key}.serviceAgent"
  member   = each.value
}

# People are the launcher by impersonation; nobody has a key of it.
resource "google_service_account_iam_member" "operator_is_launcher" {
  for_each           = var.operators
  service_account_id = google_service_account.account["launcher"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}

# The launcher starts workers under their account, and may be nobody else.
resource "google_service_account_iam_member" "launcher_is_worker" {
  service_account_id = google_service_account.account["worker"].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member["launcher"]
}

# Workers read facts and say conclusions, and neither the other way round.
resource "google_pubsub_subscription_iam_member" "worker_reads" {
  for_each     = google_pubsub_subscription.payroll
  subscription = each.value.id
  role         = "roles/pubsub.subscriber"
  member       = local.member["worker"]
}

resource "google_pubsub_subscription_iam_member" "worker_looks" {
  for_each     = google_pubsub_subscription.payroll
  subscription = each.value.id
  role         = "roles/pubsub.viewer"
  member       = local.member["worker"]
}

# Dataflow asks how its topics are set up.
resource "google_pubsub_topic_iam_member" "worker_looks" {
  for_each = merge(local.read, local.spoken)
  topic    = google_pubsub_topic.kind[each.key].id
  role     = "roles/pubsub.viewer"
  member   = local.member["worker"]
}

resource "google_pubsub_topic_iam_member" "worker_says" {
  for_each = local.spoken
  topic    = google_pubsub_topic.kind[each.key].id
  role     = "roles/pubsub.publisher"
  member   = local.member["worker"]
}

# A job that begins again reads the journal, and can write nothing there.
resource "google_storage_bucket_iam_member" "worker_resumes" {
  bucket = google_storage_bucket.journal.name
  role   = "roles/storage.objectViewer"
  member = local.member["worker"]
}

resource "google_storage_bucket_iam_member" "worker_spills" {
  bucket = google_storage_bucket.dataflow.name
  role   = "roles/storage.objectAdmin"
  member = local.member["worker"]
}

# The launcher's part of Beam looks at the bucket before it stages anything.
resource "google_storage_bucket_iam_member" "worker_finds" {
  bucket = google_storage_bucket.dataflow.name
  role   = "roles/storage.legacyBucketReader"
  member = local.member["worker"]
}

resource "google_artifact_registry_repository_iam_member" "worker_pulls" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = local.member["worker"]
}

resource "google_storage_bucket_iam_member" "launcher_stages" {
  bucket = google_storage_bucket.dataflow.name
  role   = "roles/storage.objectAdmin"
  member = local.member["launcher"]
}

resource "google_artifact_registry_repository_iam_member" "launcher_pulls" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = local.member["launcher"]
}

resource "google_pubsub_subscription_iam_member" "launcher_checks" {
  for_each     = google_pubsub_subscription.check
  subscription = each.value.id
  role         = "roles/pubsub.subscriber"
  member       = local.member["launcher"]
}

# A source publishes its own kinds.
resource "google_pubsub_topic_iam_member" "source_publishes" {
  for_each = merge([
    for source, kinds in var.sources : { for kind in kinds : "${source} ${kind}" => { source = source, kind = kind } }
  ]...)
  topic  = google_pubsub_topic.kind[each.value.kind].id
  role   = "roles/pubsub.publisher"
  member = local.member["source-${each.value.source}"]
}

# Downstream systems read what was said, and the views; not the facts, not the journal, not the raw tables.
resource "google_pubsub_subscription_iam_member" "consumer_reads" {
  for_each     = google_pubsub_subscription.consumer
  subscription = each.value.id
  role         = "roles/pubsub.subscriber"
  member       = local.member["consumer"]
}

# Pub/Sub itself writes the journal, the tables and the dead letters.
resource "google_storage_bucket_iam_member" "journal_writer" {
  bucket = google_storage_bucket.journal.name
  role   = "roles/storage.objectCreator"
  member = local.agents["pubsub"]
}

resource "google_storage_bucket_iam_member" "journal_looker" {
  bucket = google_storage_bucket.journal.name
  role   = "roles/storage.legacyBucketReader"
  member = local.agents["pubsub"]
}

resource "google_bigquery_table_iam_member" "table_writer" {
  for_each   = google_bigquery_table.kind
  dataset_id = each.value.dataset_id
  table_id   = each.value.table_id
  role       = "roles/bigquery.dataEditor"
  member     = local.agents["pubsub"]
}

resource "google_pubsub_topic_iam_member" "dead_letters_go" {
  topic  = google_pubsub_topic.dead_letter.id
  role   = "roles/pubsub.publisher"
  member = local.agents["pubsub"]
}

resource "google_pubsub_subscription_iam_member" "dead_letters_come" {
  for_each     = local.subscriptions
  subscription = each.value
  role         = "roles/pubsub.subscriber"
  member       = local.agents["pubsub"]
}
