"""Conversations on disk: every question and answer as it happens, drafts, and the search in all of them."""

from app.conversations.schema import MIGRATIONS
from app.conversations.store import Conversations
from app.messages import Conversation, Found, MessageState, Outcome, StoredMessage

__all__ = ["MIGRATIONS", "Conversation", "Conversations", "Found", "MessageState", "Outcome", "StoredMessage"]
