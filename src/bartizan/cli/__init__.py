"""The terminal: one module per command. Results go to stdout, progress and problems to stderr."""
