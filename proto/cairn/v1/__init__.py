"""Version 1 of the wire schema; the stubs are generated, committed and proven fresh."""
