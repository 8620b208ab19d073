"""The control-plane database: what people and workers change, as against events, which the engine stores."""
