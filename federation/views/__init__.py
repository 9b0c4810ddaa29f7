"""Pages of the frame and of the unit directory."""
