"""One experiment per file: which runs, what is measured, the verdict in words. No Qt."""
