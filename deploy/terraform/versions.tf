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
  # Accounts under which Google's services work here, of which each is made before anything else (docs/dataflow.md).
  agents = {
    pubsub               = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    dataflow             = "serviceAccount:service-${data.google_project.this.number}@dataflow-service-producer-prod.iam.gserviceaccount.com"
    artifactregistry     = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    bigquerydatatransfer = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-bigquerydatatransfer.iam.gserviceaccount.com"
  }

  labels = merge(var.labels, { application = "ihss-payroll" })
}
