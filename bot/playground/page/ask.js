// Small windows: a form that asks, and a line that tells.

import { el, iconButton } from "./dom.js";

/**
 * Ask with a form. `fields` are `{name, label, value, placeholder, long, options, required, min, max, hint}`; gives what was filled in, or null.
 */
export function ask(pane, title, fields, action = "Create") {
  return new Promise((resolve) => {
    const inputs = fields.map((field) => [field, input(field)]);
    const fill = () => Object.fromEntries(inputs.map(([field, entry]) => [field.name, valueOf(entry)]));
    const form = el("form", { method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      resolve(fill());
      dialog.close();
    } },
    el("h2", {}, title),
    inputs.map(([field, entry]) => el("label", {}, el("span", {}, field.label, field.required ? "" : el("i", {}, " optional")), entry,
      field.hint ? el("small", {}, field.hint) : null)),
    el("div", { class: "dialog-buttons" },
      el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"),
      el("button", { type: "submit", class: "loud" }, action)));
    const dialog = el("dialog", { class: `ask ${pane}`, "aria-label": title, onclose: () => { dialog.remove(); resolve(null); } }, form);
    document.body.append(dialog);
    dialog.showModal();
    form.querySelector("input, textarea, select")?.focus();
  });
}

function input(field) {
  const common = { required: field.required, name: field.name };
  if (field.options) {
    return el("select", { ...common, multiple: field.many }, field.options.map((option) =>
      el("option", { value: option.value, selected: option.value === field.value || option.chosen }, option.label)));
  }
  const limits = { minlength: field.min, maxlength: field.max, placeholder: field.placeholder };
  if (field.long) {
    const area = el("textarea", { ...common, ...limits, rows: 5 });
    area.value = field.value ?? "";
    return area;
  }
  return el("input", { type: "text", autocomplete: "off", value: field.value ?? "", ...common, ...limits });
}

function valueOf(entry) {
  return entry.multiple ? [...entry.selectedOptions].map((option) => option.value) : entry.value;
}

/** Something that has to be read before going on: a text, or paragraphs. */
export function tell(pane, text, title = "") {
  const dialog = el("dialog", { class: `ask ${pane}`, "aria-label": title || "Message", onclose: () => dialog.remove() },
    el("form", { method: "dialog" }, title && el("h2", {}, title), [text].flat().map((one) => el("p", {}, one)), el("div", { class: "dialog-buttons" }, el("button", { class: "loud" }, "OK"))));
  document.body.append(dialog);
  dialog.showModal();
}

/** A line that goes away by itself. */
export function toast(parent, text) {
  const line = el("div", { class: "toast", role: "status" }, text);
  line.append(iconButton("close", "Close", () => line.remove()));
  parent.querySelectorAll(".toast").forEach((old) => old.remove());
  parent.append(line);
  setTimeout(() => line.remove(), 6000);
}

/** A menu that hangs on a button. `items` are `{label, run}`. */
export function popup(button, items) {
  document.querySelectorAll(".popup").forEach((old) => old.remove());
  const close = (back) => {
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (back) button.focus();
  };
  const outside = (event) => { if (!menu.contains(event.target)) close(false); };
  const menu = el("div", { class: "popup", role: "menu", onkeydown: (event) => {
    const all = [...menu.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close(true);
    }
  } }, items.map((item) => el("button", { type: "button", role: "menuitem", onclick: () => { close(true); item.run(); } }, item.label)));
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-haspopup", "menu");
  document.body.append(menu);
  const at = button.getBoundingClientRect();
  const own = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
  menu.style.top = `${at.bottom + own.height + 8 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - own.height - 4)}px`;
  menu.firstChild?.focus();
  document.addEventListener("pointerdown", outside, true);
}
