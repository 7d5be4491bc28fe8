"""Other ways to send the same issue to each reader: yardsticks of ``send_smtp``."""

import hashlib
import hmac
import smtplib
import threading
import time
from email.message import EmailMessage
from email.utils import make_msgid

from jinja2 import Environment

CONNECTIONS = 10
_SECRET = b"a secret of the benchmark"
# Has a dash that isn't ASCII, so every sender has to encode the text for transfer.
PARAGRAPH, PARAGRAPHS = "<p>A paragraph of an issue — as long as paragraphs usually are.</p>\n", 830
LINE, LINES = "A line of the text part.\n", 700
_HTML = (
    "<p>{{ name }}</p>\n"
    + PARAGRAPH * PARAGRAPHS
    + '<a href="{{ out }}">out</a><a href="{{ topics }}">topics</a><a href="{{ online }}">online</a>\n'
)
_TEXT = "Good morning, {{ name }}.\n\n" + LINE * LINES + "\n{{ out }}\n"


def smtplib_and_jinja(port: int, messages: int) -> float:
    """Send with the standard library and a template, a thread for each connection; return the messages a second."""
    environment = Environment(autoescape=True)
    html, text = environment.from_string(_HTML), environment.from_string(_TEXT)

    def send(first: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for number in range(first, messages, CONNECTIONS):
                values = {
                    "name": f"Reader {number}",
                    "out": _link("unsubscribe", number),
                    "topics": _link("preferences", number),
                    "online": _link("browser", number),
                }
                message = EmailMessage()
                message["From"] = "The Daily Test <editors@news.example.org>"
                message["To"] = f"r{number}@example.com"
                message["Subject"] = "Good morning"
                message["Message-ID"] = make_msgid(domain="news.example.org")
                message["List-Unsubscribe"] = f"<{values['out']}>"
                message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
                message.set_content(text.render(values))
                message.add_alternative(html.render(values), subtype="html")
                connection.send_message(message)

    threads = [threading.Thread(target=send, args=(first,)) for first in range(CONNECTIONS)]
    before = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return messages / (time.perf_counter() - before)


def _link(purpose: str, reader: int) -> str:
    mac = hmac.new(_SECRET, f"{purpose} {reader}".encode(), hashlib.sha256).hexdigest()
    return f"https://news.example.org/{purpose}/2026-11-23/{mac}"


NODEMAILER = """
const crypto = require('node:crypto')
const nodemailer = require('nodemailer')
const [port, messages, connections] = process.argv.slice(1, 4).map(Number)
const [paragraphs, lines] = process.argv.slice(4)
const link = (purpose, reader) => `https://news.example.org/${purpose}/2026-11-23/` +
  crypto.createHmac('sha256', 'a secret of the benchmark').update(`${purpose} ${reader}`).digest('base64url')
const transport = nodemailer.createTransport({
  pool: true, host: '127.0.0.1', port, secure: false, ignoreTLS: true,
  maxConnections: connections, maxMessages: Infinity,
})
let next = 0
async function send() {
  while (next < messages) {
    const reader = next++
    const out = link('unsubscribe', reader)
    await transport.sendMail({
      from: 'The Daily Test <editors@news.example.org>',
      to: `r${reader}@example.com`,
      subject: 'Good morning',
      headers: {'List-Unsubscribe': `<${out}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click'},
      text: `Good morning, Reader ${reader}.\\n\\n${lines}\\n${out}\\n`,
      html: `<p>Reader ${reader}</p>\\n${paragraphs}<a href="${out}">out</a>` +
        `<a href="${link('preferences', reader)}">topics</a><a href="${link('browser', reader)}">online</a>\\n`,
    })
  }
}
const before = performance.now()
Promise.all(Array.from({length: 2 * connections}, send)).then(() => {
  console.log((performance.now() - before) / 1000)
  transport.close()
}, error => { console.error(error); process.exit(1) })
"""
