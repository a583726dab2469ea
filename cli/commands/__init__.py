"""The commands, one module a topic; each exports `COMMANDS`, a mapping of names to click commands."""
