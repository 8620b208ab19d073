"""`query` and single-event `eql`: each event that fulfils the query is an alert, found in the shared scan."""

from bartizan.detect.executor import Executor

EXECUTOR = Executor(span_ms=lambda rule, wanted: 0)
