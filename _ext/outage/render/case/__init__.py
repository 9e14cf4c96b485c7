"""Write case studies and their walkthroughs as MyST text. How one is judged is in ``cases``."""
