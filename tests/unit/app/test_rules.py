"""Zone rules: how they are written, what they allow, and that a typo is an error and not an open door."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.rules import Rules
from app.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Medical/old", "Law", "Music"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_what_no_rule_names_may_go_everywhere(home: Path) -> None:
    rules = Rules.parse(["~/Medical = house, local"])
    assert rules.zones([]) == rules.zones([f"{home}/Music/a.pdf", f"{home}/Medical.pdf", f"{home}/Medicals/b"]) == ()
    assert rules.reason([f"{home}/Music/a.pdf"]) == ""
    assert Rules().zones([f"{home}/Medical/a.pdf"]) == ()


def test_a_folder_and_all_below_it(home: Path) -> None:
    rules = Rules.parse([f"{home}/Medical/ = house,attic"])
    for name in ("a.pdf", "old/b.pdf"):
        assert rules.zones([f"{home}/Medical/{name}", f"{home}/Music/c"]) == ("local", "attic", "house")
    assert rules.reason([f"{home}/Medical/a.pdf"]) == (
        f"Documents of {home}/Medical/ go only to attic and house and this machine."
    )


def test_what_a_link_leads_to_is_covered_too(home: Path) -> None:
    (home / "link").symlink_to(home / "Medical")
    rules = Rules.parse(["~/link = local"])
    assert rules.zones([f"{home}/Medical/a.pdf"]) == rules.zones([f"{home}/link/a.pdf"]) == ("local",)


def test_where_rules_meet_only_what_all_allow_is_left(home: Path) -> None:
    rules = Rules.parse(["~/Medical = house, attic", "~/Medical/old = attic", "~/Law = office", "~/Music = local"])
    medical, old, law, music = (f"{home}/{name}/a" for name in ("Medical", "Medical/old", "Law", "Music"))
    assert rules.zones([old]) == rules.zones([medical, old]) == ("local", "attic")
    assert rules.zones([medical, law]) == rules.zones([medical, music]) == ("local",)
    assert rules.reason([medical, law]) == "The rules for ~/Law and ~/Medical leave only this machine."
    assert rules.reason([music]) == "Documents of ~/Music stay on this machine."


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("~/Medical", "Write it as"),
        ("~/Medical =", "Write it as"),
        ("~/Medical = house,", "Write it as"),
        ("= house", "Write it as"),
        ("Medical = house", "Begin it with"),
        ("~/Medical = Local", "Did you mean local"),
        ("~/Medical = loca", "Did you mean local"),
        ("~/Medcial = house", "Did you mean"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(home: Path, line: str, hint: str) -> None:
    file = home / "settings.toml"
    file.write_text(f'[rules]\nfolders = ["{line}"]\n')
    with pytest.raises(SettingsError, match=r"rules\.folders") as refused:
        Settings.load(file)
    assert hint in refused.value.hint and refused.value.code == "settings_rule"


def test_a_disk_that_is_away_keeps_its_rule(home: Path) -> None:
    file = home / "settings.toml"
    Settings(rules_folders=["/media/nobody/disk = house", "~/Scans = local"]).save(file)
    assert Settings.load(file).rules_folders == ["/media/nobody/disk = house", "~/Scans = local"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[nodes]\ndocuments = "clutser"\n', "Did you mean cluster?"),
        ('[nodes]\nprefer = "here"\n', "Known: automatic, local, cluster."),
        ('[rules]\nfolder = ["~/Medical = local"]\n', "Did you mean rules.folders?"),
    ],
)
def test_a_typo_in_a_setting_names_the_closest(home: Path, text: str, hint: str) -> None:
    file = home / "settings.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        Settings.load(file)
    assert refused.value.hint == hint
