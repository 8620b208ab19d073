"""The Elastic Common Schema: every field, its type and whether it is an array."""

from bartizan.ecs.registry import ECS_VERSION, Field, Registry, load_registry

__all__ = ["ECS_VERSION", "Field", "Registry", "load_registry"]
