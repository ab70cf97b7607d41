"""The engine over faster-whisper: bounds of speech, partial texts, long recordings."""
