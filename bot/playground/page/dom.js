// Building elements. Text goes in as text only; nothing here reads HTML.

const ICONS = {
  send: "M3 11.5 21 3l-6 18-3.5-7.5z M11.5 13.5 21 3",
  attach: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.7 17a1.6 1.6 0 0 1-2.3-2.3L15 7",
  reply: "M10 8V4L3 11l7 7v-4c5 0 8 1 11 6-1-7-5-12-11-12z",
  edit: "M4 20l1-5L16 4l4 4L9 19z M14 6l4 4",
  trash: "M5 7h14 M10 7V4h4v3 M7 7l1 13h8l1-13",
  plus: "M12 5v14 M5 12h14",
  close: "M6 6l12 12 M18 6L6 18",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  file: "M6 3h8l5 5v13H6z M14 3v5h5",
  hash: "M9 4 7 20 M17 4l-2 16 M4 9h16 M3 15h16",
  at: "M16 12a4 4 0 1 0-4 4 4 4 0 0 0 4-4zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-4 7.5",
  thread: "M5 5h14v9h-7l-4 4v-4H5z",
  forum: "M4 4h12v8H9l-3 3v-3H4z M19 8h1v9h-2v3l-3-3H9",
  apps: "M5 5h5v5H5z M14 5h5v5h-5z M5 14h5v5H5z M14 14h5v5h-5z",
  stop: "M7 7h10v10H7z",
  menu: "M8 5 5 19 M19 7h-7 M19 12h-7 M19 17h-7",
};

/** An element; `on*` properties are listeners, `data` its dataset, other properties attributes. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon and says its name to those who cannot see it. */
export function iconButton(name, label, onclick, more = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

const FOCUSABLE = "button, input, select, textarea, a[href], [tabindex]";

/**
 * Make `parent` show `items`, each `{key, stamp, build}`, and touch only those whose stamp has changed.
 * An element that had the focus inside a rebuilt one gets it back.
 */
export function reconcile(parent, items) {
  const had = parent.shown ?? new Map();
  const now = new Map();
  let place = parent.firstChild;
  for (const item of items) {
    const old = had.get(item.key);
    let node = old?.node;
    if (!old || old.stamp !== item.stamp) {
      node = item.build();
      if (old) {
        const focused = old.node.contains(document.activeElement)
          ? [...old.node.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement) : -1;
        if (place === old.node) place = node;
        old.node.replaceWith(node);
        if (focused >= 0) node.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true });
      }
    }
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    now.set(item.key, { node, stamp: item.stamp });
  }
  for (const [key, old] of had) if (!now.has(key)) old.node.remove();
  parent.shown = now;
}

/** Keeps a scrolling element at its end for as long as the person is there. */
export class Sticky {
  constructor(element) {
    this.element = element;
    this.atEnd = true;
    this.top = 0;
    // Content that has grown since it was last at its end is no reason to stay behind; only going up is.
    element.addEventListener("scroll", () => {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 48;
      if (atEnd || element.scrollTop < this.top) this.atEnd = atEnd;
      this.top = element.scrollTop;
    }, { passive: true });
    const sizes = new ResizeObserver(() => this.settle());
    for (const one of [element, ...element.children]) sizes.observe(one);
  }

  settle() {
    if (this.atEnd) this.element.scrollTop = this.element.scrollHeight;
  }

  toEnd() {
    this.atEnd = true;
    this.settle();
  }
}

export function clock(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(0)} kB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** The letters and the colour of somebody who has no picture. */
export function avatar(name, key) {
  const letters = name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
  let hue = 0;
  for (const sign of String(key ?? name)) hue = (hue * 31 + sign.codePointAt(0)) % 6;
  return el("span", { class: "avatar", "data-hue": hue, "aria-hidden": "true" }, letters);
}

export function parleyAvatar() {
  return el("img", { class: "avatar", src: "icon.svg", alt: "" });
}

/** Who one is: a button for each person, with a word for the person who runs the bot. */
export function personButton(person, chosen, onclick) {
  return el("button", { type: "button", "aria-pressed": String(chosen), onclick }, person.name, person.admin ? el("small", {}, " admin") : null);
}

export function isSafe(url) {
  try {
    return ["http:", "https:", "mailto:", "tel:", "tg:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

export function link(url, ...children) {
  if (!isSafe(url)) return el("span", {}, ...children);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** A quote of which three lines are seen until somebody presses it. */
export function foldedQuote(content) {
  const quote = el("blockquote", { class: "long", onclick: () => quote.classList.toggle("open") }, content);
  return quote;
}

export function spoiler(...children) {
  const made = el("span", { class: "spoiler", role: "button", tabindex: 0, "aria-label": "Spoiler, hidden" }, el("span", {}, ...children));
  const open = () => {
    made.classList.add("open");
    made.removeAttribute("role");
    made.removeAttribute("aria-label");
  };
  made.addEventListener("click", open);
  made.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
  });
  return made;
}

export function codeBlock(text, language) {
  const copy = el("button", { type: "button", class: "copy", onclick: async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  } }, "Copy");
  return el("div", { class: "code" },
    el("div", { class: "code-top" }, el("span", {}, language || "code"), copy),
    el("pre", { tabindex: 0 }, el("code", {}, text)));
}
