"""What is looked at before it is sent or believed: facts before a pay run, two payrolls beside each other."""
