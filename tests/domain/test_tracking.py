"""Which single requests look like a machine's."""

import pytest

from newsletter.domain.tracking import MachineReason, machine_of


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36", None),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", None),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile", None),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", MachineReason.PROGRAM),
        ("SomeBot", MachineReason.PROGRAM),
        ("WhatsApp/2.24.20.89 A", MachineReason.PROGRAM),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", MachineReason.PROGRAM),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", None),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", None),
        ("Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/131.0.0.0", MachineReason.PROGRAM),
        ("Mozilla/5.0", MachineReason.PREFETCH),
    ],
)
def test_a_phone_with_a_robots_name_is_a_person(agent: str, machine: MachineReason | None) -> None:
    assert machine_of("GET", {"user-agent": agent}, "192.0.2.1", ()) is machine
