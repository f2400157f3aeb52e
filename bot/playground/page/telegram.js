// The Telegram pane: private chats, groups and topics, bubbles, drafts, inline keyboards.

import { ask, popup, tell, toast } from "./ask.js";
import { Composer } from "./composer.js";
import { avatar, clock, el, icon, iconButton, parleyAvatar, personButton, reconcile, size, Sticky } from "./dom.js";
import { formatted } from "./entities.js";
import { richBlocks } from "./rich.js";
import { act, fileData } from "./store.js";

const PANE = "telegram";

export class Telegram {
  constructor(root, store) {
    this.root = root;
    this.store = store;
    this.person = null;
    this.chats = new Map(); // which chat each person has open
    this.topics = new Map(); // which topic is open in each chat
    this.read = new Map();
    this.heard = new Set();
    this.begun = false; // whether what had happened before this page was opened is known
    this.people = el("div", { class: "people", role: "group", "aria-label": "Who you are on Telegram" });
    this.rail = el("nav", { class: "rail", "aria-label": "Chats" });
    this.rooms = el("div", { class: "rooms" });
    this.plus = iconButton("plus", "New group or topic", () => this.#create(), { class: "icon-button round" });
    this.rail.append(this.rooms, this.plus);
    this.head = el("div", { class: "chat-head" });
    this.topicBar = el("div", { class: "topics", role: "group", "aria-label": "Topics", hidden: true });
    this.list = el("div", { class: "messages", role: "log", "aria-live": "polite", "aria-label": "Messages" });
    this.growing = el("div", { class: "growing", "aria-live": "off" });
    this.scroll = el("div", { class: "scroll", tabindex: 0, "aria-label": "Conversation" }, this.list, this.growing);
    this.sticky = new Sticky(this.scroll);
    this.composer = new Composer({
      name: PANE,
      send: (text, files, context) => this.#send(text, files, context),
      menu: (text) => this.#menu(text),
      editLast: () => this.#editLast(),
      onError: (error) => toast(this.stage, error.message),
    });
    this.stage = el("div", { class: "stage" }, this.head, this.topicBar, this.scroll, this.composer.element);
    root.append(
      el("header", { class: "pane-head" }, el("h2", {}, el("i", { class: "badge" }), "Telegram"), this.people),
      el("div", { class: "pane-body" }, this.rail, this.stage));
    store.onChange(() => this.render());
  }

  // What is where

  get chat() {
    return this.store.get(`${PANE}/chat/${this.chatId}`);
  }

  get chatId() {
    return this.chats.get(this.person) ?? this.person;
  }

  get topic() {
    return this.topics.get(this.chatId) ?? null;
  }

  #of(kind) {
    return this.store.under(`${PANE}/${kind}/`);
  }

