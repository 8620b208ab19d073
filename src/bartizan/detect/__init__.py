"""Rules over what is stored: each event is looked at once for all rules, in the order it was ingested."""
