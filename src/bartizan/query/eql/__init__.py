"""EQL, the Event Query Language: grammar -> AST with positions -> IR."""
