"""Events that follow each other: candidates from one SQL statement, a state machine for each key, the events found."""
