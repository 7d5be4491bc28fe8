"""Rules about themes, which ``rendering`` checks, and ``composing`` when a theme fails."""

from newsletter.checks.rule import error, warning

THEMES = (
    error(
        "theme-broken",
        "The theme cannot be loaded, or an issue does not compile with it.",
        "fix the template",
        "Without a theme there is no email.",
    ),
    error(
        "theme-unsubscribe",
        "The HTML or the text has no link to unsubscribe.",
        "print {{ links.unsubscribe }} in a link",
        "The law and every large mailbox provider ask for it, in both parts.",
    ),
    error(
        "theme-address",
        "The HTML or the text has no postal address.",
        "print {{ newsletter.postal_address }}",
        "The law asks for it (in the United States, CAN-SPAM).",
    ),
    error(
        "theme-parts",
        "An edition of a tailored issue has words of an entry, or a section's heading, that it should leave out.",
        "print all of an entry between {% part entry %} and {% endpart %}, headings in {% part section %}",
        "An edition leaves entries out as whole parts: what stands outside goes to every reader.",
    ),
    error(
        "theme-mjml",
        "A template's MJML is not well-formed, or the compiler would run two words together.",
        "close every tag; write an empty one as <br/>",
        "The compiler fails without a line, or drops the line break between two inline tags without a word.",
    ),
    error(
        "theme-mjml-tag",
        "A tag that MJML does not have, or one where it may not stand.",
        "take the tag that is suggested",
        "The compiler drops it without a word, and all that is in it.",
    ),
    warning(
        "theme-mjml-attribute",
        "An attribute that its tag does not take.",
        "take the attribute that is suggested",
        "The compiler ignores it without a word.",
    ),
    warning(
        "theme-contrast",
        "Text and its background have less contrast than WCAG AA asks for, in light or dark mode.",
        "set the two colours further apart",
        "Many readers cannot read it, least of all on a phone in the sun. (A pair of unknown colours is an error.)",
    ),
    warning(
        "theme-inline-css",
        "inline.css has something that can't be inlined (`!important`, `@media`), colours like `rgb(…)`, a lone brace.",
        "put the rule into style.css; write colours as #1a2b3c",
        "It would be lost, here or in mail clients.",
    ),
    warning(
        "theme-remote-font",
        "The theme loads fonts or styles from the web: `<mj-font>`, `@import`, `@font-face`.",
        "take fonts that readers have",
        "Their server learns who opens a message and when, and most mail clients don't load them.",
    ),
    warning(
        "theme-style-size",
        "A `<style>` has more than 16,384 bytes.",
        "shorten style.css",
        "Gmail drops it whole, and dark mode and the phone's layout with it.",
    ),
)
