// The page: three panes over one stream of changes.

import { tell } from "./ask.js";
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
find("what").addEventListener("click", () => tell("inside", [
  "Telegram and Discord are simulated on this machine; the gateway behind them is the real one, and nothing you write here leaves the machine, except to a model whose key you have set.",
  "Above each app you choose who you are: Alice is the admin of the bot, Bob is a guest. Write, reply, edit, press buttons, send files, mention the bot in a group.",
  "“Inside” shows the gateway at work. Make its life hard there, or kill it: nothing is lost.",
  "To start over, press Ctrl-C in the terminal and open the playground again: everything here is forgotten then.",
], "What is this?"));
store.open();
