"""Events that are counted or summed within a sliding time: one statement with window functions."""
