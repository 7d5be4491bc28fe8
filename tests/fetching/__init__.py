"""Tests of newsletter.fetching."""
