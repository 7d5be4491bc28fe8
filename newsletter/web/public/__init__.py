"""The readers' pages, the sign-up API and the providers' webhooks."""
