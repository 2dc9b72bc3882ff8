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

variable "pay_run_deadline" {
  description = "When, in UTC, the pay run of the day before must be complete: 10:00 is 2 or 3 in the morning in California."
  type        = string
  default     = "10:00"

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.pay_run_deadline))
    error_message = "Write a time as 10:00."
  }
}

variable "labels" {
  description = "Labels on everything that can bear them."
  type        = map(string)
  default     = {}
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
