"""What happens: one PTransform a file, named as the verb."""
