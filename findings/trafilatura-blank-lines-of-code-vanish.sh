#!/usr/bin/env bash
# In a code block, trafilatura 2.3.1 leaves out the empty lines, also where it writes Markdown.
# Where blank lines mean something (Markdown or YAML that is quoted as code, an HTTP request, a patch, a
# here-document) a model reads another text than the page shows: of a request with a body, the body has become a
# header.
# Guess: what stands between the fences is what the page shows. Seen: no empty line.
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
article.insert(4, "<pre><code>POST /notes HTTP/1.1\nHost: example.org\n\nBuy tea</code></pre>")
page = "<html><body><article><h1>Requests</h1>" + "".join(article) + "</article></body></html>"
text = trafilatura.extract(page, output_format="markdown")
code = text.split("```")[1].strip()
print(code)
assert code == "POST /notes HTTP/1.1\nHost: example.org\nBuy tea"
PYTHON
