"""Shared by both web applications: request limits, servers and batched writes."""
