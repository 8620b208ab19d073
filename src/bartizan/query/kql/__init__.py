"""KQL, the Kibana Query Language: grammar -> AST with positions -> IR."""
