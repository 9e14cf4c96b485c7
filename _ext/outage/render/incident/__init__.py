"""Write an incident's page, list and drawing as text and numbers. ``incident.due`` decides what is late."""
