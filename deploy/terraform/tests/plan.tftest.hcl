# The whole of it planned against the provider's own schemas, without a cloud and without credentials (Terraform 1.11).
# Not applied: what may never be destroyed could not be taken away after it.
#
#   terraform -chdir=deploy/terraform init -backend=false && terraform -chdir=deploy/terraform test

mock_provider "google" {
  override_during = plan

  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { email_address = "service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
  }
  mock_data "google_bigquery_default_service_account" {
    defaults = { email = "bq-123456789012@bigquery-encryption.iam.gserviceaccount.com" }
  }
  mock_resource "google_service_account" {
    defaults = {
      name  = "projects/lab-project/serviceAccounts/someone@lab-project.iam.gserviceaccount.com"
      email = "someone@lab-project.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_bigquery_data_transfer_config" {
    defaults = { name = "projects/123456789012/locations/us-west2/transferConfigs/1a2b3c" }
  }
}

variables {
  project               = "lab-project"
  region                = "us-west2"
  runbook               = "https://example.com/dataflow"
  notification_channels = ["projects/lab-project/notificationChannels/1"]
  first_pay_run         = "2026-12-07"
  sources               = { esp = ["Timesheet", "EvvVisit"] }
  operators             = ["group:payroll@example.gov"]
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = output.launch.subnetwork == "regions/us-west2/subnetworks/ihss-payroll"
    error_message = "The options of the job do not name the subnetwork that was made."
  }

  assert {
    condition     = output.launch.max_workers == 4 && output.launch.kms_key == null && output.launch.law == null
    error_message = "The options of the job are not the variables' defaults."
  }

  assert {
    condition     = length(google_project_iam_member.agent) == 4 && google_project_iam_member.agent["dataflow"].role == "roles/dataflow.serviceAgent"
    error_message = "Google's accounts that were asked for have not the role of their service."
  }

  assert {
    condition     = length(google_compute_subnetwork.payroll) == 1 && length(google_kms_crypto_key_iam_member.keeper) == 0
    error_message = "There should be one subnetwork, and no key."
  }
}

run "with_a_key_and_a_network_of_your_own" {
  command = plan

  variables {
    kms_key            = "projects/lab-project/locations/us-west2/keyRings/payroll/cryptoKeys/payroll"
    subnetwork         = "https://www.googleapis.com/compute/v1/projects/host/regions/us-west2/subnetworks/shared"
    enforce_in_transit = false
    catalog            = "gs://lab-bucket/catalog.avro"
    lock_journal       = true
  }

  assert {
    condition     = length(google_compute_network.payroll) == 0 && length(google_kms_crypto_key_iam_member.keeper) == 6
    error_message = "A shared network is taken as it is, and the key is for Google's six accounts."
  }

  assert {
    condition     = output.launch.subnetwork == var.subnetwork && output.launch.kms_key == var.kms_key
    error_message = "The options of the job do not name them."
  }
}

run "nobody_outside_the_united_states" {
  command = plan

  variables {
    region = "europe-west1"
  }

  expect_failures = [var.region]
}
