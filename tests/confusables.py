"""Invented addresses that look or fold alike but differ, and different spellings of the same address."""

# A reader's address, and another person's that case folding, NFKC or the eye confuses with it.
DIFFERENT = (
    ("ada@fussball.org", "ada@fußball.org"),  # sharp s: another registrable domain (IDNA 2008)
    ("eva@fußball.example", "eva@fussball.example"),  # the same, the other way round
    ("fiona@example.net", "ﬁona@example.net"),  # a ligature
    ("straub@example.net", "ﬆraub@example.net"),
    ("sam@example.net", "ſam@example.net"),  # long s
    ("ida@example.net", "ıda@example.net"),  # dotless i
    ("ines@example.net", "İnes@example.net"),  # dotted capital I
    ("gross@example.net", "groß@example.net"),
    ("mia@example.net", "ｍia@example.net"),  # fullwidth
    ("olga@example.net", "оlga@example.net"),  # Cyrillic о
    ("ada@apple.example", "ada@аpple.example"),  # Cyrillic а in the domain
    ("ada@pear.example", "ada@xn--par-rdd.example"),  # a homograph, written in Punycode
    ("jose@example.net", "josé@example.net"),
    ("zoe@example.net", "zoë@example.net"),
    ("дарья@example.net", "Дарья@example.net"),  # only ASCII case is folded
    ("nick@example.net", "ηick@example.net"),  # Greek eta
    ("mu@example.net", "µ@example.net"),
    ("σοφια@example.net", "ςοφια@example.net"),  # final sigma
)

# A reader's address, and another spelling of it.
SAME = (
    ("Anna@Example.COM", "aNNA@example.com"),
    ("bea@bücher.example", "bea@xn--bcher-kva.example"),
    ("bea@käse.example", "BEA@XN--KSE-QLA.example"),
    ("cleo@BÜCHER.example", "cleo@bücher.example"),
    ("dora@example.com", "dora@ｅxample.com"),  # a fullwidth domain (UTS 46)
    ("elli@example.com", "elli@example。com"),  # an ideographic full stop
    ("kate@example.com", "\u212aate@example.com"),  # the Kelvin sign is a K in NFC
    ("kim@kite.example", "kim@\u212aite.example"),
    ("Åsa@example.com", "A\u030asa@example.com"),  # composed and combining
    ("\u1e96a@example.com", "H\u0331a@example.com"),  # composed in lower case only
    ("finn@fish.example", "finn@ﬁsh.example"),  # a ligature in a domain (UTS 46)
    ("gerd@faß.example", "gerd@xn--fa-hia.example"),
)
