# The cloud of the live job at State scale: docs/dataflow.md says how it is used.
terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
  }

  # The state names no person and no secret, but whoever can write it can change what is applied.
  backend "gcs" {
    prefix = "ihss-payroll"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

data "google_project" "this" {
  project_id = var.project
}

locals {
  # Pub/Sub's own account: it writes the journal, the tables and the dead letters.
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"

  labels = merge(var.labels, { application = "ihss-payroll" })
}
