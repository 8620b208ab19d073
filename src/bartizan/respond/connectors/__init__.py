"""One module per kind of connector: a pure function from settings, secrets and a notification to a delivery."""
