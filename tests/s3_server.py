"""An S3 in this process (moto's), with a bucket for tests."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "never-to-be-printed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A running server: its address, and a client with its owner's rights."""

    url: str
    client: Any

    def create_bucket(self, name: str, *, public: Iterable[str] = ("*",)) -> None:
        """Create an empty bucket, in which everybody may read the objects of some names."""
        self.client.create_bucket(Bucket=name)
        if public:
            objects = [f"arn:aws:s3:::{name}/{of}" for of in public]
            allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects}
            policy = {"Version": "2012-10-17", "Statement": [allowed]}
            self.client.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    def names(self, bucket: str) -> list[str]:
        """Return the keys of a bucket's objects."""
        return [item["Key"] for item in self.client.list_objects_v2(Bucket=bucket).get("Contents", [])]


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run the server on a free port of loopback."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        url = f"http://{host}:{port}"
        session = boto3.Session("a", "b", region_name="us-east-1")
        yield S3Server(url=url, client=session.client("s3", endpoint_url=url))
    finally:
        moto.stop()
