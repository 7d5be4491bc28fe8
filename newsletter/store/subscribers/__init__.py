"""Subscribers, their consent, and suppressed addresses."""
