"""Campaigns: audience, plan, approval, frozen members, notices and progress."""
