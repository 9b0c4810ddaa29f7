"""Pages of the administrators that need workbooks and jobs."""
