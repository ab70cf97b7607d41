"""A folder of mixed documents, made up and written here: what the pictures of the docs are taken of."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

HANDBOOK = """# Greenhouse handbook

Written for the volunteers of the Ostwall community greenhouse.

## Opening

The greenhouse opens at seven in the morning from April to September and at nine in winter. The key hangs in the
blue box beside the west door; the code of the box is given out at the yearly meeting.

## Watering

Tomatoes are watered every second day, three litres a plant, always in the morning and never on the leaves.
Seedlings stay moist but not wet: use the small can with the fine rose. The rain barrel on the north side holds
five hundred litres; when it is empty, take water from the well, not from the tap.

## Heating

The heating starts by itself below eight degrees. In a frost warning close all roof windows before dusk and check
that the thermometer at bench four shows at least six degrees in the evening. If the heating fails, call Marta.

## Pests

Aphids are washed off with plain water. Nothing is sprayed without asking the pest team first.
"""
MINUTES = """# Minutes of the yearly meeting

Twenty-three members were present. The accounts were approved.

The new rain barrel cost 420 euros and was paid from the raffle. Marta Lindqvist takes over the heating from Jonas.
Next year's plant market is on the second Saturday in May. Members bring cakes; the greenhouse provides coffee.
"""
PLANTS = "plant,bench,sown,harvest\nTomato Roma,4,3 March,July\nBasil,2,12 April,June\nCucumber,5,20 April,August\n"
LETTER = """From: Marta Lindqvist <marta@example.org>
To: The board <board@example.org>
Subject: Key of the tool shed
Date: Tue, 03 Feb 2026 10:15:00 +0100
Content-Type: text/plain; charset=utf-8

Dear all,

the spare key of the tool shed is with Jonas now. Please sign the list when you borrow it.

Marta
"""
NEWS = """<!doctype html><html><head><title>Greenhouse news</title></head><body><article><h1>Greenhouse news</h1>
<p>The plant market was visited by more than four hundred people, the most since the greenhouse was opened. The cake
stall alone earned 310 euros, which pay for the new shading cloth on the south side.</p></article></body></html>
"""
REPORT: Sequence[tuple[str, Sequence[str]]] = (
    (
        "Ostwall community greenhouse: report on the year",
        (
            "The year began with the coldest January since the greenhouse was built. The heating ran on 41 days, "
            "eleven more than the year before, and used 2,900 kilowatt hours. Two panes of the roof cracked "
            "and were replaced by the members themselves within a week.",
            "In spring 340 seedlings were raised, most of them tomatoes and peppers. The beds along the south wall "
            "were filled with new compost; a lorry brought six cubic metres of it in March.",
            "A pump was put on the well in June. It is driven by a panel of 120 watts on the tool shed, lifts 800 "
            "litres an hour in full sun, and filled the barrel on most days of the summer without anybody's help.",
            "Volunteers gave 1,870 hours in all. Eleven people joined and four left, so that the greenhouse has 52 "
            "members at the end of the year. Twice a month a school class came to learn about soil and seeds.",
        ),
    ),
    (
        "Harvest and accounts",
        (
            "The harvest was the best so far: 612 kilograms of vegetables, of which 388 were tomatoes. A third went to "
            "the food bank of the quarter, which fetched it every Thursday from July to October.",
            "Cucumbers suffered from mildew in August. The pest team removed the plants of bench five and washed the "
            "bench with vinegar; the late sowing stayed healthy.",
            "Income came to 4,260 euros: 2,080 from fees, 1,340 from the plant market, 840 from gifts. Expenses were "
            "3,915 euros, nearly half of them for heating.",
            "For next year the members agreed to insulate the north wall. Three offers were asked for; the cheapest is "
            "at 1,150 euros and would save about a fifth of the heating.",
        ),
    ),
)


def write(folder: Path) -> None:
    """Make `folder` with documents of several kinds in it; one of them is damaged."""
    folder.mkdir(parents=True)
    (folder / "Board").mkdir()
    (folder / "Greenhouse handbook.md").write_text(HANDBOOK, encoding="utf-8")
    (folder / "Plants.csv").write_text(PLANTS, encoding="utf-8")
    (folder / "News.html").write_text(NEWS, encoding="utf-8")
    (folder / "Report on the year.pdf").write_bytes(pdf(REPORT))
    (folder / "Board" / "Minutes of the meeting.md").write_text(MINUTES, encoding="utf-8")
    (folder / "Board" / "Key of the tool shed.eml").write_text(LETTER, encoding="utf-8")
    (folder / "Board" / "Old plan.pdf").write_bytes(pdf(REPORT)[:700])


def pdf(pages: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """Return a PDF of two columns: on each page a heading and paragraphs."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    for name in (b"Helvetica", b"Helvetica-Bold"):
        objects.append(b"<</Type/Font/Subtype/Type1/Encoding/WinAnsiEncoding/BaseFont/%s>>" % name)
    kids = []
    for heading, paragraphs in pages:
        stream = _page(heading, paragraphs)
        objects.append(b"<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream")
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>"
            b"/Contents %d 0 R>>" % len(objects)
        )
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
    return bytes(out)


def _page(heading: str, paragraphs: Sequence[str]) -> bytes:
    """Return what is drawn: the heading over both columns, half of the paragraphs in each."""
    drawn = [f"BT /F2 17 Tf 56 770 Td ({_escaped(heading)}) Tj ET"]
    half = (len(paragraphs) + 1) // 2
    for left, column in ((56, paragraphs[:half]), (308, paragraphs[half:])):
        lines = [line for paragraph in column for line in [*textwrap.wrap(paragraph, 44), ""]]
        shown = " ".join(f"({_escaped(line)}) Tj 0 -14.5 Td" for line in lines)
        drawn.append(f"BT /F1 10.5 Tf {left} 730 Td {shown} ET")
    return "\n".join(drawn).encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
