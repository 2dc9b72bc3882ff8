output "launch" {
  description = "Options of `ihss-payroll launch dataflow` for what is here."
  value = {
    project         = var.project
    region          = var.region
    bucket          = google_storage_bucket.dataflow.name
    service_account = google_service_account.account["worker"].email
    kms_key         = var.kms_key
    repository      = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
  }
}

output "journal" {
  description = "What `ihss-payroll replay --events` reads, once copied to a folder."
  value       = "gs://${google_storage_bucket.journal.name}"
}

output "sources" {
  description = "The account of each source of facts."
  value       = { for source in keys(var.sources) : source => google_service_account.account["source-${source}"].email }
}
