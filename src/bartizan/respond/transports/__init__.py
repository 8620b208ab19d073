"""What carries a delivery out: one attempt, bounded in time and size, to an address that was checked."""
