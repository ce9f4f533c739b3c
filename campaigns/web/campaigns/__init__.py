"""Campaigns: list, plan, approval, members, notices, progress."""
