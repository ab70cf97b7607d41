"""Tests of app.voice without sound hardware."""
