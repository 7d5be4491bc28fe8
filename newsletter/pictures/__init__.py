"""Pictures that editors bring along: prepared for mail, once for each file, and kept under names that never change."""

from newsletter.pictures.library import PictureLibrary, media_type, picture_library

__all__ = ["PictureLibrary", "media_type", "picture_library"]
