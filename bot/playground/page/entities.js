// Telegram's formatting: a text, and spans over its UTF-16 units.

import { codeBlock, el, foldedQuote, link, spoiler } from "./dom.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };

/** The text as nodes. `onCommand(text)` is what a press on a command does. */
export function formatted(text, entities, onCommand) {
  const spans = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return between(text, 0, text.length, spans, onCommand);
}

function between(text, start, end, spans, onCommand) {
  const nodes = [];
  let at = start;
  let index = 0;
  while (index < spans.length) {
    const span = spans[index];
    const spanEnd = Math.min(span.offset + span.length, end);
    const inner = [];
    index += 1;
    while (index < spans.length && spans[index].offset < spanEnd) inner.push(spans[index++]);
    if (span.offset > at) nodes.push(text.slice(at, span.offset));
    nodes.push(spanned(text, span, spanEnd, inner, onCommand));
    at = spanEnd;
    // A block stands on lines of its own: the break around it is its margin.
    if (isBlock(span) && text[at] === "\n") at += 1;
  }
  if (at < end) nodes.push(text.slice(at, end));
  trimBeforeBlocks(nodes);
  return nodes;
}

function isBlock(span) {
  return ["pre", "blockquote", "expandable_blockquote"].includes(span.type);
}

function trimBeforeBlocks(nodes) {
  for (let index = 0; index < nodes.length - 1; index += 1) {
    const next = nodes[index + 1];
    if (typeof nodes[index] === "string" && typeof next !== "string" && next.dataset.block) {
      nodes[index] = nodes[index].replace(/\n{1,2}$/, "");
    }
    if (typeof next === "string" && typeof nodes[index] !== "string" && nodes[index].dataset.block) {
      nodes[index + 1] = next.replace(/^\n/, "");
    }
  }
}

function spanned(text, span, end, inner, onCommand) {
  const words = text.slice(span.offset, end);
  const content = () => between(text, span.offset, end, inner, onCommand);
  switch (span.type) {
    case "bold": case "italic": case "underline": case "strikethrough": case "code":
      return el(TAGS[span.type], {}, content());
    case "pre":
      return block(codeBlock(words.replace(/\n$/, ""), span.language));
    case "blockquote":
      return block(el("blockquote", {}, content()));
    case "expandable_blockquote":
      return block(foldedQuote(content()));
    case "spoiler":
      return spoiler(...content());
    case "text_link":
      return link(span.url, ...content());
    case "url":
      return link(/^[a-z]+:/i.test(words) ? words : `https://${words}`, words);
    case "email":
      return link(`mailto:${words}`, words);
    case "bot_command":
      return el("button", { type: "button", class: "inline-command", onclick: () => onCommand(words) }, words);
    case "mention": case "hashtag": case "cashtag": case "text_mention":
      return el("span", { class: "mention" }, content());
    default:
      return el("span", {}, content());
  }
}

function block(node) {
  node.dataset.block = "yes";
  return node;
}
