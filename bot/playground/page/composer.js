// Where a person types: the same hands on both platforms. What the menus offer is the pane's to say.

import { el, icon, iconButton, size } from "./dom.js";

export class Composer {
  /**
   * `send(text, files)` may throw: then the text stays. `menu(text)` gives `[{label, hint, more, pick(how)}]` for what is
   * typed; `how` is "enter" or "tab". `editLast()` is what the upward arrow does in an empty field.
   */
  constructor({ name, send, menu, editLast, onError }) {
    this.name = name;
    this.onSend = send;
    this.onMenu = menu;
    this.onError = onError;
    this.files = [];
    this.items = [];
    this.marked = 0;
    this.texts = new Map();
    this.place = "";
    this.context = null;
    const menuId = `${name}-menu`;
    this.list = el("div", { class: "menu", role: "listbox", id: menuId, "aria-label": "Suggestions", hidden: true });
    this.note = el("div", { class: "context", hidden: true });
    this.chips = el("div", { class: "chips", hidden: true });
    this.field = el("textarea", {
      rows: 1, autocomplete: "off", spellcheck: "true", enterkeyhint: "send",
      "aria-autocomplete": "list", "aria-controls": menuId, "aria-haspopup": "listbox",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event, editLast),
      onblur: () => setTimeout(() => this.#offer([]), 150),
      onpaste: (event) => this.#attach(event.clipboardData?.files, event),
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, tabindex: -1, onchange: () => {
      this.#attach(this.picker.files);
      this.picker.value = "";
    } });
    this.button = el("button", { type: "button", class: "send", "aria-label": "Send", title: "Send", onclick: () => this.submit() }, icon("send"));
    this.slash = iconButton("menu", "Commands", () => { this.field.value = "/"; this.field.focus(); this.#typed(); });
    this.element = el("div", {
      class: "composer",
      ondragover: (event) => event.preventDefault(),
      ondrop: (event) => this.#attach(event.dataTransfer?.files, event),
    },
    this.list, this.note, this.chips,
    el("div", { class: "typing-row" },
      iconButton("attach", "Attach files", () => this.picker.click()), this.picker, this.field, this.slash, this.button));
  }

  /** Show the composer of another place: each keeps what was typed there. */
  at(place, placeholder, closed = "") {
    if (place !== this.place) {
      this.texts.set(this.place, this.field.value);
      this.place = place;
      this.field.value = this.texts.get(place) ?? "";
      this.setContext(null);
      this.#fit();
    }
    if (this.asked && this.asked === this.field.value) this.#typed();
    this.field.placeholder = closed || placeholder;
    this.field.setAttribute("aria-label", placeholder);
    this.field.disabled = Boolean(closed);
    this.button.disabled = Boolean(closed);
  }

  /** What the next message answers or replaces: `{kind, id, title, text}`, or null. */
  setContext(context) {
    const was = this.context;
    this.context = context;
    this.note.hidden = !context;
    this.note.replaceChildren();
    if (context) {
      this.note.append(icon(context.kind === "edit" ? "edit" : "reply"),
        el("div", {}, el("b", {}, context.title), el("span", {}, context.text)),
        iconButton("close", "Cancel", () => this.setContext(null)));
      if (context.kind === "edit") {
        this.field.value = context.text;
        this.#fit();
      }
      this.field.focus();
    } else if (was?.kind === "edit") {
      this.field.value = "";
      this.#fit();
    }
  }

  insert(text) {
    this.field.value = text;
    this.#fit();
    this.field.focus();
    this.#typed();
  }

  /** Send what is here. The field is free at once, for the next message; what cannot be sent comes back into it. */
  async submit() {
    const { files, context, place } = this;
    const text = this.field.value.trim();
    if ((!text && !files.length) || this.busy) return;
    this.busy = true;
    this.#empty();
    try {
      await this.onSend(text, files, context);
    } catch (error) {
      if (this.place === place && !this.field.value && !this.files.length) this.#restore(text, files, context);
      this.onError(error);
    } finally {
      this.busy = false;
    }
  }

  #empty() {
    this.context = null;
    this.setContext(null);
    this.files = [];
    this.#showFiles();
    this.clear();
  }

  #restore(text, files, context) {
    this.setContext(context);
    this.field.value = text;
    this.files = files;
    this.#showFiles();
    this.#fit();
  }

  clear() {
    this.field.value = "";
    this.#offer([]);
    this.#fit();
  }

  #attach(files, event) {
    if (!files?.length) return;
    event?.preventDefault();
    this.files = [...this.files, ...files].slice(0, 10);
    this.#showFiles();
    this.field.focus();
  }

  #showFiles() {
    this.chips.hidden = !this.files.length;
    this.chips.replaceChildren(...this.files.map((file, index) => el("span", { class: "chip" }, icon("file"),
      `${file.name} · ${size(file.size)}`,
      iconButton("close", `Remove ${file.name}`, () => { this.files.splice(index, 1); this.#showFiles(); }))));
  }

  #typed() {
    this.#fit();
    this.#offer(this.context?.kind === "edit" ? [] : this.onMenu(this.field.value));
    // What is offered may come later than what was typed: a bot that has just started tells its commands in a moment.
    this.asked = this.items.length ? null : this.field.value;
  }

  #fit() {
    // A field that grows with its text, where the browser does not do it itself.
    if (CSS.supports("field-sizing", "content")) return;
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 160)}px`;
  }

  #offer(items) {
    this.items = items;
    this.marked = 0;
    this.list.hidden = !items.length;
    this.list.replaceChildren(...items.map((item, index) => el("div", {
      role: "option", id: `${this.name}-option-${index}`, class: "option",
      onpointerdown: (event) => { event.preventDefault(); this.#pick(index, "enter"); },
      onpointermove: () => this.#mark(index),
    }, el("b", {}, item.label), el("span", {}, item.hint), (item.more ?? []).map((name) => el("em", {}, name)))));
    this.#mark(0);
  }

  #mark(index) {
    if (!this.items.length) return this.field.removeAttribute("aria-activedescendant");
    this.marked = (index + this.items.length) % this.items.length;
    [...this.list.children].forEach((child, at) => child.setAttribute("aria-selected", String(at === this.marked)));
    this.list.children[this.marked].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", `${this.name}-option-${this.marked}`);
  }

  #pick(index, how) {
    const item = this.items[index];
    this.#offer([]);
    item.pick(how);
  }

  #key(event, editLast) {
    if (event.isComposing) return;
    if (this.items.length) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); return this.#mark(this.marked + step); }
      if (event.key === "Tab" && !event.shiftKey) { event.preventDefault(); return this.#pick(this.marked, "tab"); }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); return this.#pick(this.marked, "enter"); }
      if (event.key === "Escape") { event.preventDefault(); return this.#offer([]); }
    }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.submit(); }
    else if (event.key === "Escape" && this.context) { event.preventDefault(); this.setContext(null); }
    else if (event.key === "ArrowUp" && !this.field.value && editLast) { event.preventDefault(); editLast(); }
  }
}
