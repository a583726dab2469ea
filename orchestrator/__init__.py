"""The living part: what crosses from requests to the memory."""
