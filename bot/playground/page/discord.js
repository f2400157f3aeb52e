// The Discord pane: direct messages, channels, threads and posts; app commands, components and forms.

import { ask, popup, toast } from "./ask.js";
import { Composer } from "./composer.js";
import { avatar, clock, el, icon, iconButton, parleyAvatar, personButton, reconcile, size, Sticky } from "./dom.js";
import { markdown } from "./markdown.js";
import { act, fileData } from "./store.js";

const PANE = "discord";
const COMMAND = 1;
const MESSAGE_MENU = 3;
const [SUBCOMMAND, SUBCOMMAND_GROUP, BOOLEAN, USER, ATTACHMENT] = [1, 2, 5, 6, 11];
const [STARTER, THREAD_CREATED, RENAMED] = [21, 18, 4];

export class Discord {
  constructor(root, store) {
    this.store = store;
    this.person = null;
    this.channels = new Map(); // which channel each person has open
    this.read = new Map();
    this.heard = new Set();
    this.begun = false; // whether what had happened before this page was opened is known
    this.people = el("div", { class: "people", role: "group", "aria-label": "Who you are on Discord" });
    this.rail = el("nav", { class: "rail", "aria-label": "Channels" });
    this.rooms = el("div", { class: "rooms" });
    this.plus = iconButton("plus", "New channel, thread or post", () => this.#create(), { class: "icon-button round" });
    this.rail.append(this.rooms, this.plus);
    this.head = el("div", { class: "chat-head" });
    this.list = el("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": "Messages" });
    this.scroll = el("div", { class: "scroll", tabindex: 0, "aria-label": "Conversation" }, this.list);
    this.sticky = new Sticky(this.scroll);
    this.typing = el("p", { class: "typing", "aria-live": "off" });
    this.form = el("div", { class: "command-form", hidden: true });
    this.composer = new Composer({
      name: PANE,
      send: (text, files, context) => this.#send(text, files, context),
      menu: (text) => this.#menu(text),
      editLast: () => this.#editLast(),
      onError: (error) => toast(this.stage, error.message),
    });
    this.stage = el("div", { class: "stage" }, this.head, this.scroll, this.form, this.composer.element, this.typing);
    root.append(
      el("header", { class: "pane-head" }, el("h2", {}, el("i", { class: "badge" }), "Discord"), this.people),
      el("div", { class: "pane-body" }, this.rail, this.stage));
    store.onChange(() => this.render());
  }

  // What is where

  get channelId() {
    return this.channels.get(this.person);
  }

  get channel() {
    return this.store.get(`${PANE}/channel/${this.channelId}`);
  }

  get bot() {
    return this.store.get(`${PANE}/bot`);
  }

