# What must not go unseen. Each alert links to the heading of docs/dataflow.md that says what it means and what to do.

locals {
  alerts = {
    facts_wait = {
      says      = "Facts wait: the payroll does not take them"
      severity  = "CRITICAL"
      anchor    = "facts-wait"
      filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = ends_with(\".payroll\") AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      group     = ["resource.labels.subscription_id"]
      threshold = var.backlog_seconds
      duration  = "300s"
    }
    journal_waits = {
      says      = "The journal is behind: what comes in is not yet kept"
      severity  = "CRITICAL"
      anchor    = "the-journal-is-behind"
      filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = ends_with(\".journal\") AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      group     = ["resource.labels.subscription_id"]
      threshold = 3600
      duration  = "300s"
    }
    downstream_waits = {
      says      = "Nobody takes what was said: a downstream system is behind"
      severity  = "ERROR"
      anchor    = "nobody-takes-what-was-said"
      filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = ends_with(\".consumer\") AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      group     = ["resource.labels.subscription_id"]
      threshold = 86400
      duration  = "300s"
    }
    tables_wait = {
      says      = "Nobody takes what was said: a table is behind"
      severity  = "ERROR"
      anchor    = "nobody-takes-what-was-said"
      filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = ends_with(\".bigquery\") AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      group     = ["resource.labels.subscription_id"]
      threshold = 3600
      duration  = "300s"
    }
    rejections = {
      says      = "Events are rejected: a source sends what cannot be used"
      severity  = "WARNING"
      anchor    = "events-are-rejected"
      filter    = "resource.type = \"pubsub_topic\" AND resource.labels.topic_id = \"${var.topics["Rejection"].name}\" AND metric.type = \"pubsub.googleapis.com/topic/send_message_operation_count\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      group     = []
      threshold = var.rejections_per_hour
      duration  = "0s"
    }
    refused = {
      says      = "A source publishes what a topic's schema refuses"
      severity  = "WARNING"
      anchor    = "a-topic-refuses-messages"
      filter    = "resource.type = \"pubsub_topic\" AND resource.labels.topic_id = starts_with(\"ihss.\") AND metric.type = \"pubsub.googleapis.com/topic/send_request_count\" AND metric.labels.response_code = \"invalid_argument\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      group     = ["resource.labels.topic_id"]
      threshold = 0
      duration  = "0s"
    }
    dead_letters = {
      says      = "Dead letters: a message was given up"
      severity  = "ERROR"
      anchor    = "dead-letters"
      filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = starts_with(\"ihss.\") AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      group     = ["resource.labels.subscription_id"]
      threshold = 0
      duration  = "0s"
    }
    late_admissions = {
      says      = "Facts came late to a closed pay run"
      severity  = "WARNING"
      anchor    = "facts-came-late-to-a-closed-pay-run"
      filter    = "resource.type = \"pubsub_topic\" AND resource.labels.topic_id = \"${var.topics["Admission"].name}\" AND metric.type = \"pubsub.googleapis.com/topic/send_message_operation_count\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      group     = []
      threshold = 0
      duration  = "0s"
    }
    missing_pay_run = {
      says      = "A pay run is missing or not complete"
      severity  = "CRITICAL"
      anchor    = "a-pay-run-is-missing"
      filter    = "resource.type = \"bigquery_dts_config\" AND resource.labels.config_id = \"${local.watch_id}\" AND metric.type = \"bigquerydatatransfer.googleapis.com/transfer_config/completed_runs\" AND metric.labels.completion_state != \"SUCCEEDED\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      group     = []
      threshold = 0
      duration  = "0s"
    }
    stands = {
      says      = "The job stands: its watermark does not move"
      severity  = "CRITICAL"
      anchor    = "the-job-stands"
      filter    = "resource.type = \"dataflow_job\" AND resource.labels.job_name = \"ihss-payroll\" AND metric.type = \"dataflow.googleapis.com/job/data_watermark_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      group     = []
      threshold = 1800
      duration  = "600s"
    }
    failed = {
      says      = "The job has failed"
      severity  = "CRITICAL"
      anchor    = "the-job-stands"
      filter    = "resource.type = \"dataflow_job\" AND resource.labels.job_name = \"ihss-payroll\" AND metric.type = \"dataflow.googleapis.com/job/is_failed\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      group     = []
      threshold = 0
      duration  = "0s"
    }
  }

  watch_id = reverse(split("/", google_bigquery_data_transfer_config.pay_run_watch.name))[0]
}

resource "google_monitoring_alert_policy" "alert" {
  for_each              = local.alerts
  display_name          = "IHSS payroll: ${each.value.says}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels
  user_labels           = local.labels

  conditions {
    display_name = each.value.says

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration

      aggregations {
        alignment_period     = each.value.aligner == "ALIGN_SUM" ? "3600s" : "300s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
        group_by_fields      = each.value.group
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "What it means and what to do: ${var.runbook}#${each.value.anchor}"

    links {
      display_name = "Runbook"
      url          = "${var.runbook}#${each.value.anchor}"
    }
  }
}

# No pay run is watched by a query that itself no longer runs.
resource "google_monitoring_alert_policy" "watch_is_gone" {
  display_name          = "IHSS payroll: nobody asks whether pay runs are complete"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.notification_channels
  user_labels           = local.labels

  conditions {
    display_name = "The scheduled query did not end in twelve hours"

    condition_absent {
      filter   = "resource.type = \"bigquery_dts_config\" AND resource.labels.config_id = \"${local.watch_id}\" AND metric.type = \"bigquerydatatransfer.googleapis.com/transfer_config/completed_runs\""
      duration = "43200s"

      aggregations {
        alignment_period   = "3600s"
        per_series_aligner = "ALIGN_COUNT"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "What it means and what to do: ${var.runbook}#a-pay-run-is-missing"

    links {
      display_name = "Runbook"
      url          = "${var.runbook}#a-pay-run-is-missing"
    }
  }
}
