"""Catalogues, their extraction, and the choice of a language."""
