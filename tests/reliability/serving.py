"""A server among several over one store, with rules of a folder alone; it gives up silent servers soon."""

import sys
from pathlib import Path

from bartizan.app import App
from bartizan.cli.serve import serve_app
from bartizan.config import Config, EngineConfig, ServeConfig, StateConfig
from bartizan.state import servers

TTL_S = 4.0

if __name__ == "__main__":
    servers.TTL_S = TTL_S
    data, engine, state, rules = sys.argv[1:]
    config = Config(Path(data), engine=EngineConfig(engine), state=StateConfig(state), serve=ServeConfig(port=0))
    with App(config) as app:
        app.rulebook = app.rulebook_of([Path(rules)])
        serve_app(app)
