"""What is done to the queries that a service is asked."""
