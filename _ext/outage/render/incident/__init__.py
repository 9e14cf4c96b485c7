"""Write an incident's page, the list of incidents and the drawing's tracks as text and numbers."""
