"""Where `tangnet transcribe --output` writes transcripts: a file, or a folder for several; never over one unasked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.errors import UsageError
from app.transcripts import Form


def targets(paths: Sequence[Path], output: Path | None, form: Form, *, overwrite: bool) -> list[Path]:
    """Return the file for each recording; [] where they go to stdout. Folders are not made yet.

    Raises:
        UsageError: several recordings and one file, or a file that is there.
    """
    if output is None:
        if len(paths) > 1:
            raise UsageError(
                f"Several recordings cannot share one {form.upper()} on stdout.",
                code="transcripts_where",
                hint="Name a folder for them: --output transcripts/",
            )
        return []
    output = output.expanduser().absolute()
    if len(paths) == 1 and not output.is_dir():
        found = [output]
    elif output.exists() and not output.is_dir():
        raise UsageError(
            f"{output} is a file, and there are {len(paths)} recordings.",
            code="transcripts_where",
            hint="Name a folder for them.",
        )
    else:
        stems = [path.stem.casefold() for path in paths]
        names = [path.stem if stems.count(path.stem.casefold()) == 1 else path.name for path in paths]
        found = [output / f"{name}.{form}" for name in names]
    _refuse(paths, found, overwrite=overwrite)
    return found


def _refuse(paths: Sequence[Path], found: Sequence[Path], *, overwrite: bool) -> None:
    """Raises UsageError where something would be lost."""
    for path in found:
        if path in paths or list(found).count(path) > 1:
            raise UsageError(f"{path} cannot be the transcript of it.", code="transcripts_where", hint="Name another.")
        if path.exists() and not overwrite:
            raise UsageError(f"{path} is there already.", code="file_exists", hint="Add --overwrite to write over it.")
