"""Tests of the pictures that editors bring along."""
