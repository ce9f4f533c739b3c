"""What is done about it: strategies, messages, worklists, campaigns, escalations."""
