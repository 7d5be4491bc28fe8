"""The publisher's use cases, which the command line, pages, an API and workers share. They print nothing.

Write: ``next_issue`` creates the next issue or a digest, ``entry_list`` shows which entries are unused.
Catch: ``pasted_links`` finds links in a text, ``link_desk`` stores them and makes entries of them, ``link_fetching``
reads their pages, ``house_style`` says how to write ellipses and quotation marks.
Review: ``check_newsletter`` reports every mistake, by the date and the sent issues in ``calendar``; ``build_issue``,
``proofs`` and ``rehearsal`` show an issue.
Readers: ``audience`` decides who gets an issue and what one reader gets, ``readers`` adds a reader by hand.
Bounces: ``bounces`` processes the bounce mailbox.
Send: ``send_issue`` prepares, begins, schedules and resumes a send, ``start_time`` says when, ``worker`` runs
what is due with ``due_sends``, ``send_details`` watches a send, and ``notifier`` mails the editors about it.
"""
