"""Finding secrets and personal data in a text, and cutting them out, before anything of it is stored.

A pure library: text in, findings and a redacted text out. Nothing here reads files, asks a service or logs.
"""

from memory_fabric.scan.findings import PERSONAL_KINDS, SECRET_KINDS, Finding, Kind
from memory_fabric.scan.scanner import Scan, Scanner

__all__ = ["PERSONAL_KINDS", "SECRET_KINDS", "Finding", "Kind", "Scan", "Scanner"]
