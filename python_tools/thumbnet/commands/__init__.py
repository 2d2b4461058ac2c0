"""One module a command: what it does once the command line is understood."""
