"""Publish an issue's pictures before its first message, if newsletter.toml names a bucket for them."""

from newsletter import bootstrap
from newsletter.composing import Composed
from newsletter.domain.pictures import Picture, is_local_picture
from newsletter.pictures import MEDIA_TYPES, picture_library
from newsletter.settings import Settings


def publish_pictures(settings: Settings, composed: Composed) -> int:
    """Upload the pictures that the bucket lacks: the issue's, and the newsletter's own. Return their number.

    Without a bucket there is nothing to do: the pages serve them. Raise CredentialsError or BucketError.
    """
    library, own = picture_library(settings.root), settings.newsletter.picture
    pictures = {picture.name for picture in composed.pictures}
    if is_local_picture(own) and isinstance(picture := library.picture(own), Picture):
        pictures.add(picture.name)
    if not pictures or (bucket := bootstrap.open_bucket(settings)) is None:
        return 0
    contents = {name: library.content(name) for name in sorted(pictures)}
    files = {name: content for name, content in contents.items() if content is not None}
    return len(bucket.publish(files, MEDIA_TYPES))
