// Discord's Markdown, as its clients show it.

import { codeBlock, el, link, spoiler } from "./dom.js";

const FENCE = /```(?:([\w+#.-]+)\n)?\n?([\s\S]*?)\n?```/;
const INLINE = new RegExp(
  [
    /\\([\\`*_~|>#\-.()[\]{}!<+:])/, // 1 escape
    /(`+)([\s\S]*?[^`])\2(?!`)/, // 2 3 code
    /\|\|([\s\S]+?)\|\|/, // 4 spoiler
    /\*\*([\s\S]+?)\*\*(?!\*)/, // 5 bold
    /__([\s\S]+?)__(?!_)/, // 6 underline
    /~~([\s\S]+?)~~/, // 7 strike
    /\*(?=\S)((?:\\.|\*\*[\s\S]+?\*\*|[^*\\])+?)\*(?!\*)/, // 8 italic
    /(?<![\w])_(?=\S)((?:\\.|__[\s\S]+?__|[^_\\])+?)_(?![\w])/, // 9 italic
    /\[((?:\\.|[^\]\\])+)\]\((?:<(https?:\/\/[^\s>]+)>|(https?:\/\/[^\s)>]+))(?:\s+"[^"]*")?\)/, // 10 11 12 link
    /<(https?:\/\/[^\s>]+)>/, // 13
    /(https?:\/\/[^\s<]*[^\s<.,:;"')\]!?])/, // 14
    /<(@[!&]?|#)(\d+)>/, // 15 16 mention
    /<\/([^:>]+):\d+>/, // 17 command
    /<t:(-?\d+)(?::[a-zA-Z])?>/, // 18 time
  ].map((part) => part.source).join("|"),
);

/** The text as nodes. `nameOf(sign, id)` gives what a mention shows. */
export function markdown(source, nameOf) {
  const nodes = [];
  let rest = source;
  for (let fence = FENCE.exec(rest); fence; fence = FENCE.exec(rest)) {
    nodes.push(...lines(rest.slice(0, fence.index).replace(/\n$/, ""), nameOf));
    nodes.push(codeBlock(fence[2], fence[1]));
    rest = rest.slice(fence.index + fence[0].length).replace(/^\n/, "");
  }
  // An answer that still grows ends inside of its fence.
  const open = /```(?:([\w+#.-]+)\n)?\n?([\s\S]*)$/.exec(rest);
  if (open) {
    nodes.push(...lines(rest.slice(0, open.index).replace(/\n$/, ""), nameOf), codeBlock(open[2], open[1]));
    return nodes;
  }
  return nodes.concat(lines(rest, nameOf));
}

function lines(source, nameOf) {
  const nodes = [];
  const all = source.split("\n");
  let plain = [];
  const flush = () => {
    if (plain.length && plain.join("").trim()) nodes.push(el("p", {}, inline(plain.join("\n").replace(/^\n+|\n+$/g, ""), nameOf)));
    plain = [];
  };
  for (let index = 0; index < all.length; index += 1) {
    const line = all[index];
    const heading = /^(#{1,3})\s+(.*)$/.exec(line);
    if (heading) {
      flush();
      nodes.push(el(`h${heading[1].length + 2}`, {}, inline(heading[2], nameOf)));
    } else if (/^-#\s+/.test(line)) {
      flush();
      nodes.push(el("p", { class: "subtext" }, inline(line.replace(/^-#\s+/, ""), nameOf)));
    } else if (/^>>> /.test(line)) {
      flush();
      nodes.push(el("blockquote", {}, lines([line.slice(4), ...all.slice(index + 1)].join("\n"), nameOf)));
      break;
    } else if (/^> ?/.test(line) && (line.startsWith("> ") || line === ">")) {
      flush();
      const quoted = [];
      while (index < all.length && (all[index].startsWith("> ") || all[index] === ">")) quoted.push(all[index++].slice(2));
      index -= 1;
      nodes.push(el("blockquote", {}, lines(quoted.join("\n"), nameOf)));
    } else if (/^\s*([-*]|\d+\.)\s+/.test(line)) {
      flush();
      const items = [];
      while (index < all.length && /^\s*([-*]|\d+\.)\s+|^ {2,}\S/.test(all[index])) items.push(all[index++]);
      index -= 1;
      nodes.push(list(items, nameOf));
    } else if (line === "") {
      flush();
    } else {
      plain.push(line);
    }
  }
  flush();
  return nodes;
}

function list(items, nameOf) {
  const first = /^(\s*)([-*]|(\d+)\.)\s+/.exec(items[0]);
  const depth = first ? first[1].length : 0;
  const made = first?.[3] ? el("ol", { start: first[3] }) : el("ul");
  for (let index = 0; index < items.length; index += 1) {
    const below = [];
    const own = items[index].replace(/^\s*(?:[-*]|\d+\.)\s+/, "");
    while (index + 1 < items.length && /^\s*/.exec(items[index + 1])[0].length > depth) below.push(items[++index]);
    const isList = below.length && /^\s*([-*]|\d+\.)\s+/.test(below[0]);
    const item = el("li", {}, inline(isList ? own : [own, ...below.map((line) => line.trim())].join("\n"), nameOf));
    if (isList) item.append(list(below, nameOf));
    made.append(item);
  }
  return made;
}

function inline(source, nameOf) {
  const nodes = [];
  let rest = source;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index) nodes.push(rest.slice(0, found.index));
    nodes.push(one(found, nameOf));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) nodes.push(rest);
  return nodes;
}

function one(found, nameOf) {
  const within = (number) => inline(found[number], nameOf);
  if (found[1] !== undefined) return found[1];
  if (found[3] !== undefined) return el("code", {}, found[3].replace(/^ (.*) $/s, "$1"));
  if (found[4] !== undefined) return spoiler(...within(4));
  if (found[5] !== undefined) return el("strong", {}, within(5));
  if (found[6] !== undefined) return el("u", {}, within(6));
  if (found[7] !== undefined) return el("s", {}, within(7));
  if (found[8] !== undefined) return el("em", {}, within(8));
  if (found[9] !== undefined) return el("em", {}, within(9));
  if (found[10] !== undefined) return link(found[11] ?? found[12], ...within(10));
  if (found[13] !== undefined) return link(found[13], found[13]);
  if (found[14] !== undefined) return link(found[14], found[14]);
  if (found[15] !== undefined) return el("span", { class: "mention" }, nameOf(found[15], found[16]));
  if (found[17] !== undefined) return el("span", { class: "mention" }, `/${found[17]}`);
  return el("time", {}, new Date(Number(found[18]) * 1000).toLocaleString());
}
