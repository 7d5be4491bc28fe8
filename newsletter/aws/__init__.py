"""Shared AWS sessions and S3 buckets.

``providers.ses`` and the publishing of pictures share the credentials, and mail providers know nothing of pictures.
"""
