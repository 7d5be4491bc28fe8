"""Editors' own pictures: prepared for mail, once for each file, and kept under names that never change."""

from newsletter.pictures.library import MEDIA_TYPES, PictureLibrary, UnknownPictureError, media_type, picture_library

__all__ = ["MEDIA_TYPES", "PictureLibrary", "UnknownPictureError", "media_type", "picture_library"]
