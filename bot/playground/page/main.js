// The page: three panes over one stream of changes.

import { Discord } from "./discord.js";
import { Inside } from "./inside.js";
import { Store } from "./store.js";
import { Telegram } from "./telegram.js";

const store = new Store();
const find = (id) => document.getElementById(id);
new Telegram(find("telegram"), store);
new Discord(find("discord"), store);
new Inside(find("inside"), store, find("pulse"));

const tabs = [...document.querySelectorAll("[role=tab]")];
function choose(tab) {
  document.body.dataset.tab = tab.dataset.pane;
  for (const one of tabs) {
    one.setAttribute("aria-selected", String(one === tab));
    one.tabIndex = one === tab ? 0 : -1;
  }
}
for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
}
choose(tabs[0]);
store.open();
