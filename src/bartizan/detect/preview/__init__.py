"""What rules would have found over a past range of event time, nothing stored: counts, entities, noise, samples."""
