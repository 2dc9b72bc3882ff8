variable "project" {
  description = "Project that everything lives in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of the job, the buckets and the messages; personal data stays in it."
  type        = string

  validation {
    condition     = can(regex("^us-[a-z]+[0-9]$", var.region))
    error_message = "Data about people in IHSS stays in the United States: name a region such as us-west2."
  }
}

variable "sources" {
  description = "Who publishes which kinds of facts: an account of its own each, which may publish these and nothing else."
  type        = map(set(string))
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.sources) : can(regex("^[a-z][a-z0-9-]{0,16}[a-z0-9]$", name))])
    error_message = "A source is named in 2 to 18 lower-case letters, digits and hyphens."
  }

  validation {
    condition = alltrue([
      for kinds in values(var.sources) : alltrue([for kind in kinds : try(var.topics[kind].direction, "") == "fact"])
    ])
    error_message = "A source publishes kinds of facts, such as Timesheet."
  }
}

variable "journal_retention_days" {
  description = "How long nothing can be deleted from the journal: it is the truth that every replay reads."
  type        = number
  default     = 2557

  validation {
    condition     = var.journal_retention_days >= 1461
    error_message = "Records of payroll are kept for four years at least (1,461 days)."
  }
}

variable "lock_journal" {
  description = "Lock the journal's retention: from then on nobody can shorten it or delete the bucket, ever."
  type        = bool
  default     = false
}

variable "kms_key" {
  description = "Key of your own (projects/.../cryptoKeys/...) for messages, files and tables; null: Google's."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "A key is named projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "log_retention_days" {
  description = "How long the project's logs are kept: what the job said, and who read the journal."
  type        = number
  default     = 400

  validation {
    condition     = var.log_retention_days >= 365 && var.log_retention_days <= 3650
    error_message = "Logs are kept for 365 to 3,650 days."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete tables."
  type        = bool
  default     = true
}

variable "notification_channels" {
  description = "Whom alerts tell (projects/.../notificationChannels/...)."
  type        = list(string)

  validation {
    condition     = length(var.notification_channels) > 0
    error_message = "An alert that nobody gets is none: name a notification channel."
  }
}

variable "runbook" {
  description = "Where docs/dataflow.md is published; alerts link to its headings."
  type        = string

  validation {
    condition     = startswith(var.runbook, "https://")
    error_message = "Name the page by https."
  }
}

variable "backlog_seconds" {
  description = "How old the oldest message that the payroll has not taken may become."
  type        = number
  default     = 900
}

variable "rejections_per_hour" {
  description = "How many events an hour may be unusable before somebody is told."
  type        = number
  default     = 20
}

variable "first_pay_run" {
  description = "The first business day whose pay run this job closes (YYYY-MM-DD): from it on a missing one alerts."
  type        = string

  validation {
    condition     = can(regex("^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", var.first_pay_run))
    error_message = "Write a day as 2026-12-07."
  }
}

variable "pay_run_hours" {
  description = "How many hours after its midnight in California a pay run must be complete."
  type        = number
  default     = 3

  validation {
    condition     = var.pay_run_hours >= 1 && var.pay_run_hours <= 24 && floor(var.pay_run_hours) == var.pay_run_hours
    error_message = "A pay run has 1 to 24 hours."
  }
}

variable "enforce_in_transit" {
  description = "Topics give and take messages only in their region, which then every reader and writer must name."
  type        = bool
  default     = true
}

variable "operators" {
  description = "Who launches, updates and checks the job, as ihss-launcher (group:payroll@example.gov)."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(group|user):[^@ ]+@[^@ ]+$", member))])
    error_message = "Name people as group:NAME@DOMAIN or user:NAME@DOMAIN."
  }
}

variable "labels" {
  description = "Labels on everything that can bear them."
  type        = map(string)
  default     = {}
}

# Options of the job: Terraform writes them to the one file that `launch dataflow` and `launch update` read.

variable "subnetwork" {
  description = "Workers' subnetwork with Private Google Access (regions/REGION/subnetworks/NAME, or the whole address of one of a shared network); null: one is made."
  type        = string
  default     = null

  validation {
    condition     = var.subnetwork == null || can(regex("^(https://www[.]googleapis[.]com/compute/v1/projects/[^/]+/)?regions/[^/]+/subnetworks/[^/]+$", var.subnetwork))
    error_message = "Name a subnetwork as regions/us-west2/subnetworks/NAME."
  }
}

variable "subnetwork_range" {
  description = "Addresses of the subnetwork that is made."
  type        = string
  default     = "10.84.0.0/24"

  validation {
    condition     = can(cidrhost(var.subnetwork_range, 1))
    error_message = "Write a range as 10.84.0.0/24."
  }
}

variable "machine_type" {
  description = "Machine of each worker."
  type        = string
  default     = "n2-standard-4"
}

variable "max_workers" {
  description = "Workers at most: docs/scale.md reckons four for the State."
  type        = number
  default     = 4

  validation {
    condition     = var.max_workers >= 1 && floor(var.max_workers) == var.max_workers
    error_message = "A job has one worker at least."
  }
}

variable "law" {
  description = "Folder of TOML laid over the law (gs://...); null: the image's law as it is."
  type        = string
  default     = null
}

variable "catalog" {
  description = "Avro file of CourseListings (gs://....avro); null: there are no courses, and training is not paid."
  type        = string
  default     = null
}

variable "until" {
  description = "Last business day to decide (YYYY-MM-DD); null: the job goes on."
  type        = string
  default     = null
}

variable "id_label" {
  description = "Attribute of messages that no two events of any source share; null: there is none."
  type        = string
  default     = null
}

# What follows is made by `python -m deploy.roll` (roll.auto.tfvars.json).

variable "topics" {
  description = "Topic, direction and schema of every kind."
  type        = map(object({ name = string, direction = string, schema = string, file = string }))
}

variable "tables" {
  description = "Kinds that go to BigQuery."
  type        = map(object({ name = string, clustering = string }))
}

variable "enums" {
  description = "Symbols of the enums in those tables: a BigQuery subscription writes their numbers."
  type        = map(list(string))
}

variable "days_without_pay_run" {
  description = "Weekdays on which payroll does not run."
  type        = list(string)
}
