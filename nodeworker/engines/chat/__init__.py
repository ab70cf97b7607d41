"""Messages to prompt text and answer text to sections: templates, reasoning, tool calls, stop strings."""
