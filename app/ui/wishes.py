"""The settings on their way from their page into the window and onto the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.window import MainWindow


def show_settings(window: MainWindow, name: str = "") -> None:
    """Show the settings in `window`, the one of that dotted name first."""
    from app.ui.settings_page import SettingsPage

    page = window.views.present("settings")
    if name and isinstance(page, SettingsPage):
        page.reveal(name)


def keep(window: MainWindow, values: dict[str, object]) -> None:
    """Use these from now on, by their dotted names, and write them to the disk."""
    if window.runtime is None:
        return
    settings, place = window.runtime.settings, window.runtime.home / "settings.toml"
    for name, value in values.items():
        setattr(settings, name.replace(".", "_", 1), value)
    window.apply_settings()

    async def save() -> None:
        settings.save(place)
        if "window.login" in values:
            import asyncio

            from app import login_item

            await asyncio.to_thread(login_item.keep, settings.window_login)
        if "window.programs" in values:
            import asyncio

            from app import desktop_entry

            await asyncio.to_thread(desktop_entry.keep, settings.window_programs)

    window.bridge.run(save, None, window.show_error, name="save settings", must_finish=True)
