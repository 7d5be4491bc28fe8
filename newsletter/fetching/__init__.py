"""Fetch pages and images from untrusted URLs: public addresses only, pinned, with limits and a deadline."""
