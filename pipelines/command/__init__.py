"""The command line: one module a command or group of commands. It knows everybody, and nobody knows it."""
