"""Threads and the mailbox between engine and window. No Qt."""
