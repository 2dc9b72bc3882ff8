"""What is printed on a terminal: progress, tables, answers. It decides and reads nothing."""
