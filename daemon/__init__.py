"""The process: built, started and stopped here."""
