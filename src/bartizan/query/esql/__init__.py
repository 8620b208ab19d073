"""ES|QL: pipelines of commands over streams (elastic.co, ES|QL reference)."""
