"""Everything that belongs to one running program: settings, cluster, library, conversations, assistant.

Opening is quick: no engine starts and no heavy library is imported until something needs it.
"""

from __future__ import annotations

from pathlib import Path

from app.assistant import Assistant
from app.cluster.cluster import Cluster
from app.conversations import Conversations
from app.rag.library import Library
from app.settings import Settings
from app.settings import home as default_home


class Runtime:
    """The parts, opened together and closed together."""

    def __init__(
        self, home: Path, settings: Settings, cluster: Cluster, library: Library, conversations: Conversations
    ) -> None:
        self.home = home
        self.settings = settings
        self.cluster = cluster
        self.library = library
        self.conversations = conversations
        self.assistant = Assistant(cluster, library, conversations, settings)

    @classmethod
    async def open(cls, home: Path | None = None, *, discover: bool | None = None) -> Runtime:
        """Open everything under `home` (default: where settings say).

        Args:
            home: the folder that holds everything; None follows TANGNET_HOME.
            discover: look for nodes on the network; None does as set.

        Raises:
            SettingsError: settings.toml is wrong.
            StoreError: the conversations cannot be opened.
        """
        place = home or default_home()
        settings = Settings.load(place / "settings.toml")
        conversations = Conversations(place / "conversations.sqlite3")
        try:
            cluster = Cluster(place, settings, discover=discover)
            runtime = cls(place, settings, cluster, Library(place, cluster), conversations)
            await cluster.start()
        except BaseException:
            conversations.close()
            raise
        return runtime

    async def close(self) -> None:
        """Stop answers, close the index, stop the local node, close the conversations."""
        try:
            await self.assistant.close()
        finally:
            try:
                await self.library.close()
            finally:
                try:
                    await self.cluster.close()
                finally:
                    self.conversations.close()
