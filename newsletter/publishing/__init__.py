"""The publisher's use cases, which the command line, pages, an API and workers share. They print nothing.

Write: ``next_issue`` creates the next issue or a digest, ``entry_list`` shows which entries are unused, ``links`` has
the links that editors catch, ``house_style`` says how to write ellipses and quotation marks.
Check: ``check_newsletter`` reports every mistake, by the date and the sent issues in ``calendar``; ``build_issue``,
``proofs`` and ``rehearsal`` show an issue, ``reviews`` decides whether it may go out.
Send: ``sends`` prepares, begins and controls a send, ``workers`` runs what is due and mails publishers about it,
``audience`` decides who gets an issue and what one reader gets, ``pictures`` uploads its pictures first.
Readers: ``readers`` looks after them, ``segment_readers`` and ``topics`` say who is in a segment and follows a topic,
``bounces`` processes the bounce mailbox.
Settings: ``settings_changes`` decides which of them may be changed, ``theme_copies`` makes themes.
"""
