"""The publisher's use cases, shared by the command line, pages and workers: send an issue, schedule it, check it.

``send_issue`` plans, schedules, starts and resumes a send. ``audience`` decides who gets an issue, and why a reader
doesn't. ``next_issue`` creates the next issue or a digest. ``check_newsletter`` reports every mistake. They take
values, print nothing, and never exit.
"""
