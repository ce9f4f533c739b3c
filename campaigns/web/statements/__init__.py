"""The pages of statements, receipts and clearance letters, and the public page that checks a letter."""
