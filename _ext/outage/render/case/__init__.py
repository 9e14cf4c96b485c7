"""Write case studies and their walkthroughs as MyST text."""
