"""Elastic's rules, as Kibana exports them and as the public rule repository keeps them: read, converted, and tried."""
