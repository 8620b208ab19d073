"""Cases and timelines: what people find out about alerts, kept in the control-plane database."""
