// The timeline: one line an event, who did it in colour and by letter, searchable; a click goes to its moment.
import { element, span, visible } from "./common.js";

const LETTERS = "ABCDEFGH";
const NAMES = { customer: "Customer", host: "Host", relay: "Relay" };

export class Timeline {
  #list;
  #events = [];
  #lines = [];
  #hidden = new Set();
  #words = [];

  constructor(list, events, jump) {
    [this.#list, this.#events] = [list, events];
    const peers = [...new Set(events.filter((event) => event.peer).map((event) => event.peer))];
    this.people = new Map(Object.entries(NAMES).map(([actor, label]) => [actor, { label, letter: label[0], tone: actor }]));
    peers.forEach((peer, at) => {
      const name = events.findLast((event) => event.peer === peer && event.name)?.name;
      const letter = LETTERS[at % LETTERS.length];
      this.people.set(`technician ${peer}`, { label: name ? `Technician ${letter}, ${name}` : `Technician ${letter}`, letter, tone: `technician-${at % 2 ? "b" : "a"}` });
    });
    this.#lines = events.map((event, at) => this.#line(event, () => {
      this.picked = at;
      jump(event.ms);
    }));
    list.replaceChildren(...this.#lines);
  }

  who(event) {
    return event.peer ? `technician ${event.peer}` : event.actor;
  }

  #line(event, jump) {
    const person = this.people.get(this.who(event)) ?? { label: event.actor, letter: "?", tone: "host" };
    const badge = element("span", { class: `actor ${person.tone}`, title: visible(person.label), "aria-label": visible(person.label) }, person.letter);
    const [field, text] = event.sealed ?? [];
    const button = element(
      "button", { type: "button", class: `event ${event.severity} ${event.outcome}`, title: `${event.kind}, ${event.t}` },
      element("time", { datetime: event.t }, span(event.ms)), badge,
      element("span", { class: "text" }, event.text, event.name ? element("b", {}, ` ${event.name}`) : null, field ? element("q", {}, `${field}: ${text}`) : null),
    );
    button.addEventListener("click", jump);
    return element("li", {}, button);
  }

  // Buttons that hide and show what one of them did.
  filters() {
    const present = new Set(this.#events.map((event) => this.who(event)));
    return [...this.people].filter(([who]) => present.has(who)).map(([who, person]) => {
      const button = element("button", { type: "button", "aria-pressed": "true", class: "toggle" }, element("span", { class: `actor ${person.tone}`, "aria-hidden": "true" }, person.letter), element("span", { class: "label" }, person.label));
      button.addEventListener("click", () => {
        const on = this.#hidden.delete(who) || (this.#hidden.add(who), false);
        button.setAttribute("aria-pressed", String(on));
        this.#apply();
      });
      return button;
    });
  }

  search(text) {
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#apply();
  }

  #apply() {
    this.#events.forEach((event, at) => {
      const all = `${event.kind} ${event.text} ${event.name ?? ""} ${event.sealed?.[1] ?? ""} ${event.t}`.toLowerCase();
      this.#lines[at].hidden = this.#hidden.has(this.who(event)) || !this.#words.every((word) => all.includes(word));
    });
  }

  // Marks the newest event at a moment; keeps it in sight.
  at(ms) {
    // Of several events at one moment the one that was clicked.
    const picked = this.#events[this.picked]?.ms === ms ? this.picked : null;
    const now = picked ?? this.#events.findLastIndex((event) => event.ms <= ms);
    if (now === this.now) return;
    this.#lines[this.now]?.firstChild.removeAttribute("aria-current");
    this.now = now;
    const line = this.#lines[now];
    if (!line || line.hidden) return;
    line.firstChild.setAttribute("aria-current", "true");
    const [top, bottom] = [line.offsetTop - this.#list.offsetTop, line.offsetTop - this.#list.offsetTop + line.offsetHeight];
    if (top < this.#list.scrollTop || bottom > this.#list.scrollTop + this.#list.clientHeight) this.#list.scrollTop = top - this.#list.clientHeight / 3;
  }

  // The moment of the next event that is shown, in this direction.
  beside(ms, step) {
    const shown = this.#events.filter((_, at) => !this.#lines[at].hidden);
    return step > 0 ? shown.find((event) => event.ms > ms)?.ms : shown.findLast((event) => event.ms < ms - 400)?.ms;
  }
}
