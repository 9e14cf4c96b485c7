"""How the site is built: data only. What the company says is in handbook.yml, what does the work in _ext/."""

extensions = ["myst_nb", "sphinx_design", "sphinx_copybutton", "sphinx.ext.napoleon", "outage.pages"]

# The policy to build from. Another company's:  sphinx-build -D outage_policy=examples/small-team.yml
outage_policy = "handbook.yml"

# What is a page. Run notebooks (runs/) are evidence that an incident's page shows, and no pages themselves.
include_patterns = [
    "index.md", "process/**.md", "playbooks/**.md", "runbooks/*.md", "runbooks/*.ipynb",
    "incidents/index.md", "incidents/*/index.md", "case-studies/**.md", "case-studies/**.ipynb",
    "library/**.md", "library/**.ipynb",
]  # fmt: skip
exclude_patterns = [".*", "_*", "**/runs"]  # Sphinx would look through every folder, .venv too

# Roles of ours need no prefix, and every reference must lead somewhere.
primary_domain, nitpicky, smartquotes = "outage", True, False
nitpick_ignore_regex = [("py:(class|exc)", r"(?!outage\.kit).*")]  # the reference links to itself only
napoleon_use_ivar = True
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline", "attrs_block"]
myst_heading_anchors = 3
myst_ref_domains = ["std", "outage"]
myst_url_schemes = ["http", "https", "mailto", "tel", "sip"]  # a phone calls the number that it shows

# Building never executes a notebook. Of its stored outputs only text and PNG are shown: MyST-NB would put
# HTML, Markdown, SVG and JavaScript into the page as they are. Data left for `outage run` is not shown.
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [
    ("*", "application/javascript", None),
    ("*", "application/vnd.jupyter.widget-view+json", None),
    ("*", "image/svg+xml", None),
    ("*", "text/html", None),
    ("*", "text/latex", None),
    ("*", "text/markdown", None),
]
suppress_warnings = ["mystnb.unknown_mime_type"]

# Sources, at the foot of the page that names them; each says how we know it.
bibtex_bibfiles = ["bibliography.bib"]
bibtex_default_style = "outage"
myst_footnote_sort = False  # they stay where {footbibliography} stands

# A copied command has no prompt.
copybutton_prompt_text, copybutton_prompt_is_regexp = r"\$ |>>> |\.\.\. ", True

html_theme = "sphinx_book_theme"
html_logo = html_favicon = "_ext/outage/pages/static/outage-logo.svg"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
templates_path = ["_ext/outage/pages/theme"]
html_sidebars = {"**": ["outage-home.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_theme_options = {
    "logo": {},  # the company's name stands below it
    "collapse_navbar": True,  # else the theme draws the whole tree on every page: minutes at 1,000 pages
    "home_page_in_toc": True,
    "show_navbar_depth": 1,
    "max_navbar_depth": 2,
    "show_toc_level": 2,
    "navbar_persistent": [],
    "footer_content_items": [],
    "use_download_button": False,
    "use_fullscreen_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
