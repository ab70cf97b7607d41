"""Formats that are text with marks in it: what their readers make of the marks."""

from __future__ import annotations

import json

import pytest

from app.rag.document import Piece
from app.rag.readers import (
    delimited,
    html,
    json_text,
    latex,
    markdown,
    notebook,
    rst,
    rtf,
    source,
    subtitles,
    text,
    xml_text,
)
from app.rag.readers.outcome import Outcome, Refused


def seen(outcome: Outcome) -> list[Piece]:
    return [piece for piece in outcome.pieces if piece.text.strip()]


def kinds(outcome: Outcome) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text.strip()) for piece in seen(outcome)]


RUSSIAN = "Лебеди летят на юг, когда становится холодно. Помидоры нужно поливать каждый день.\n" * 3
JAPANESE = "寒くなると白鳥は南へ飛びます。トマトには毎日水をやってください。\n" * 3


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("cp1251", RUSSIAN), ("koi8-r", RUSSIAN), ("cp932", JAPANESE), ("euc_jp", JAPANESE), ("utf-16-le", RUSSIAN)],
)
def test_text_of_older_encodings(encoding: str, words: str) -> None:
    assert text.read(words.encode(encoding)).pieces[0].text == words


def test_markdown_lists_tables_and_code() -> None:
    written = "- a\n- b\n\n| x | y |\n|---|:-:|\n| 1 | 2\\|3 |\n\n~~~\nrun\n\nit\n~~~\nend"
    found = markdown.read(f"---\ntitle: Garden\n---\n\n{written}".encode())
    assert found.title == "Garden"
    assert kinds(found)[-4:] == [
        ("list", "- a\n- b"),
        ("table", "x | y\n1 | 2|3"),
        ("code", "~~~\nrun\n\nit\n~~~"),
        ("text", "end"),
    ]
    assert seen(found)[-3].header == "x | y"


def test_rst() -> None:
    written = """=====
Title
=====

Words::

    code here

Sub
---
* one
* two

.. a comment

.. note:: Mind this.

=====  ====
Plant  Days
=====  ====
Basil  9
=====  ====

+---+---+
| a | b |
+===+===+
| 1 | 2 |
|   | 3 |
+---+---+
"""
    found = rst.read(written.encode())
    assert kinds(found) == [
        ("heading", "Title"),
        ("text", "Words::"),
        ("code", "code here"),
        ("heading", "Sub"),
        ("list", "* one\n* two"),
        ("text", "Mind this."),
        ("table", "Plant | Days\nBasil | 9"),
        ("table", "a | b\n1 | 2 3"),
    ]
    assert seen(found)[-1].section == ("Title", "Sub") and seen(found)[-2].header == "Plant | Days"


def test_latex() -> None:
    written = r"""\documentclass{article} \title{On \emph{frost}}
\begin{document}\maketitle
\section{Cold}\label{s} It is 5\% colder. % hidden
See~\ref{s}.

\begin{itemize}\item wool \item felt\end{itemize}
\begin{tabular}{lr}\hline Plant & Days \\ Basil & 9 \\ \end{tabular}
\begin{verbatim}
x = 1  % kept
\end{verbatim}
\end{document}"""
    found = latex.read(written.encode())
    assert found.title == "On frost"
    assert kinds(found) == [
        ("heading", "On frost"),
        ("heading", "Cold"),
        ("text", "It is 5% colder. See ."),
        ("list", "- wool\n- felt"),
        ("table", "Plant | Days\nBasil | 9"),
        ("code", "x = 1  % kept"),
    ]
    assert seen(found)[-1].section == ("On frost", "Cold")


def test_rtf() -> None:
    written = rb"""{\rtf1\ansi\ansicpg1251\uc1{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}
{\stylesheet{\s1 heading 1;}}{\info{\title Garden}{\author Ada}}
\pard\s1 Frost\par\pard\f0 Caf\'e9 costs 5\u8364? .\f1 \'cb\'e5\'e4{\footnote\pard Or more.}\par
{\v hidden}{\*\unknown gone}{\pict 0102}A\tab b\line c\par
\trowd\pard\intbl Plant\cell Days\cell\row\pard\intbl Basil\cell 9\cell\row\pard End.\par}"""
    found = rtf.read(written)
    assert found.title == "Garden"
    assert [(piece.kind, piece.text, piece.section) for piece in seen(found)] == [
        ("heading", "Frost", ("Frost",)),
        ("text", "Café costs 5€ .Лед", ("Frost",)),
        ("text", "Footnote: Or more.", ("Frost",)),
        ("text", "A\tb\nc", ("Frost",)),
        ("table", "Plant | Days\nBasil | 9", ("Frost",)),
        ("text", "End.", ("Frost",)),
    ]


