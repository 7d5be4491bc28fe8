"""Subscribers, their consent, and the addresses that are never mailed."""
