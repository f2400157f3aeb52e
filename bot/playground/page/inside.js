// The third pane: the gateway at work, and the switches that make its life hard.

import { el, reconcile } from "./dom.js";
import { post } from "./store.js";

const TROUBLES = [
  ["flood", "Rate limits", "2 of 5 calls are answered with 429"],
  ["lost", "Lost answers", "3 of 10 calls succeed, but their answer is lost"],
  ["slow", "Slow network", "3 of 10 calls wait a second"],
];
const STAGES = [["queued", "Queued"], ["running", "Running"], ["answered", "Answered"], ["delivered", "Delivered"]];

export class Inside {
  constructor(root, store, pulse) {
    this.store = store;
    this.pulse = pulse;
    this.state = el("p", { class: "state", role: "status" });
    this.detail = el("p", { class: "detail" });
    this.words = el("pre", { class: "words", hidden: true, tabindex: 0 });
    this.killButton = el("button", { type: "button", class: "kill", onclick: () => post("inside/kill") }, "kill −9");
    this.switches = TROUBLES.map(([name, label, hint]) => {
      const box = el("input", { type: "checkbox", role: "switch", value: name, onchange: () => this.#setTroubles() });
      return { box, element: el("label", { class: "switch" }, box, el("span", { class: "knob", "aria-hidden": "true" }), el("span", {}, el("b", {}, label), el("small", {}, hint))) };
    });
    this.stages = STAGES.map(([state, label]) => {
      const number = el("b", {}, "0");
      return { state, number, element: el("li", { "data-state": state }, number, el("span", {}, label)) };
    });
    this.rest = el("p", { class: "detail" });
    this.ledger = el("tbody");
    this.nothing = el("p", { class: "nothing" }, "Nobody has asked anything yet.");
    this.calls = el("div", { class: "calls", tabindex: 0, role: "region", "aria-label": "Calls to the platforms" });
    root.append(
      el("header", { class: "pane-head" }, el("h2", {}, el("i", { class: "badge" }), "Inside")),
      el("div", { class: "pane-body inside" },
        el("section", { class: "card gateway", "aria-label": "The gateway's process" },
          el("div", {}, this.state, this.detail), this.killButton, this.words),
        el("section", { class: "card" }, el("h3", {}, "Make its life hard"), this.switches.map((one) => one.element)),
        el("section", { class: "card" }, el("h3", {}, "Turns"), el("ol", { class: "stages" }, this.stages.map((stage) => stage.element)), this.rest),
        el("section", { class: "card grow" }, el("h3", {}, "Calls to the platforms"), this.calls),
        el("section", { class: "card" }, el("h3", {}, "Ledger"),
          el("table", { class: "ledger" },
            el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Who"), el("th", { scope: "col" }, "Entry"), el("th", { scope: "col" }, "Tokens"), el("th", { scope: "col" }, "Balance"))), this.ledger), this.nothing)));
    store.onChange(() => this.render());
    setInterval(() => this.#renderHouse(), 1000);
  }

  async #setTroubles() {
    await post("inside/troubles", this.switches.filter((one) => one.box.checked).map((one) => one.box.value));
  }

  render() {
    this.#renderHouse();
    const troubles = this.store.get("inside/troubles") ?? [];
    for (const { box } of this.switches) box.checked = troubles.includes(box.value);
    const turns = this.store.get("inside/turns") ?? {};
    for (const { state, number, element } of this.stages) {
      const count = String(turns[state] ?? 0);
      element.classList.toggle("some", count !== "0");
      if (number.textContent !== count) {
        number.textContent = count;
        element.classList.remove("moved");
        requestAnimationFrame(() => element.classList.add("moved"));
      }
    }
    const outbox = this.store.get("inside/outbox") ?? 0;
    this.rest.textContent = `${outbox || "nothing"} in the outbox · ${this.store.get("inside/stopped") ?? 0} stopped · ${turns.failed ?? 0} failed`;
    this.nothing.hidden = Boolean(this.store.get("inside/ledger")?.length);
    reconcile(this.ledger, (this.store.get("inside/ledger") ?? []).slice(0, 6).map((line) => ({
      key: line.id,
      stamp: line.id,
      build: () => el("tr", {}, el("td", {}, line.platforms.split(" ").filter(Boolean).map(platformMark), line.person), el("td", {}, line.kind, line.turn ? el("small", {}, ` turn ${line.turn}`) : null),
        el("td", { class: line.amount < 0 ? "minus" : line.amount > 0 ? "plus" : "" }, line.amount.toLocaleString("en", { signDisplay: "exceptZero" }).replace("-", "−")),
        el("td", {}, line.balance.toLocaleString("en"))),
    })));
    reconcile(this.calls, [...(this.store.get("inside/calls") ?? [])].reverse().map((call) => ({
      key: call.key,
      stamp: `${call.outcome}${call.took_ms}`,
      build: () => el("div", { class: `call ${outcomeClass(call)}`, "data-pane": call.pane },
        platformMark(call.pane), el("code", {}, call.method), el("span", { class: "place" }, call.place),
        el("span", { class: "outcome", title: call.outcome }, outcomeText(call)), el("span", { class: "took" }, call.took_ms === null ? "" : `${call.took_ms} ms`)),
    })));
  }

  #renderHouse() {
    const house = this.store.get("inside/house");
    const condition = this.store.connected && house ? house.condition : "away";
    const names = { running: "Running", starting: "Starting", down: "Down", away: "Not connected" };
    const since = house ? duration(Date.now() - house.since) : "";
    setText(this.state, names[condition]);
    this.state.dataset.condition = condition;
    setText(this.detail, condition === "away" ? "Is the playground still open?"
      : [house.pid && `process ${house.pid}`, `for ${since}`, house.deaths && `started again ${house.deaths} ×`].filter(Boolean).join(" · "));
    this.killButton.disabled = !house?.pid;
    this.words.hidden = !house?.words;
    setText(this.words, house?.words ?? "");
    this.pulse.dataset.condition = condition;
    setText(this.pulse.lastElementChild, { running: "Gateway running", starting: "Gateway starting", down: "Gateway down", away: "Not connected" }[condition]);
  }
}

function platformMark(name) {
  return el("i", { class: "platform", "data-pane": name, title: name, role: "img", "aria-label": name });
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function outcomeClass(call) {
  if (call.fault) return "fault";
  return !call.outcome ? "waits" : call.ok ? "fine" : "refused";
}

function outcomeText(call) {
  if (call.fault === "reset") return "answer lost";
  if (call.fault === "slow") return call.outcome ? `slow, ${call.outcome}` : "slow …";
  return call.outcome || "…";
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
