"""People of the staff, one for each role, as the tests of operations need them."""

from newsletter.domain.people import Person, Role

WRITER = Person(name="Wren Hale", address="wren@example.org", role=Role.WRITER)
EDITOR = Person(name="Eve Moss", address="eve@example.org", role=Role.EDITOR)
PUBLISHER = Person(name="Pia Lund", address="pia@example.org", role=Role.PUBLISHER)
ADMIN = Person(name="Ada Stern", address="ada@example.org", role=Role.ADMIN)
