"""A Pub/Sub server and a drill on one machine."""
