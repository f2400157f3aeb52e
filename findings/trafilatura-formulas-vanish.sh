#!/usr/bin/env bash
# Formulas in MathML vanish from what trafilatura 2.3.1 extracts, and their sentence closes over the gap.
# Scientific papers and encyclopedias on the web write them so. Of "the rate is <math>, which" a model reads "the rate
# is , which" and nothing says that something stood there. Labels of buttons within a sentence go the same way.
# Guess: the letters of the formula, at least. Seen: nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'trafilatura==2.3.1' 'lxml_html_clean==0.4.5'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import trafilatura

words = "Paragraph number {} says a good deal about the subject of this page, and goes on for some length."
article = [f"<h2>Part {number}</h2><p>{words.format(number)}</p>" for number in range(8)]
formula = "<math><mi>E</mi><mo>=</mo><mn>42</mn><mi>k</mi></math>"
article.insert(4, f"<p>We found that {formula} holds; press <button>Calculate</button> to see it.</p>")
page = "<html><body><article><h1>Rates</h1>" + "".join(article) + "</article></body></html>"
text = trafilatura.extract(page)
line = next(line for line in text.splitlines() if line.startswith("We found"))
print(line)
assert "42" not in text and "Calculate" not in text
assert all(f"number {number}" in text for number in range(8))
PYTHON
