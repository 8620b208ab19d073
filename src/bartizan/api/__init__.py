"""The HTTP API: resources over the services that `app` builds, and the worker that loads and detects meanwhile."""
