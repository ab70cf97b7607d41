"""Engines that read the text in pictures of pages."""