@pytest.mark.parametrize("data", [b"{\\rtf1" + b"{" * 100_000, b"{\\rtf1 }}}}}\\", b"{\\rtf1\\u-70000000000 x}"])
def test_broken_rtf_is_harmless(data: bytes) -> None:
    assert len(rtf.read(data).pieces) < 5


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_finds_what_parts_the_columns(delimiter: str) -> None:
    rows = [["Name", "City"], ["Ann, the first; or so", "Rome"], ["Bo\nLee", "Oslo"]]
    written = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    piece = seen(delimited.read(written.encode("utf-16")))[0]
    assert (piece.kind, piece.header) == ("table", "Name | City")
    assert piece.text == "Name | City\nAnn, the first; or so | Rome\nBo Lee | Oslo"


def test_csv_title_numbers_and_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    found = delimited.read(b"Cups,,\nTeam,Town,Won\nBlues,STL,1\n\n1,2,3\n4,5,6\n")
    assert [(piece.kind, piece.header) for piece in seen(found)] == [
        ("caption", ""),
        ("table", "Team | Town | Won"),
        ("table", ""),
    ]
    monkeypatch.setattr(delimited, "MAX_CHARACTERS", 10)
    assert delimited.read(b"a,b\n1,2\n3,4\n").reason == "It is very large: only its first 2 lines were read."


def test_json_paths_tables_and_lines() -> None:
    plants = [{"plant": "Basil", "days": 9}, {"plant": "Thyme", "days": 12}]
    value = {
        "name": "Garden",
        "pump": {"port": 8080, "on": True},
        "tags": ["a", "b"],
        "plants": plants,
        "notes": [f"note {number}" for number in range(60)],
    }
    found = seen(json_text.read(json.dumps(value).encode()))
    assert found[0].text == (
        "name: Garden\npump.port: 8080\npump.on: true\ntags: a, b\nplants[1].plant: Basil\nplants[1].days: 9\n"
        "plants[2].plant: Thyme\nplants[2].days: 12"
    )
    assert (found[1].kind, found[1].text, found[2].kind) == ("heading", "notes", "list")
    assert found[2].section == ("notes",) and found[2].text.startswith("- note 0\n")
    lines = "\n".join(json.dumps(row) for row in plants)
    assert seen(json_text.read(lines.encode()))[0].text == "plant | days\nBasil | 9\nThyme | 12"


def test_json_that_is_none_or_bottomless() -> None:
    assert json_text.read(b"// a comment\n{}").reason.startswith("It is not valid JSON")
    with pytest.raises(Refused, match="too deeply"):
        json_text.read(b"[" * 100_000 + b"]" * 100_000)


def test_notebook() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Rain\n", "It rains."]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [
                {"output_type": "stream", "text": ["\x1b[31m1\x1b[0m\n"]},
                {"output_type": "display_data", "data": {"image/png": "AAAA"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "too wet"},
            ],
        },
    ]
    found = notebook.read(json.dumps({"cells": cells}).encode())
    assert [(piece.kind, piece.text, piece.section) for piece in seen(found)] == [
        ("heading", "# Rain", ("Rain",)),
        ("text", "It rains.", ("Rain",)),
        ("code", "print(1)", ("Rain",)),
        ("code", "1\n", ("Rain",)),
        ("code", "ValueError: too wet", ("Rain",)),
    ]
    with pytest.raises(Refused, match="not a whole notebook"):
        notebook.read(b"{}")


def test_xml_records_keep_their_titles() -> None:
    feed = """<?xml version="1.0"?><rss><channel><title>News</title><item><title>Frost</title><pubDate>May</pubDate>
    <description>&lt;p&gt;It is &lt;b&gt;cold&lt;/b&gt;.&lt;/p&gt;</description></item></channel></rss>"""
    assert [(piece.kind, piece.text, piece.section) for piece in seen(xml_text.read(feed.encode()))] == [
        ("heading", "News", ("News",)),
        ("heading", "Frost", ("News", "Frost")),
        ("text", "pubDate: May", ("News", "Frost")),
        ("text", "It is cold.", ("News", "Frost")),
    ]


def test_xml_mixed_text_attributes_and_drawings() -> None:
    assert kinds(xml_text.read(b"<d><p>One <b>bold</b> word</p><set name='rain' unit='litre'/></d>")) == [
        ("text", "One bold word"),
        ("text", "set: name rain, unit litre"),
    ]
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><g><path d="M0 0 L10 10" class="line"/><text>Pump</text></g></svg>'
    assert kinds(xml_text.read(svg)) == [("text", "Pump")]


