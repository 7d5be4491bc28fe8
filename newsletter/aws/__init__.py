"""Amazon Web Services, for all who need them: sessions, and buckets of S3. SES is a provider and has its own package.

``providers.ses`` and the publishing of pictures share the credentials, and mail providers know nothing of pictures.
"""
