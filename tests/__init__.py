"""Tests: unit mirrors the tree; integration, ui and e2e use the real parts; bench and chaos have their own commands."""
