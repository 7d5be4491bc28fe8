#!/bin/sh
# What `make demo` shows: the sample issue checked, built, and sent to the sample readers through the outbox.
# Run again it only says how things stand; and if it did more, the import would find the same readers, and an issue is
# sent once.
set -eu
issue=2026-11-23

step() { printf '\n== %s\n   $ newsletter %s\n\n' "$1" "$2"; }

if [ ! -e .demo/sent ] || [ ! -e newsletter.db ]; then
    step 'What would an editor be embarrassed by?' 'check'
    newsletter check
    step 'The issue as files' "build $issue --out .demo/issue"
    newsletter build "$issue" --out .demo/issue
    step 'Readers' 'subscribers import docs/samples/readers.csv'
    newsletter subscribers import docs/samples/readers.csv
    step 'Who would get which entries' "editions $issue"
    newsletter editions "$issue"
    step 'The send, to three segments, through the outbox' "send $issue --yes --once --any-date"
    newsletter send "$issue" --yes --once --any-date
    touch .demo/sent
fi
step 'Who got what' 'segments; newsletter sends'
newsletter segments
newsletter sends

cat <<EOF

== Where things are
   outbox/$issue/        one message a reader: open any of the .eml files in a mail program
   .demo/issue/              the issue as HTML, plain text and .eml
   issues/, newsletter.toml  the sample newsletter: its entries, issues and settings
   newsletter.db             its readers, and the ledger of what was sent

== What to type next
   make preview                            the issues in a browser, reloading as you write
   .venv/bin/newsletter --help             all commands
   .venv/bin/newsletter build $issue --out .demo/yusuf --as qasimi.yusuf@example.net
                                           what one reader gets, and why
   .venv/bin/newsletter sends deliveries $issue   who got it, reader by reader
   .venv/bin/newsletter entry list         what the entries are about, and where they ran
   docs/quick-start.md                     your own newsletter, step by step

   Commands that send need the secret that signs readers' links:
   export NEWSLETTER_SECRET=\$(cat .demo/secret)
   To begin again: rm -r .demo outbox newsletter.db*
EOF
