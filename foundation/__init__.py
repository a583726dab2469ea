"""Words and tools that every floor may use: errors, ids, units, clock, configuration, logging."""
