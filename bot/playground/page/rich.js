// Telegram's rich messages: blocks of blocks. A real client sets a formula in type; here it is written in signs where it can be.

import { codeBlock, el, foldedQuote, link, spoiler } from "./dom.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", subscript: "sub", superscript: "sup", marked: "mark" };

/** The blocks of a rich message as nodes. */
export function richBlocks(blocks) {
  return blocks.map(block);
}

function block(it) {
  switch (it.type) {
    case "heading": return el(`h${Math.min(6, it.size + 2)}`, {}, words(it.text));
    case "pre": return codeBlock(it.text, it.language);
    case "mathematical_expression": return el("div", {}, formula(it));
    case "divider": return el("hr");
    case "list": return list(it.items);
    case "table": return table(it.cells);
    case "details": return el("details", { open: it.is_open }, el("summary", {}, words(it.summary)), richBlocks(it.blocks));
    case "blockquote": return el("blockquote", {}, richBlocks(it.blocks));
    case "expandable_blockquote": return foldedQuote(words(it.text));
    default: return el("p", {}, words(it.text ?? ""));
  }
}

function list(items) {
  const numbered = items.some((item) => item.value !== undefined);
  return el(numbered ? "ol" : "ul", {}, items.map((item) => {
    const box = item.has_checkbox ? el("input", { type: "checkbox", disabled: true, checked: item.is_checked, "aria-label": item.is_checked ? "Done" : "Not done" }) : null;
    return el("li", { value: item.value, class: box && "task" }, box, richBlocks(item.blocks));
  }));
}

function table(rows) {
  return el("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Table" }, el("table", {}, rows.map((row) => el("tr", {}, row.map((cell) => {
    return el(cell.is_header ? "th" : "td", { align: cell.align }, words(cell.text ?? ""));
  })))));
}

function formula({ expression, readable }) {
  return readable ? el("span", { class: "formula", title: expression }, readable) : el("code", {}, expression);
}

function words(text) {
  if (typeof text === "string") return [text];
  if (Array.isArray(text)) return text.flatMap(words);
  switch (text.type) {
    case "url": return [link(text.url, ...words(text.text))];
    case "spoiler": return [spoiler(...words(text.text))];
    case "mathematical_expression": return [formula(text)];
    default: return [el(TAGS[text.type] ?? "span", {}, words(text.text))];
  }
}
