"""Tests of sessions with AWS and of buckets."""
