// The sessions of the store: all of them are here, filters only hide.
import { element, json, local, show, span } from "./common.js";

const byId = (id) => document.getElementById(id);
const [table, message, count] = ["sessions", "message", "count"].map(byId);
const filters = ["text", "technician", "state", "from", "to"].map(byId);
let sessions = [];

function row(session) {
  const link = element("a", { href: `/session/${session.session}` }, session.started ? local(session.started) : "no event yet");
  const names = session.technicians.length ? session.technicians.join(", ") : "nobody";
  return element(
    "tr", {},
    element("td", { "data-label": "Started" }, link),
    element("td", { "data-label": "Technician", class: session.technicians.length ? "name" : "name quiet" }, names),
    element("td", { "data-label": "Length", class: "time" }, span(session.duration_ms)),
    element("td", { "data-label": "State" }, element("span", { class: `chip ${session.state.replace(" ", "-")}` }, session.state)),
    element("td", { "data-label": "Events", class: "number" }, String(session.events)),
    element("td", { "data-label": "Session", class: "sid" }, session.session),
  );
}

function fits(session) {
  const [text, technician, state, from, to] = filters.map((filter) => filter.value.trim());
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = `${session.session} ${session.technicians.join(" ")} ${session.state} ${session.started ?? ""}`.toLowerCase();
  // The day here, as the list shows it; this locale writes it as 2026-01-31.
  const day = session.started ? new Date(session.started).toLocaleDateString("sv") : "";
  return words.every((word) => all.includes(word)) && (!technician || session.technicians.includes(technician))
    && (!state || session.state === state) && (!from || day >= from) && (!to || (day !== "" && day <= to));
}

function draw() {
  const shown = sessions.filter(fits);
  table.tBodies[0].replaceChildren(...shown.map(row));
  table.hidden = shown.length === 0;
  message.hidden = true;
  count.textContent = shown.length === sessions.length ? `${sessions.length}` : `${shown.length} of ${sessions.length}`;
  if (sessions.length === 0) show(message, "This store holds no sessions yet. When a session is recorded, reload this page.");
  else if (shown.length === 0) show(message, "No session fits these filters.");
}

for (const filter of filters) filter.addEventListener("input", draw);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !/INPUT|SELECT/.test(event.target.tagName)) {
    event.preventDefault();
    filters[0].focus();
  }
});

try {
  sessions = await json("/api/sessions");
  const names = [...new Set(sessions.flatMap((session) => session.technicians))].sort();
  filters[1].append(...names.map((name) => element("option", { value: name }, name)));
  draw();
} catch (error) {
  show(message, error.message);
}
document.documentElement.dataset.ready = "yes";
