"""Packs: rules that come together, with a version and a signature, and that people tune without losing updates."""
