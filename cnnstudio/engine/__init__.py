"""The home of torch: builds networks, trains them, answers questions about them. No threads, no window."""
