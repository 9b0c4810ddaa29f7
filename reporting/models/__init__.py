"""Collections, submissions with their rows and events, and jobs."""
