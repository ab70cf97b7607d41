"""A conversation as a file: Markdown, HTML that needs nothing else, PDF, JSON. Runs in any thread."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import StoreError
from app.ui import phrases
from app.ui.core_words import in_language
from app.ui.numbers import moment
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.messages import Conversation, StoredMessage
    from app.ui.conversations_seam import ConversationsSeam

_STYLE = """body{font:16px/1.55 system-ui,sans-serif;max-width:46rem;margin:2.5rem auto;padding:0 1rem;color:#1d2126;
background:#faf9f6}h1{font-size:1.5rem;margin:0}.meta{color:#5a626c;font-size:.86rem}article{background:#fff;
border:1px solid #dfdbd1;border-radius:14px;padding:.4rem 1.25rem .8rem;margin:1rem 0}article.mine{background:#d9efeb;
border:0;margin-left:4rem;white-space:pre-wrap;padding:.7rem 1.25rem}pre,code{font-family:ui-monospace,monospace}
pre{background:#f3f1ec;padding:.6rem;overflow-x:auto}table{border-collapse:collapse}td,th{border:1px solid #dfdbd1;
padding:.3rem .6rem}ol.sources{font-size:.86rem;color:#5a626c;padding-left:1rem;list-style:none}
@media print{body{background:#fff;margin:0}article{break-inside:avoid}}"""
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
# Qt writes its own fonts and sizes at each piece of text; the page has its own.
_FONTS = re.compile(r"\s?font-(?:family|size):[^;\"]*;")
_PICTURE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(r'<a href="(?!https?://|mailto:)[^"]*">', re.IGNORECASE)
PAPER_POINTS = 10.0
"""Size of letters on paper."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Whoever opens the page: it may load nothing and run nothing."""


def export(store: ConversationsSeam, id: str, path: Path) -> None:
    """Write a conversation to `path`, whose ending says how. Raises UsageError, StoreError."""
    conversation, messages = store.get(id), store.messages(id)
    form = path.suffix.lower()
    try:
        if form == ".pdf":
            _pdf(conversation, messages, path)
            return
        if form == ".json":
            text = json.dumps(store.export(id), ensure_ascii=False, indent=1)
        elif form in (".html", ".htm"):
            text = page(conversation, messages)
        else:
            text = markdown_text(conversation, messages)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            tr("{path} cannot be written: {reason}.", path=path, reason=error.strerror or error),
            code="export",
            hint=tr("Choose another folder, or look for free space."),
        ) from error


def file_name(title: str) -> str:
    """Return a title as a name that every system takes."""
    name = re.sub(r"[^\w\- ]+", "", title).strip()[:60].strip()
    return name or "conversation"


def markdown_text(conversation: Conversation, messages: Sequence[StoredMessage]) -> str:
    """Return the conversation as Markdown in the language of the window."""
    lines = [f"# {conversation.title or tr('Conversation')}", "", _begun(conversation), ""]
    for message in messages:
        who = tr("Question") if message.role == "user" else tr("Answer")
        lines += [f"## {who}", "", message.text.strip(), ""]
        lines += [f"- {one}" for one in _sources(message)]
        if message.role != "user" and (said := _said(message)):
            lines += ["", f"*{said}*"]
        lines.append("")
    return "\n".join(lines)


def _begun(conversation: Conversation) -> str:
    return tr("Begun {when}", when=moment(conversation.created_at))


def page(conversation: Conversation, messages: Sequence[StoredMessage]) -> str:
    """Return the conversation as one HTML page that loads nothing and runs nothing."""
    title = html.escape(conversation.title or tr("Conversation"))
    parts = [
        f'<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{POLICY}"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p class="meta">{html.escape(_begun(conversation))}</p>'
    ]
    for message in messages:
        if message.role == "user":
            parts.append(f'<article class="mine">{html.escape(message.text.strip())}</article>')
            continue
        sources = "".join(f"<li>{html.escape(one)}</li>" for one in _sources(message))
        foot = f'<ol class="sources">{sources}</ol>' if sources else ""
        parts.append(f"<article>{_answer(message.text)}{foot}{_meta(message)}</article>")
    return "".join(parts) + "</body></html>"


def _answer(text: str) -> str:
    """Return an answer's Markdown as HTML; HTML in it is text, pictures are gone, links lead outside only."""
    from PySide6.QtGui import QTextDocument

    from app.ui import markdown
    from app.ui.tokens import LIGHT

    document = QTextDocument()
    markdown.render(document, text, LIGHT)
    found = _BODY.search(document.toHtml())
    inside = found.group(1) if found else html.escape(text)
    return _LINK.sub("<a>", _PICTURE.sub("", _FONTS.sub("", inside)))


def _sources(message: StoredMessage) -> list[str]:
    """Return what the answer cites: files by their whole path, what was said before in its words."""
    recalled = {one.n: phrases.source(one) for one in message.passages if one.origin}
    return [
        f"[{one.n}] "
        + (recalled.get(one.n) or one.path + (tr(", page {page}", page=one.page) if one.page is not None else ""))
        for one in message.citations
    ]


def _meta(message: StoredMessage) -> str:
    said = _said(message)
    return f'<p class="meta">{html.escape(said)}</p>' if said else ""


def _said(message: StoredMessage) -> str:
    return " · ".join(part for part in (_node(message), message.model, in_language(message.error)) if part)


def _node(message: StoredMessage) -> str:
    return tr("this machine") if message.node == "local" else message.node


def _pdf(conversation: Conversation, messages: Sequence[StoredMessage], path: Path) -> None:
    from PySide6.QtGui import QFont, QPageSize, QPdfWriter, QTextDocument

    parts = [f"<h2>{html.escape(conversation.title or tr('Conversation'))}</h2>"]
    parts.append(f'<p class="meta">{html.escape(_begun(conversation))}</p>')
    for message in messages:
        if message.role == "user":
            asked = html.escape(message.text.strip()).replace("\n", "<br>")
            parts.append(f'<table width="100%" cellpadding="7" bgcolor="#d9efeb"><tr><td>{asked}</td></tr></table>')
            continue
        sources = "<br>".join(html.escape(one) for one in _sources(message))
        parts.append(f"{_answer(message.text)}<p><small>{sources}</small></p>{_meta(message)}<p></p>")
    document = QTextDocument()
    font = QFont()  # that of the window
    font.setPointSizeF(PAPER_POINTS)
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(".meta { color: #5a626c; font-size: 8pt } small { color: #5a626c }")
    document.setHtml("".join(parts))  # nothing in it names a file: see _answer
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setResolution(300)
    writer.setTitle(conversation.title)
    writer.setCreator("Tangnet")
    document.print_(writer)
    if not path.exists() or not path.stat().st_size:
        raise OSError(0, tr("the system did not take it"), str(path))
