"""The live job on one machine: facts are written to a journal as they arrive, each cut-off makes a pay run, an outbox
sends its records."""