def test_xml_entities_depth_and_breaks() -> None:
    with pytest.raises(Refused, match="entities"):
        xml_text.read(b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>')
    with pytest.raises(Refused, match="too deeply"):
        xml_text.read(b"<a>" * 1_000 + b"x" + b"</a>" * 1_000)
    broken = xml_text.read(b"<a>words <b></a>")
    assert "words" in broken.pieces[0].text and "broken" in broken.reason


def test_subtitles_know_their_seconds() -> None:
    written = """1
00:00:01,500 --> 00:00:03,000
<i>The frost</i>

2
00:00:03,100 --> 00:00:05,000
came early.

3
01:00:00,000 --> 01:00:02,000
Later."""
    found = seen(subtitles.read(written.replace("\n", "\r\n").encode()))
    assert [(piece.text, piece.seconds) for piece in found] == [
        ("The frost came early.", (1.5, 5.0)),
        ("Later.", (3600.0, 3602.0)),
    ]
    web = b"WEBVTT\n\nNOTE nothing\n\nintro\n00:01.000 --> 00:02.500 align:start\n<v Ada>Hello &amp; welcome\n"
    assert [(piece.text, piece.seconds) for piece in seen(subtitles.read(web))] == [
        ("Ada: Hello & welcome", (1.0, 2.5))
    ]


def test_source_code_under_classes_and_functions() -> None:
    written = '''import os

class Pump:
    """Moves water."""

    @property
    def open(self) -> bool:
        return True

    def close(self):
        pass

def main():
    run()
'''
    found = seen(source.read(written.encode(), ".py"))
    assert [piece.section for piece in found] == [(), ("Pump",), ("Pump", "open"), ("Pump", "close"), ("main",)]
    assert "@property" in found[2].text and all(piece.kind == "code" for piece in found)
    assert "\n".join(piece.text for piece in found).split() == written.split()


@pytest.mark.parametrize(
    ("extension", "written", "sections"),
    [
        (".rs", "impl Pump {\n    pub fn open(&self) {}\n}", [("Pump",), ("Pump", "open")]),
        (".go", "func (p *Pump) Open() {\n}", [("Open",)]),
        (".ts", "export const open = async (x) => {\n}", [("open",)]),
        (
            ".java",
            "public class Pump {\n    int open(int x) {\n        return x;\n    }\n}",
            [("Pump",), ("Pump", "open")],
        ),
        (".sql", "CREATE TABLE IF NOT EXISTS plants (id int);", [("plants",)]),
        (".toml", "[pump]\nport = 1", [("pump",)]),
    ],
)
def test_source_code_of_other_languages(extension: str, written: str, sections: list[tuple[str, ...]]) -> None:
    assert [piece.section for piece in seen(source.read(written.encode(), extension))] == sections


def test_html_tables_lists_and_layout() -> None:
    page = (
        """<main><table><tr><td><table><tr><th>Plant</th><th>Days</th></tr><tr><td>Basil<p>(green)</td><td>9</td></tr>
    </table></td></tr></table><ul><li>a<ul><li>b</ul></ul><figure><figcaption>The pump</figcaption></figure>
    <pre>x
 y</pre><div role=contentinfo>Seen in the content</div></main><div role=contentinfo>Imprint</div>
    <span class="sr-only">skip</span><p>"""
        + "Filler that makes the page long. " * 9
    )
    found = html.read(page.encode())
    assert kinds(found)[:5] == [
        ("table", "Plant | Days\nBasil (green) | 9"),
        ("list", "- a\n  - b"),
        ("caption", "The pump"),
        ("code", "x\n y"),
        ("text", "Seen in the content"),
    ]
    assert seen(found)[0].header == "Plant | Days"
    whole = "\n".join(piece.text for piece in seen(found))
    assert "Imprint" not in whole and "skip" not in whole


def test_html_menus_of_links_are_left_out_wherever_they_stand() -> None:
    menu = "".join(f'<li><a href="/{number}">Language {number}</a></li>' for number in range(30))
    links = "<ul><li><a href='/'>A study of frost and its consequences for basil</a><li>and a note on it</ul>"
    page = f"<ul>{menu}</ul><p>{'The frost came early. ' * 20}</p>{links}"
    whole = "\n".join(piece.text for piece in html.read(page.encode()).pieces)
    assert "Language 7" not in whole and "consequences" in whole and "a note on it" in whole
    assert "Language 7" in "".join(piece.text for piece in html.read(f"<ul>{menu}</ul>".encode()).pieces)


def test_csv_whose_quotation_mark_is_never_closed() -> None:
    broken = delimited.read(b'a,b\n"' + b"x" * 1_100_000)
    assert "broken" in broken.reason and broken.pieces[0].text.startswith("a,b")
