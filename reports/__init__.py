"""What is told about it: monthly reports, their closing, the collectors' reports."""
