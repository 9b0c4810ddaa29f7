"""Pages of notices, tasks and 督办."""
