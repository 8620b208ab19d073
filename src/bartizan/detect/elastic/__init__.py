"""Rules in the form that Elastic's Kibana exports them: read, and tried as an import would meet them."""
