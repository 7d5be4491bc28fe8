#!/bin/sh
# What `make demo` shows: the sample issue checked, built, and sent to the sample readers through the outbox.
# Run again it only says how things stand; and if it did more, the import would find the same readers, and an issue is
# sent once.
set -eu
issue=2026-11-23

step() { printf '\n== %s\n   $ newsletter %s\n\n' "$1" "$2"; }

if [ ! -e .demo/sent ] || [ ! -e newsletter.db ]; then
    step 'Check for mistakes' 'check'
    newsletter check
    step 'Write the issue to files' "build $issue --out .demo/issue"
    newsletter build "$issue" --out .demo/issue
    step 'Import readers' 'subscribers import docs/samples/readers.csv'
    newsletter subscribers import docs/samples/readers.csv
    step 'Show who would get which entries' "editions $issue"
    newsletter editions "$issue"
    step 'Send the issue to three segments, through the outbox' "send $issue --yes --once --any-date"
    newsletter send "$issue" --yes --once --any-date
    touch .demo/sent
fi
step 'Show who got the issue' 'segments; newsletter sends'
newsletter segments
newsletter sends

cat <<EOF

== Where things are
   outbox/$issue/        one message per reader: open any of the .eml files in a mail program
   .demo/issue/              the issue as HTML, plain text and .eml
   issues/, newsletter.toml  the sample newsletter: its entries, issues and settings
   newsletter.db             its readers, and the record of what was sent

== What to try next
   .venv/bin/newsletter --help             list all commands
   .venv/bin/newsletter build $issue --out .demo/yusuf --as qasimi.yusuf@example.net
                                           write the edition that one reader gets
   .venv/bin/newsletter sends deliveries $issue   list who got it
   .venv/bin/newsletter entry list         list the entries with their topics and issues
   docs/quick-start.md                     create your own newsletter, step by step

   Commands that send mail need the secret that signs readers' links:
   export NEWSLETTER_SECRET=\$(cat .demo/secret)
   To start over: rm -r .demo outbox newsletter.db*

== Make an issue yourself, in a browser
   make studio
EOF
