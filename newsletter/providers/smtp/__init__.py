"""SMTP: sending to a relay over pooled, pipelined connections, signed with DKIM."""
