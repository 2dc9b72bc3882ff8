"""The live job on one machine: a collector that journals, a pay run at each cut-off, an outbox for what is said."""
