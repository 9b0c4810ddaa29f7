"""Pages of submissions, collections, consolidated tables and jobs."""
