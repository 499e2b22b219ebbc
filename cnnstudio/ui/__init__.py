"""All the Qt; no torch."""
