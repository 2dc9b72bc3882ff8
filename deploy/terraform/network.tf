# Workers have no public address: their way to Google's services is Private Google Access, and there is none elsewhere.

resource "google_compute_network" "payroll" {
  count                   = var.subnetwork == null ? 1 : 0
  name                    = "ihss-payroll"
  description             = "Workers of the payroll, and nothing else."
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "payroll" {
  count                    = var.subnetwork == null ? 1 : 0
  name                     = "ihss-payroll"
  region                   = var.region
  network                  = google_compute_network.payroll[0].id
  ip_cidr_range            = var.subnetwork_range
  private_ip_google_access = true
}

# Workers speak to each other on these two ports, and nobody else speaks to them.
resource "google_compute_firewall" "workers" {
  count       = var.subnetwork == null ? 1 : 0
  name        = "ihss-payroll-workers"
  network     = google_compute_network.payroll[0].id
  direction   = "INGRESS"
  source_tags = ["dataflow"]
  target_tags = ["dataflow"]

  allow {
    protocol = "tcp"
    ports    = ["12345", "12346"]
  }
}
