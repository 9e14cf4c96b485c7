"""What happens during an incident: its record, its clocks, who is told. Runs and pages are elsewhere."""
