"""The output of every theme, compared byte by byte so that it changes only on purpose."""

import pytest

from tests.rendering.samples import GOLDEN, NOWHERE, golden

RENEW = "if the change is meant: python -m tests.rendering.renew_golden"


@pytest.mark.parametrize("name", GOLDEN)
def test_every_theme_renders_the_golden_files(name: str) -> None:
    for path, content in golden(name).items():
        with (NOWHERE / path).open(encoding="utf-8", newline="") as file:
            assert content == file.read(), RENEW
