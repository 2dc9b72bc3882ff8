# A key of your own, if you name one: Google's services that keep things under it may use it, and nobody else.

data "google_storage_project_service_account" "this" {}

data "google_bigquery_default_service_account" "this" {}

locals {
  keepers = {
    messages = local.agents["pubsub"]
    files    = "serviceAccount:${data.google_storage_project_service_account.this.email_address}"
    tables   = "serviceAccount:${data.google_bigquery_default_service_account.this.email}"
    images   = local.agents["artifactregistry"]
    state    = local.agents["dataflow"]
    workers  = "serviceAccount:service-${data.google_project.this.number}@compute-system.iam.gserviceaccount.com"
  }
}

resource "google_kms_crypto_key_iam_member" "keeper" {
  for_each      = var.kms_key == null ? {} : local.keepers
  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
