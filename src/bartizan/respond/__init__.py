"""Tells people and other systems of alerts, and says who may let a rule act on its own."""
