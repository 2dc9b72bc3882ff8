output "launch" {
  description = "The file of options of the job: terraform output -json launch > launch.json"
  value = {
    project         = var.project
    region          = var.region
    bucket          = google_storage_bucket.dataflow.name
    service_account = google_service_account.account["worker"].email
    subnetwork      = var.subnetwork == null ? "regions/${var.region}/subnetworks/${google_compute_subnetwork.payroll[0].name}" : var.subnetwork
    kms_key         = var.kms_key
    machine_type    = var.machine_type
    max_workers     = var.max_workers
    law             = var.law
    catalog         = var.catalog
    until           = var.until
    id_label        = var.id_label
  }
}

output "repository" {
  description = "Where the worker's image goes."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "journal" {
  description = "What `ihss-payroll replay --events` reads, once copied to a folder."
  value       = "gs://${google_storage_bucket.journal.name}"
}

output "sources" {
  description = "The account of each source of facts."
  value       = { for source in keys(var.sources) : source => google_service_account.account["source-${source}"].email }
}