  #of(kind) {
    return this.store.under(`${PANE}/${kind}/`).map((part) => part.value);
  }

  #nameOf(sign, id) {
    if (sign === "#") return `#${this.store.get(`${PANE}/channel/${id}`)?.name ?? "unknown"}`;
    return `@${this.store.get(`${PANE}/person/${id}`)?.name ?? (this.bot?.id === id ? this.bot.name : "unknown")}`;
  }

  #title(channel) {
    return channel.kind === "dm" ? this.bot?.name ?? "Bot" : channel.name;
  }

  async #open(channel) {
    await this.store.until(`${PANE}/channel/${channel}`);
    this.channels.set(this.person, channel);
    this.sticky.atEnd = true;
    this.#closeForm();
    this.render();
    this.composer.field.focus();
  }

  // Showing it

  render() {
    const people = this.#of("person");
    if (!people.length) return;
    this.person ??= people[0].id;
    reconcile(this.people, people.map((person) => ({
      key: person.id,
      stamp: String(person.id === this.person),
      build: () => personButton(person, person.id === this.person, () => {
        this.person = person.id;
        this.sticky.atEnd = true;
        this.#closeForm();
        this.render();
      }),
    })));
    this.#hearInteractions();
    const mine = this.#of("channel").filter((channel) => channel.members.includes(this.person));
    if (!this.channel?.members.includes(this.person)) this.channels.set(this.person, (mine.find((one) => one.kind === "dm") ?? mine[0])?.id);
    const channel = this.channel;
    if (!channel) return;
    this.#renderRail(mine);
    this.#renderHead(channel);
    this.#renderMessages(channel);
    const where = channel.kind === "dm" ? `Message @${this.#title(channel)}` : isThread(channel) ? "Message this thread" : `Message #${channel.name}, or @${this.bot.name} for an answer`;
    this.composer.at(`${this.person}/${channel.id}`, where, channel.kind === "forum" ? "Open a post with +" : channel.locked ? "This thread is locked" : "");
    const typing = channel.typing.filter((id) => id !== this.person).map((id) => this.#nameOf("@", id).slice(1));
    this.typing.textContent = typing.length ? `${typing.join(" and ")} ${typing.length > 1 ? "are" : "is"} typing …` : "";
    this.sticky.settle();
  }

  #renderRail(mine) {
    const newest = new Map();
    for (const { name, value } of this.store.under(`${PANE}/message/`)) {
      const channel = name.split("/")[2];
      if (value.receiver === null || value.receiver === this.person) newest.set(channel, later(newest.get(channel), value.id));
    }
    this.read.set(`${this.person}/${this.channelId}`, newest.get(this.channelId) ?? "0");
    const rows = [{ key: "direct", heading: "Direct message" }, ...mine.filter((channel) => channel.kind === "dm").map((channel) => ({ channel }))];
    for (const guild of this.#of("guild").filter((one) => one.members.includes(this.person))) {
      rows.push({ key: guild.id, heading: guild.name });
      for (const id of guild.channels) {
        const channel = mine.find((one) => one.id === id);
        if (!channel) continue;
        rows.push({ channel }, ...mine.filter((one) => one.parent === id && !one.archived).map((thread) => ({ channel: thread, below: true })));
      }
    }
    reconcile(this.rooms, rows.map(({ key, heading, channel, below }) => {
      if (heading) return { key: `${this.person}/${key}`, stamp: heading, build: () => el("h3", {}, heading) };
      const open = channel.id === this.channelId;
      const known = `${this.person}/${channel.id}`;
      if (!this.read.has(known)) this.read.set(known, newest.get(channel.id) ?? "0");
      const unread = !open && later(this.read.get(known), newest.get(channel.id)) !== this.read.get(known);
      return {
        key: known,
        stamp: `${open}${unread}${this.#title(channel)}`,
        build: () => el("button", {
          type: "button", class: `room${below ? " below" : ""}${unread ? " unread" : ""}`, "aria-current": open ? "true" : null,
          title: this.#title(channel), onclick: () => this.#open(channel.id),
        }, channel.kind === "dm" ? parleyAvatar() : icon(below ? "thread" : channel.kind === "forum" ? "forum" : "hash"),
        el("span", { class: "room-name" }, this.#title(channel)), unread ? el("span", { class: "dot", role: "img", "aria-label": "unread" }) : null),
      };
    }));
  }

  #renderHead(channel) {
    const parent = channel.parent && this.store.get(`${PANE}/channel/${channel.parent}`);
    reconcile(this.head, [{
      key: "head",
      stamp: `${channel.id}${channel.name}`,
      build: () => el("div", {},
        channel.kind === "dm" ? icon("at") : icon(isThread(channel) ? "thread" : channel.kind === "forum" ? "forum" : "hash"),
        el("h3", {}, parent ? el("button", { type: "button", class: "crumb", onclick: () => this.#open(parent.id) }, `${parent.name} ›`) : null, this.#title(channel))),
    }]);
  }

  #renderMessages(channel) {
    if (channel.kind === "forum") return this.#renderPosts(channel);
    const shown = this.store.under(`${PANE}/message/${channel.id}/`)
      .filter(({ value }) => value.receiver === null || value.receiver === this.person)
      .sort((a, b) => (later(a.value.id, b.value.id) === a.value.id ? 1 : -1));
    const items = shown.map((part, index) => {
      const message = part.value;
      const before = shown[index - 1]?.value;
      const joined = before && before.sender === message.sender && !before.system && !message.system && !message.command
        && message.reply_to === null && message.at - before.at < 300_000 && before.receiver === message.receiver;
      const thread = message.thread && this.store.get(`${PANE}/channel/${message.thread}`);
      return { key: part.name, stamp: `${this.person}/${part.stamp}/${joined}/${thread?.name}`, build: () => this.#message(channel, message, joined, thread) };
    });
    if (!shown.length) {
      items.push({ key: `empty/${channel.id}`, stamp: "", build: () => el("div", { class: "empty" },
        channel.kind === "dm" ? parleyAvatar() : icon(isThread(channel) ? "thread" : "hash"),
        el("p", {}, channel.kind === "dm" ? "Your direct messages with the bot begin here." : `This is the start of ${isThread(channel) ? channel.name : `#${channel.name}`}.`),
        el("p", { class: "hint" }, channel.kind === "dm" ? "Write anything, or “/” for its commands." : `Mention @${this.bot.name}, and it answers in a thread.`)) });
    }
    reconcile(this.list, items);
    return undefined;
  }

  #renderPosts(forum) {
    const posts = this.#of("channel").filter((channel) => channel.parent === forum.id);
    reconcile(this.list, posts.length ? posts.map((post) => ({
      key: post.id, stamp: post.name,
      build: () => el("button", { type: "button", class: "post", onclick: () => this.#open(post.id) }, icon("thread"), el("b", {}, post.name)),
    })) : [{ key: `empty/${forum.id}`, stamp: "", build: () => el("div", { class: "empty" }, icon("forum"), el("p", {}, "Nobody has asked anything yet."),
      el("button", { type: "button", class: "loud", onclick: () => this.#newPost() }, "New post")) }]);
  }

  #message(channel, message, joined, thread) {
    if (message.system) return this.#system(channel, message);
    const mine = message.sender === this.person;
    const answered = message.reply_to && this.store.get(`${PANE}/message/${channel.id}/${message.reply_to}`);
    const above = answered ? el("div", { class: "quoted" }, icon("reply"), el("b", {}, answered.sender_name), el("span", {}, excerpt(answered)))
      : message.command ? el("div", { class: "quoted" }, icon("apps"), el("span", {}, `/${message.command}`)) : null;
    const body = el("div", { class: "body" });
    if (!joined) {
      body.append(el("div", { class: "name" }, el("b", { class: message.from_bot ? "bot" : "" }, message.sender_name),
        message.from_bot ? el("span", { class: "tag" }, "APP") : null, el("time", {}, clock(message.at))));
    }
    const nameOf = (sign, id) => this.#nameOf(sign, id);
    if (message.thinking) body.append(el("div", { class: "text thinking" }, el("span", { class: "dots" }, el("i"), el("i"), el("i")), ` ${message.sender_name} is thinking …`));
    const hasLayout = message.components.some((part) => part.type !== 1);
    if (message.text && !hasLayout) body.append(written(message, nameOf));
    body.append(...message.embeds.map((embed) => embedded(embed, nameOf)));
    body.append(...message.files.map(fileCard));
    body.append(...message.components.map((part) => this.#component(channel, message, part, nameOf)).filter(Boolean));
    const reactions = Object.entries(message.reactions);
    if (reactions.length) body.append(el("div", { class: "reactions" }, reactions.map(([emoji, count]) => el("span", {}, `${emoji} ${count}`))));
    if (thread) body.append(el("button", { type: "button", class: "thread-chip", onclick: () => this.#open(thread.id) }, icon("thread"), el("b", {}, thread.name), el("span", {}, "See thread ›")));
    if (message.receiver !== null) {
      body.append(el("div", { class: "only-you" }, icon("eye"), "Only you can see this · ",
        el("button", { type: "button", class: "inline-command", onclick: () => this.#try("delete", { message: message.id }) }, "Dismiss message")));
    }
    const tools = el("div", { class: "tools" },
      iconButton("reply", "Reply", () => this.composer.setContext({ kind: "reply", id: message.id, title: `Reply to ${message.sender_name}`, text: excerpt(message) })),
      mine ? iconButton("edit", "Edit", () => this.#edit(message)) : null,
      mine ? iconButton("trash", "Delete", () => this.#try("delete", { message: message.id })) : null,
      message.receiver === null ? iconButton("apps", "Apps and threads", (event) => this.#messageMenu(event.currentTarget, channel, message)) : null);
    return el("article", {
      class: `message${joined ? " joined" : ""}${message.receiver !== null ? " private" : ""}${message.mentions.includes(this.person) ? " mentions-me" : ""}`,
      tabindex: -1,
      "aria-label": `${message.sender_name}, ${clock(message.at)}`,
    }, above, el("div", { class: "line" },
      joined ? el("span", { class: "gutter" }) : message.from_bot ? parleyAvatar() : avatar(message.sender_name, message.sender), body), tools);
  }

  #system(channel, message) {
    if (message.type === STARTER) {
      const original = channel.parent && this.store.get(`${PANE}/message/${channel.parent}/${message.reply_to}`);
      return original ? this.#message(channel, { ...original, thread: null, reply_to: null }, false, null) : el("div", { class: "service" }, "A thread began here");
    }
    const words = { [THREAD_CREATED]: "started a thread", [RENAMED]: `changed the name to “${message.text}”` };
    return el("div", { class: "service" }, `${message.sender_name} ${words[message.type] ?? "did something"}`);
  }

  #component(channel, message, part, nameOf) {
    const inner = () => (part.components ?? []).map((one) => this.#component(channel, message, one, nameOf)).filter(Boolean);
    switch (part.type) {
      case 1:
        return el("div", { class: "keys" }, inner());
      case 2: {
        if (part.url) return el("a", { class: "key", href: /^https?:/.test(part.url) ? part.url : "#", target: "_blank", rel: "noopener noreferrer" }, part.label ?? part.url);
        const made = el("button", { type: "button", class: `key style-${part.style}`, disabled: part.disabled, onclick: async () => {
          made.classList.add("waiting");
          setTimeout(() => made.classList.remove("waiting"), 3000);
          await this.#try("press", { message: message.id, button: part.custom_id });
        } }, part.emoji?.name ? `${part.emoji.name} ` : "", part.label ?? "");
        return made;
      }
      case 3: {
        const options = part.options ?? [];
        const many = (part.max_values ?? 1) > 1;
        const made = el("select", { class: "key", "aria-label": part.placeholder ?? "Choose", disabled: part.disabled, multiple: many, onchange: () => {
          const values = [...made.selectedOptions].map((option) => option.value).filter(Boolean);
          if (values.length) this.#try("choose", { message: message.id, select: part.custom_id, values });
        } }, many ? null : el("option", { value: "" }, part.placeholder ?? "Choose …"),
        options.map((option) => el("option", { value: option.value, selected: option.default }, option.description ? `${option.label} · ${option.description}` : option.label)));
        return made;
      }
      case 10:
        return el("div", { class: "text" }, markdown(part.content ?? "", nameOf));
      case 14:
        return el("hr");
      case 9: case 17:
        return el("div", { class: part.type === 17 ? "container" : "section" }, inner(), part.accessory ? this.#component(channel, message, part.accessory, nameOf) : null);
      default:
        return null;
    }
  }

  /** Forms open by themselves, once, for the one who has just asked; an answer that never came is said. */
  #hearInteractions() {
    for (const { name, value } of this.store.under(`${PANE}/interaction/`)) {
      const present = this.begun && value.person === this.person;
      if (this.#isNews(`${name}/failed`, value.failed) && present) toast(this.stage, "The application did not respond");
      if (this.#isNews(`${name}/form`, value.modal) && present) this.#showForm(value);
    }
    this.begun = true;
  }

  #isNews(what, happened) {
    if (!happened || this.heard.has(what)) return false;
    this.heard.add(what);
    return true;
  }

  async #showForm(interaction) {
    const fields = interaction.modal.components.flatMap((part) => (part.type === 18 ? [{ ...part.component, label: part.label, hint: part.description }] : part.components ?? []));
    const answers = await ask(PANE, interaction.modal.title, fields.filter((field) => field.custom_id).map((field) => ({
      name: field.custom_id, label: field.label ?? field.custom_id, value: field.value ?? "", placeholder: field.placeholder, hint: field.hint,
      long: field.style === 2, required: field.required !== false, min: field.min_length, max: field.max_length ?? (field.type === 4 ? 4000 : null),
      many: field.type === 3 && (field.max_values ?? 1) > 1,
      options: field.options?.map((option) => ({ value: option.value, label: option.label, chosen: option.default })),
    })), "Submit");
    if (!answers) return;
    for (const field of fields) if (field.options && typeof answers[field.custom_id] === "string") answers[field.custom_id] = [answers[field.custom_id]];
    await this.#ask("submit", { person: this.person, interaction: interaction.id, answers });
  }

  // Doing things

  #try(deed, details) {
    return this.#ask(deed, { person: this.person, channel: this.channelId, ...details });
  }

  async #ask(deed, details) {
    try {
      return await act(PANE, deed, details);
    } catch (error) {
      toast(this.stage, error.message);
      return null;
    }
  }

  async #send(text, files, context) {
    const here = { person: this.person, channel: this.channelId };
    const names = [this.bot, ...this.#of("person")].sort((a, b) => b.name.length - a.name.length);
    const words = names.reduce((so_far, who) => so_far.replaceAll(new RegExp(`@${who.name}(?!\\w)`, "gi"), `<@${who.id}>`), text);
    if (context?.kind === "edit") {
      await act(PANE, "edit", { ...here, message: context.id, text: words });
      return;
    }
    this.sticky.atEnd = true;
    await act(PANE, "say", { ...here, text: words, reply_to: context?.id ?? null, files: await Promise.all(files.map(fileData)) });
  }

  #edit(message) {
    const text = message.text.replace(/<@!?(\d+)>/g, (_, id) => this.#nameOf("@", id));
    this.composer.setContext({ kind: "edit", id: message.id, title: "Edit message", text });
  }

  #editLast() {
    const last = this.store.under(`${PANE}/message/${this.channelId}/`).map((part) => part.value)
      .filter((message) => message.sender === this.person && !message.system).at(-1);
    if (last) this.#edit(last);
  }

  #commands(type) {
    const guild = this.channel.guild;
    const private_ = this.channel.kind === "dm";
    return (this.store.get(`${PANE}/commands`) ?? []).filter((one) => one.type === type && (!one.guild_id || one.guild_id === guild)
      && (!one.contexts || one.contexts.includes(private_ ? 1 : 0)));
  }

  #menu(text) {
    const command = /^\/([\w-]*)( ?)$/.exec(text);
    if (command) {
      const all = this.#commands(COMMAND).flatMap(unfolded);
      const exactly = command[2] && all.find((one) => one.name === command[1]);
      if (exactly) {
        this.#begin(exactly);
        return [];
      }
      return all.filter((one) => one.name.startsWith(command[1])).map((one) => ({
        label: `/${one.name}`,
        hint: one.description,
        more: (one.options ?? []).map((option) => option.name),
        pick: () => this.#begin(one),
      }));
    }
    const mention = /(^|\s)@(\w*)$/.exec(text);
    if (!mention) return [];
    return [this.bot, ...this.#of("person").filter((one) => one.id !== this.person)]
      .filter((one) => one.name.toLowerCase().startsWith(mention[2].toLowerCase()))
      .map((one) => ({ label: `@${one.name}`, hint: one.id === this.bot.id ? "the bot" : "", pick: () => this.composer.insert(`${text.slice(0, text.length - mention[2].length)}${one.name} `) }));
  }

  // A command with options is filled in above the field

  #begin(command) {
    this.composer.clear();
    const options = command.options ?? [];
    this.sticky.atEnd = true;
    if (!options.length) return this.#try("command", { name: command.name, options: {} });
    const entries = options.map((option) => [option, this.#optionInput(command, option, () => given())]);
    const given = () => Object.fromEntries(entries.map(([option, entry]) => [option, entry.input.value.trim()]).filter(([, value]) => value)
      .map(([option, value]) => [option.name, typed(option, value)]));
    const run = async () => {
      const missing = entries.find(([option, entry]) => option.required && !entry.input.value.trim());
      if (missing) return missing[1].input.focus();
      const filled = given();
      for (const [option, entry] of entries) if (option.type === ATTACHMENT && entry.input.files?.length) filled[option.name] = await fileData(entry.input.files[0]);
      this.#closeForm();
      this.composer.field.focus();
      this.sticky.toEnd();
      return this.#try("command", { name: command.name, options: filled });
    };
    this.form.replaceChildren(el("form", {
      onsubmit: (event) => { event.preventDefault(); run(); },
      onkeydown: (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); this.#closeForm(); this.composer.field.focus(); }
      },
    }, el("b", {}, `/${command.name}`), entries.map(([, entry]) => entry.element),
    iconButton("close", "Cancel the command", () => { this.#closeForm(); this.composer.field.focus(); }),
    el("button", { type: "submit", class: "send", "aria-label": `Run /${command.name}`, title: "Run" }, icon("send"))));
    this.form.hidden = false;
    entries[0][1].input.focus();
    return undefined;
  }

  #closeForm() {
    this.form.hidden = true;
    this.form.replaceChildren();
  }

  #optionInput(command, option, given) {
    const choices = option.type === BOOLEAN ? [{ name: "yes", value: "true" }, { name: "no", value: "false" }]
      : option.type === USER ? this.#of("person").map((one) => ({ name: one.name, value: one.id })) : option.choices;
    const label = (input, ...more) => ({ input, element: el("label", { class: "option-field" }, el("span", {}, option.name, option.required ? "" : el("i", {}, " optional")), input, ...more) });
    if (choices?.length) return label(el("select", { title: option.description }, el("option", { value: "" }, "…"), choices.map((one) => el("option", { value: one.value }, one.name))));
    if (option.type === ATTACHMENT) return label(el("input", { type: "file" }));
    const list = el("div", { class: "menu", role: "listbox", hidden: true });
    const input = el("input", { type: "text", autocomplete: "off", placeholder: option.description, role: option.autocomplete ? "combobox" : null, "aria-expanded": option.autocomplete ? "false" : null });
    if (option.autocomplete) this.#complete(command, option, input, list, given);
    return label(input, list);
  }

  #complete(command, option, input, list, given) {
    let marked = -1;
    let asked = 0;
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); marked = -1; };
    const mark = (index) => {
      marked = (index + list.children.length) % list.children.length;
      [...list.children].forEach((child, at) => child.setAttribute("aria-selected", String(at === marked)));
      list.children[marked].scrollIntoView({ block: "nearest" });
    };
    const offer = async () => {
      const number = ++asked;
      const before = given();
      delete before[option.name];
      const id = await act(PANE, "complete", { person: this.person, channel: this.channelId, name: command.name, option: option.name, typed: input.value, options: before }).catch(() => null);
      const choices = id && await this.#choicesOf(id);
      if (!choices || number !== asked || document.activeElement !== input) return;
      list.replaceChildren(...choices.map((choice) => el("div", { class: "option", role: "option", onpointerdown: (event) => {
        event.preventDefault();
        input.value = choice.value;
        close();
      }, "data-value": choice.value, title: choice.name }, el("b", {}, choice.name))));
      list.hidden = !choices.length;
      input.setAttribute("aria-expanded", String(choices.length > 0));
      marked = -1;
    };
    input.addEventListener("input", offer);
    input.addEventListener("focus", offer);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); mark(marked + step + (marked < 0 && step < 0 ? 1 : 0)); }
      else if ((event.key === "Enter" || event.key === "Tab") && marked >= 0) {
        event.preventDefault();
        input.value = list.children[marked].dataset.value;
        close();
      } else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  }

  /** What the bot offers, as soon as the stream has told it. */
  #choicesOf(id) {
    return new Promise((resolve) => {
      const look = (left) => {
        const told = this.store.get(`${PANE}/interaction/${id}`);
        if (told?.choices || told?.failed || !left) resolve(told?.choices ?? []);
        else setTimeout(() => look(left - 1), 60);
      };
      look(50);
    });
  }

  #messageMenu(button, channel, message) {
    const items = this.#commands(MESSAGE_MENU).map((one) => ({ label: `Apps: ${one.name}`, run: () => this.#try("menu", { name: one.name, message: message.id }) }));
    if (channel.kind === "text" && !message.thread) items.unshift({ label: "Create thread", run: () => this.#newThread(message) });
    if (!items.length) items.push({ label: "Copy text", run: () => navigator.clipboard.writeText(message.text) });
    popup(button, items);
  }

  async #newThread(message) {
    const filled = await ask(PANE, "New thread", [{ name: "name", label: "Name", required: true, max: 100, value: message ? excerpt(message).slice(0, 60) : "" }]);
    const thread = filled && await this.#try("open_thread", { name: filled.name, message: message?.id ?? null });
    if (thread) this.#open(thread);
  }

  async #newPost() {
    const filled = await ask(PANE, "New post", [{ name: "name", label: "Title", required: true, max: 100 }, { name: "text", label: "Message", long: true, required: true, max: 2000 }], "Post");
    const post = filled && await this.#ask("open_post", { person: this.person, forum: this.channelId, name: filled.name, text: filled.text });
    if (post) this.#open(post);
  }

  async #newChannel(kind) {
    const guild = this.#of("guild").find((one) => one.members.includes(this.person));
    const filled = await ask(PANE, kind === "forum" ? "New forum" : "New channel", [{ name: "name", label: "Name", required: true, max: 100 }]);
    const channel = filled && await this.#ask("open_channel", { guild: guild.id, name: filled.name, kind });
    if (channel) this.#open(channel);
  }

  #create() {
    const items = [{ label: "New channel", run: () => this.#newChannel("text") }, { label: "New forum", run: () => this.#newChannel("forum") }];
    if (this.channel.kind === "forum") items.unshift({ label: "New post here", run: () => this.#newPost() });
    if (this.channel.kind === "text") items.unshift({ label: "New thread here", run: () => this.#newThread(null) });
    popup(this.plus, items);
  }
}

function written(message, nameOf) {
  const text = el("div", { class: "text" }, markdown(message.text, nameOf));
  if (message.edited) (text.lastElementChild?.tagName === "P" ? text.lastElementChild : text).append(el("span", { class: "edited" }, "(edited)"));
  return text;
}

function isThread(channel) {
  return channel.kind.endsWith("_thread");
}

/** The later of two snowflakes, which are strings of digits. */
function later(one, other) {
  if (!one || !other) return one ?? other;
  return one.length !== other.length ? (one.length > other.length ? one : other) : one > other ? one : other;
}

function excerpt(message) {
  const text = (message.text || message.files.map((file) => file.name).join(", ")).replace(/<@!?\d+>\s*/g, "").replace(/[*_`~|>#]/g, "");
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
}

function unfolded(command) {
  const subs = (command.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === SUBCOMMAND_GROUP);
  return subs.length ? subs.map((sub) => ({ ...sub, name: `${command.name} ${sub.name}` })) : [command];
}

function typed(option, value) {
  if (option.type === 4 || option.type === 10) return Number(value);
  return option.type === BOOLEAN ? value === "true" : value;
}

function embedded(embed, nameOf) {
  return el("div", { class: "container" }, embed.title ? el("b", {}, embed.title) : null, embed.description ? el("div", { class: "text" }, markdown(embed.description, nameOf)) : null,
    (embed.fields ?? []).map((field) => el("div", {}, el("b", {}, field.name), el("div", {}, markdown(field.value, nameOf)))));
}

function fileCard(file) {
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.media_type)) return el("a", { class: "photo", href: file.url, target: "_blank" }, el("img", { src: file.url, alt: file.name, loading: "lazy" }));
  if (file.media_type === "audio/ogg") return el("audio", { class: "voice", controls: true, preload: "metadata", src: file.url, "aria-label": file.name });
  return el("a", { class: "attachment", href: file.url, download: file.name }, el("span", { class: "file-icon" }, icon("file")), el("span", {}, el("b", {}, file.name), el("small", {}, size(file.size_bytes))));
}
