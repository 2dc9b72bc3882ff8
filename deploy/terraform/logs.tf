# Who read what, and what the job said: kept as long as anybody may ask.

# Who read or wrote the journal. (BigQuery says it unasked; of Pub/Sub, each pull would be a line.)
resource "google_project_iam_audit_config" "files" {
  project = var.project
  service = "storage.googleapis.com"

  audit_log_config {
    log_type = "DATA_READ"
  }

  audit_log_config {
    log_type = "DATA_WRITE"
  }
}

resource "google_logging_project_bucket_config" "kept" {
  project        = var.project
  location       = "global"
  bucket_id      = "_Default"
  retention_days = var.log_retention_days
}
