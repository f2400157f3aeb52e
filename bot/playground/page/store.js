// What the server has told: parts by name. The stream says what has changed; whoever shows something asks here.

export class Store {
  constructor() {
    this.parts = new Map();
    this.listeners = [];
    this.connected = false;
  }

  /** `listener(names)` is called after each change, at most once per frame. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  get(name) {
    return this.parts.get(name)?.value;
  }

  /** The parts whose names begin with `prefix`, as `{name, value, stamp}`; a stamp changes with its value. */
  under(prefix) {
    const found = [];
    for (const [name, part] of this.parts) if (name.startsWith(prefix)) found.push({ name, ...part });
    return found;
  }

  /** Resolves when a part is there, or after a while without it: what was made a moment ago is told a moment later. */
  until(name) {
    return new Promise((resolve) => {
      const look = (left) => (this.parts.has(name) || !left ? resolve() : setTimeout(() => look(left - 1), 30));
      look(150);
    });
  }

  open() {
    this.source = new EventSource("events");
    this.source.onmessage = (event) => this.#take(JSON.parse(event.data));
    this.source.onopen = () => this.#say(true);
    this.source.onerror = () => this.#say(false);
  }

  #say(connected) {
    this.connected = connected;
    this.#soon();
  }

  #take({ fresh, set, gone }) {
    if (fresh) this.parts.clear();
    for (const [name, value] of Object.entries(set)) {
      this.parts.set(name, { value, stamp: (this.parts.get(name)?.stamp ?? 0) + 1 + (fresh ? Math.random() : 0) });
    }
    for (const name of gone) this.parts.delete(name);
    this.#soon();
  }

  #soon() {
    if (this.waiting) return;
    this.waiting = true;
    const tell = () => {
      this.waiting = false;
      for (const listener of this.listeners) listener();
    };
    // A hidden page gets no frames.
    if (document.hidden) setTimeout(tell, 50);
    else requestAnimationFrame(tell);
  }
}

/** Do something as a person. Returns the result; throws an Error with the server's words. */
export async function act(pane, deed, details) {
  return post(`${pane}/control`, { do: deed, ...details }).then((answer) => answer.result);
}

export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(text || response.statusText);
  }
  if (!response.ok || answer.ok === false) throw new Error((answer.error ?? "").replace(/^\w+: /, "") || response.statusText);
  return answer;
}

/** A chosen file as the server wants it. */
export async function fileData(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { data: btoa(binary), name: file.name, media_type: file.type || "application/octet-stream" };
}