  #name(id) {
    return this.store.get(`${PANE}/person/${id}`)?.name ?? this.store.get(`${PANE}/bot`)?.name ?? "";
  }

  #mine() {
    return this.#of("chat").map((part) => part.value).filter((chat) => chat.members.includes(this.person) && !chat.moved);
  }

  #title(chat) {
    return chat.kind === "private" ? this.store.get(`${PANE}/bot`)?.name ?? "Bot" : chat.title;
  }

  async #open(chat, topic = null) {
    await this.store.until(`${PANE}/chat/${chat}`);
    this.chats.set(this.person, chat);
    this.topics.set(chat, topic);
    this.sticky.atEnd = true;
    this.render();
    this.composer.field.focus();
  }

  // Showing it

  render() {
    const people = this.#of("person").map((part) => part.value);
    if (!people.length) return;
    this.person ??= people[0].id;
    if (!this.chat) this.chats.delete(this.person);
    reconcile(this.people, people.map((person) => ({
      key: person.id,
      stamp: String(person.id === this.person),
      build: () => personButton(person, person.id === this.person, () => {
        this.person = person.id;
        this.sticky.atEnd = true;
        this.render();
      }),
    })));
    this.#hearAnswers();
    const chat = this.chat;
    if (!chat) return;
    this.#renderRail();
    this.#renderHead(chat);
    this.#renderMessages(chat);
    const closed = chat.forum && this.topic !== null && chat.topics.find((topic) => topic.id === this.topic)?.closed;
    this.composer.at(`${this.person}/${chat.id}/${this.topic ?? ""}`, chat.kind === "private" ? "Message" : "Message, or @ for the bot",
      closed ? "This topic is closed" : "");
    this.sticky.settle();
  }

  #renderRail() {
    const newest = new Map();
    for (const { value, name } of this.#of("message").filter((part) => this.#seen(part.value))) newest.set(Number(name.split("/")[2]), Math.max(value.id, newest.get(Number(name.split("/")[2])) ?? 0));
    this.read.set(`${this.person}/${this.chatId}`, newest.get(this.chatId) ?? 0);
    reconcile(this.rooms, this.#mine().map((chat) => {
      const open = chat.id === this.chatId;
      const key = `${this.person}/${chat.id}`;
      if (!this.read.has(key)) this.read.set(key, newest.get(chat.id) ?? 0);
      const unread = !open && (newest.get(chat.id) ?? 0) > this.read.get(key);
      return {
        key,
        stamp: `${open}${unread}${chat.title}`,
        build: () => el("button", {
          type: "button", class: `room${unread ? " unread" : ""}`, "aria-current": open ? "true" : null, title: this.#title(chat),
          onclick: () => this.#open(chat.id, this.topics.get(chat.id) ?? null),
        }, chat.kind === "private" ? parleyAvatar() : avatar(chat.title, chat.id),
        el("span", { class: "room-name" }, this.#title(chat)), unread ? el("span", { class: "dot", role: "img", "aria-label": "unread" }) : null),
      };
    }));
  }

  #renderHead(chat) {
    const typing = chat.actions[String(this.topic ?? "")];
    const members = `${chat.members.length} people${Object.keys(chat.bots).length ? " and the bot" : "; the bot comes as a guest"}`;
    const what = chat.kind === "private" ? "bot" : `${chat.forum ? "forum" : "group"} · ${members}`;
    reconcile(this.head, [{
      key: "head",
      stamp: `${chat.id}${typing}${chat.members.length}${this.person}`,
      build: () => el("div", {}, chat.kind === "private" ? parleyAvatar() : avatar(chat.title, chat.id),
        el("div", { class: "who" }, el("h3", {}, this.#title(chat)), el("p", { class: typing ? "active" : "" }, typing ? `${typing.replace("_", " ")} …` : what))),
    }]);
    const own = chat.topics.length > 0;
    this.topicBar.hidden = !own;
    if (!own) this.topics.delete(chat.id);
    const tabs = own ? [{ id: null, name: chat.forum ? "General" : "All" }, ...chat.topics] : [];
    reconcile(this.topicBar, tabs.map((topic) => ({
      key: `${chat.id}/${topic.id}`,
      stamp: `${topic.name}${topic.id === this.topic}${topic.closed}`,
      build: () => el("button", {
        type: "button", "aria-pressed": String(topic.id === this.topic), onclick: () => this.#open(chat.id, topic.id),
        class: topic.closed ? "closed" : "",
      }, topic.name),
    })));
  }

  /** Whether this person sees a message: some are between one alone and the bot. */
  #seen(message) {
    return message.receiver === null || [message.receiver, message.sender].includes(this.person);
  }

  #visible(chat) {
    const inTopic = (thread) => this.topic !== null ? thread === this.topic : !chat.forum || thread === null;
    return this.store.under(`${PANE}/message/${chat.id}/`).filter(({ value }) =>
      this.#seen(value) && inTopic(value.thread))
      .sort((a, b) => a.value.id - b.value.id);
  }

  #renderMessages(chat) {
    const shown = this.#visible(chat);
    const items = shown.map((part, index) => {
      const message = part.value;
      const before = shown[index - 1]?.value;
      const joined = before && before.sender === message.sender && !before.service && message.date - before.date < 300;
      return { key: part.name, stamp: `${this.person}/${part.stamp}/${joined}`, build: () => this.#message(chat, message, joined) };
    });
    if (!shown.length) {
      items.push({ key: `empty/${chat.id}`, stamp: this.person, build: () => el("div", { class: "empty" },
        parleyAvatar(),
        el("p", {}, chat.kind === "private" ? "This is your private chat with the bot." : "Mention the bot with @, or reply to it."),
        chat.kind === "private" ? el("button", { type: "button", class: "loud", onclick: () => this.#say("/start") }, "Start") : null) });
    }
    reconcile(this.list, items);
    const draft = this.store.under(`${PANE}/draft/${chat.id}/${this.topic ?? ""}`).find((part) => part.name.endsWith(`/${this.topic ?? ""}`));
    reconcile(this.growing, draft ? [{ key: "draft", stamp: draft.stamp, build: () => this.#draft(draft.value) }] : []);
  }

  #message(chat, message, joined) {
    if (message.service) return el("div", { class: "service" }, serviceText(message, this.#name(message.sender)));
    const mine = message.sender === this.person;
    const bubble = el("div", { class: "bubble" });
    if (!mine && chat.kind !== "private" && !joined) bubble.append(el("div", { class: "name" }, message.sender_name));
    const answered = message.reply_to !== null && this.store.get(`${PANE}/message/${chat.id}/${message.reply_to}`);
    if (answered && !answered.service) {
      bubble.append(el("div", { class: "quoted" }, el("b", {}, answered.sender_name), el("span", {}, excerpt(answered))));
    }
    bubble.append(...media(message));
    const meta = el("div", { class: "meta" }, message.edited ? "edited " : "", el("time", {}, clock(message.date * 1000)));
    // Inside of the text, so that a short one has the time beside it.
    if (message.rich) bubble.append(el("div", { class: "text rich" }, richBlocks(message.rich.blocks), meta));
    else if (message.text) bubble.append(el("div", { class: "text" }, formatted(message.text, message.entities, (command) => this.#say(command.split("@")[0])), meta));
    else bubble.append(meta);
    if (message.receiver !== null) bubble.append(el("div", { class: "only-you" }, icon("eye"), mine ? "Only the bot can see this" : "Only you can see this"));
    if (message.reactions.length) bubble.append(el("div", { class: "reactions" }, message.reactions.map((emoji) => el("span", {}, emoji))));
    const keyboard = message.keyboard.map((row) => el("div", { class: "keys" }, row.map((button) => this.#button(chat, message, button))));
    const tools = el("div", { class: "tools" },
      iconButton("reply", "Reply", () => this.composer.setContext({ kind: "reply", id: message.id, title: `Reply to ${message.sender_name}`, text: excerpt(message) })),
      mine && !Object.keys(message.media).length ? iconButton("edit", "Edit", () => this.#edit(message)) : null,
      mine ? iconButton("trash", "Delete", () => this.#try("delete", { message: message.id })) : null);
    return el("article", { class: `message ${mine ? "mine" : "theirs"}${joined ? " joined" : ""}`, tabindex: -1, "aria-label": `${message.sender_name}, ${clock(message.date * 1000)}` },
      el("div", { class: "bubble-row" }, el("div", { class: "stack" }, bubble, keyboard), tools));
  }

  #button(chat, message, button) {
    if (button.url) {
      return el("a", { class: "key", href: /^(https?|tg):/.test(button.url) ? button.url : "#", target: "_blank", rel: "noopener noreferrer" }, button.text);
    }
    const made = el("button", { type: "button", class: `key ${button.style ?? ""}`, disabled: button.disabled, onclick: async () => {
      if (button.copy_text) return navigator.clipboard.writeText(button.copy_text.text);
      made.classList.add("waiting");
      setTimeout(() => made.classList.remove("waiting"), 4000);
      await this.#try("press", { message: message.id, data: button.callback_data });
    } }, button.text);
    return made;
  }

  #draft(draft) {
    const bubble = el("div", { class: "bubble" },
      draft.rich ? el("div", { class: "text rich" }, richBlocks(draft.rich.blocks))
        : draft.text ? el("div", { class: "text" }, formatted(draft.text, draft.entities, () => {})) : el("div", { class: "text thinking" }, "Thinking"),
      el("span", { class: "dots", role: "img", "aria-label": "still writing" }, el("i"), el("i"), el("i")));
    return el("article", { class: "message theirs draft" }, el("div", { class: "bubble-row" }, el("div", { class: "stack" }, bubble,
      draft.can_stop ? el("div", { class: "keys" }, el("button", { type: "button", class: "key stop", onclick: () => this.#try("stop", { thread: this.topic }) }, icon("stop"), "Stop")) : null)));
  }

  /** What the bot says to a pressed button appears once, to the one who has just pressed. */
  #hearAnswers() {
    for (const { name, value } of this.store.under(`${PANE}/answer/`)) {
      if (!value.answered || this.heard.has(name)) continue;
      this.heard.add(name);
      if (!this.begun || value.person !== this.person || !value.text) continue;
      if (value.show_alert) tell(PANE, value.text);
      else toast(this.stage, value.text);
    }
    this.begun = true;
  }

  // Doing things

  async #try(deed, details) {
    try {
      return await act(PANE, deed, { person: this.person, chat: this.chatId, ...details });
    } catch (error) {
      toast(this.stage, error.message);
      return null;
    }
  }

  #say(text) {
    this.sticky.atEnd = true;
    return this.#try("write", { text, thread: this.topic });
  }

  async #send(text, files, context) {
    const here = { person: this.person, chat: this.chatId };
    if (context?.kind === "edit") {
      await act(PANE, "edit", { ...here, message: context.id, text });
      return;
    }
    this.sticky.atEnd = true;
    const place = { ...here, thread: this.topic, reply_to: context?.id ?? null };
    if (!files.length) {
      if (text.length > 4096) await act(PANE, "paste", { ...here, thread: this.topic, text });
      else await act(PANE, "write", { ...place, text });
      return;
    }
    const data = await Promise.all(files.map(fileData));
    const photos = data.filter((file) => file.media_type.startsWith("image/"));
    const others = data.filter((file) => !file.media_type.startsWith("image/"));
    if (photos.length > 1) await act(PANE, "send_album", { ...place, photos, caption: text });
    else if (photos.length) await act(PANE, "send_photo", { ...place, photo: photos[0], caption: text });
    for (const [index, file] of others.entries()) {
      const caption = !photos.length && index === 0 ? text : "";
      if (file.media_type.startsWith("audio/")) await act(PANE, "send_voice", { ...place, voice: file });
      else await act(PANE, "send_document", { ...place, document: file, caption });
    }
  }

  #edit(message) {
    this.composer.setContext({ kind: "edit", id: message.id, title: "Edit message", text: message.text });
  }

  #editLast() {
    const last = this.#visible(this.chat).map((part) => part.value)
      .filter((message) => message.sender === this.person && !message.service && !Object.keys(message.media).length).at(-1);
    if (last) this.#edit(last);
  }

  #menu(text) {
    const command = /^\/(\S*)$/.exec(text);
    const bot = this.store.get(`${PANE}/bot`);
    if (command) {
      const private_ = this.chat.kind === "private";
      return this.#commands(private_).filter((one) => one.command.startsWith(command[1])).map((one) => ({
        label: `/${one.command}`,
        hint: one.description,
        pick: (how) => {
          const name = `/${one.command}${private_ ? "" : `@${bot.username}`}`;
          if (how === "tab") return this.composer.insert(`${name} `);
          this.composer.clear();
          return this.#say(name);
        },
      }));
    }
    const mention = /(^|\s)@(\w*)$/.exec(text);
    if (mention && this.chat.kind !== "private" && bot.username.startsWith(mention[2])) {
      return [{ label: `@${bot.username}`, hint: bot.name, pick: () => this.composer.insert(`${text.slice(0, text.length - mention[2].length)}${bot.username} `) }];
    }
    return [];
  }

  /** The narrowest scope for which the bot has set a menu counts. */
  #commands(private_) {
    const menus = (this.store.get(`${PANE}/commands`) ?? []).map((menu) => ({ ...menu, scope: JSON.parse(menu.scope) }));
    const scopes = [
      (scope) => String(scope.chat_id) === String(this.chatId),
      (scope) => scope.type === (private_ ? "all_private_chats" : "all_group_chats"),
      (scope) => scope.type === "default",
    ];
    for (const fits of scopes) {
      const found = menus.filter((menu) => fits(menu.scope)).sort((a, b) => (b.language === "en") - (a.language === "en"));
      if (found.length) return found[0].commands;
    }
    return [];
  }

  #create() {
    const members = this.#of("person").map((part) => part.value.id);
    const others = [this.person, ...members.filter((id) => id !== this.person)];
    const named = async (title, label) => (await ask(PANE, title, [{ name: "name", label, required: true, max: 128 }]))?.name;
    const items = [
      { label: "New topic here", run: async () => {
        const name = await named("New topic", "Name");
        const topic = name && await this.#try("open_topic", { name });
        if (topic) this.#open(this.chatId, topic);
      } },
      { label: "New group", run: async () => {
        const title = await named("New group", "Title");
        const chat = title && await this.#try2("open_group", { title, members: others });
        if (chat) this.#open(chat);
      } },
      { label: "New forum", run: async () => {
        const title = await named("New forum: a group with topics", "Title");
        const chat = title && await this.#try2("open_group", { title, members: others, forum: true, admin: true });
        if (chat) this.#open(chat);
      } },
    ];
    popup(this.plus, this.chat.kind === "private" || this.chat.forum ? items : items.slice(1));
  }

  async #try2(deed, details) {
    try {
      return await act(PANE, deed, details);
    } catch (error) {
      toast(this.stage, error.message);
      return null;
    }
  }
}

function media(message) {
  const { photo, document, voice } = message.media;
  if (photo) {
    const file = photo.at(-1);
    return [el("a", { class: "photo", href: `telegram/file/${file.file_id}`, target: "_blank" },
      el("img", { src: `telegram/file/${file.file_id}`, alt: "Photo", width: file.width, height: file.height, loading: "lazy" }))];
  }
  if (voice) return [el("audio", { class: "voice", controls: true, preload: "metadata", src: `telegram/file/${voice.file_id}`, "aria-label": `Voice message, ${voice.duration} s` })];
  const file = document ?? message.media.audio ?? message.media.video;
  if (file) {
    const name = file.file_name ?? "File";
    return [el("a", { class: "attachment", href: `telegram/file/${file.file_id}`, download: file.file_name ?? "" },
      el("span", { class: "file-icon" }, icon("file")), el("span", {}, el("b", {}, name), el("small", {}, size(file.file_size ?? 0))))];
  }
  const kind = Object.keys(message.media)[0];
  return kind ? [el("div", { class: "attachment" }, `[${kind}]`)] : [];
}

function excerpt(message) {
  const text = message.text || Object.keys(message.media)[0] || "";
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
}

function serviceText(message, name) {
  const [kind, what] = Object.entries(message.service)[0];
  const words = {
    forum_topic_created: () => `${name} opened the topic “${what.name}”`,
    forum_topic_edited: () => `${name} renamed the topic to “${what.name ?? ""}”`,
    forum_topic_closed: () => `${name} closed the topic`,
    forum_topic_reopened: () => `${name} opened the topic again`,
    new_chat_members: () => `${name} added ${what.map((one) => one.first_name).join(", ")}`,
    left_chat_member: () => `${what.first_name} left`,
  };
  return words[kind]?.() ?? kind.replaceAll("_", " ");
}
