"""Pure: which words of code are keywords, names, numbers, texts and comments. No Qt; Pygments only when code is shown.

The languages that models write most are known here, by the names that they give them. Of other languages, and of very
long code, nothing is coloured: a lexer for everything would be more for a hostile text to play with.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["keyword", "string", "number", "comment", "name"]
Span: TypeAlias = tuple[int, int, Role]
"""First character, length, role."""
LONGEST = 12_000
"""Characters of code that is coloured; more stays plain."""

_NAMES = {
    "Bash": "bash sh shell zsh console shell-session", "Batch": "bat batch cmd", "C": "c h", "C#": "csharp cs c#",
    "C++": "cpp c++ cc hpp cxx", "Clojure": "clojure clj", "CMake": "cmake", "CSS": "css", "Dart": "dart",
    "Diff": "diff patch", "Dockerfile": "docker dockerfile", "Elixir": "elixir ex", "Erlang": "erlang",
    "Go": "go golang", "GraphQL": "graphql", "Haskell": "haskell hs", "HTML": "html", "INI": "ini cfg conf",
    "Java": "java", "JavaScript": "javascript js node jsx mjs", "JSON": "json json5 jsonc", "Julia": "julia jl",
    "Kotlin": "kotlin kt", "LaTeX": "latex tex", "Lisp": "common-lisp lisp cl", "Lua": "lua",
    "Makefile": "make makefile", "Markdown": "markdown md", "MATLAB": "matlab", "Nginx": "nginx", "OCaml": "ocaml",
    "Perl": "perl pl", "PHP": "php", "PowerShell": "powershell ps1", "Protocol Buffers": "protobuf proto",
    "Python": "python py python3 py3", "R": "r", "Ruby": "ruby rb", "Rust": "rust rs", "Scala": "scala",
    "SCSS": "scss", "SQL": "sql sqlite postgresql mysql", "Swift": "swift", "TOML": "toml",
    "TypeScript": "typescript ts tsx", "XML": "xml svg", "YAML": "yaml yml", "Zig": "zig",
}  # fmt: skip
_LANGUAGES = {alias: (name, aliases.split()[0]) for name, aliases in _NAMES.items() for alias in aliases.split()}
_ROLES: tuple[tuple[str, Role], ...] = (
    ("Token.Comment", "comment"), ("Token.Literal.String", "string"), ("Token.Literal.Number", "number"),
    ("Token.Keyword", "keyword"), ("Token.Operator.Word", "keyword"), ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"), ("Token.Name.Decorator", "name"), ("Token.Name.Tag", "keyword"),
    ("Token.Name.Builtin", "name"), ("Token.Name.Attribute", "name"), ("Token.Generic.Deleted", "number"),
    ("Token.Generic.Inserted", "string"), ("Token.Generic.Heading", "keyword"), ("Token.Generic.Subheading", "keyword"),
)  # fmt: skip


def name_of(language: str) -> str:
    """Return what people call a language: "py" is Python; one that is not known here as it was written."""
    return _LANGUAGES.get(language.lower(), (language, ""))[0]


def known(language: str, text: str) -> bool:
    """Tell whether `spans` would find anything."""
    return language.lower() in _LANGUAGES and len(text) <= LONGEST


@lru_cache(maxsize=256)
def spans(language: str, text: str) -> tuple[Span, ...]:
    """Return the words of `text` that have a colour, in order: first character, length, role.

    It takes tens of milliseconds, and longer for the first one: call it in a thread of its own.
    """
    if not known(language, text):
        return ()
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(_LANGUAGES[language.lower()][1], stripnl=False, ensurenl=False)
    found: list[Span] = []
    for at, kind, word in lexer.get_tokens_unprocessed(text):
        role = _role(str(kind))
        if role is None or not word.strip():
            continue
        if found and found[-1][2] == role and sum(found[-1][:2]) == at:
            found[-1] = (found[-1][0], found[-1][1] + len(word), role)
        else:
            found.append((at, len(word), role))
    return tuple(found)


@lru_cache(maxsize=512)
def _role(kind: str) -> Role | None:
    return next((role for start, role in _ROLES if kind == start or kind.startswith(f"{start}.")), None)
