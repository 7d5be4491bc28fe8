"""Tests of newsletter.capture."""
