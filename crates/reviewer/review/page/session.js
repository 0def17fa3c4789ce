// One session: its timeline beside its picture, one clock for both.
import { element, json, local, show, span, visible } from "./common.js";
import { Clock } from "./clock.js";
import { Picture } from "./picture.js";
import { Timeline } from "./timeline.js";

const byId = (id) => document.getElementById(id);
const base = `/api/sessions/${location.pathname.split("/").pop()}`;
const [play, seek, label, speed, skip, state, find, list] = ["play", "seek", "clock", "speed", "skip", "state", "find", "events"].map(byId);

const title = (text) => {
  byId("title").textContent = visible(text);
  document.title = `${visible(text)} – Deskhand review`;
};

async function timeline(jump) {
  const told = await json(base);
  const made = new Timeline(list, told.events, jump);
  const names = [...new Set(told.events.filter((event) => event.name).map((event) => event.name))];
  title(names.length ? names.join(", ") : "Nobody joined");
  const first = told.events[0];
  const about = [first ? local(first.t) : "no event", told.live ? "still running" : null, location.pathname.split("/").pop()];
  byId("about").textContent = about.filter(Boolean).join(" · ");
  byId("who").replaceChildren(...made.filters());
  if (told.broken) show(byId("message"), `The log cannot be read any further: ${told.broken}`);
  else if (!first) show(byId("message"), "This session has no events.");
  return { made, events: told.events };
}

async function verdict() {
  const badge = byId("verdict");
  try {
    const said = await json(`${base}/verdict`);
    byId("word").textContent = said.verdict;
    const partly = said.verdict.startsWith("OK-UNILATERAL");
    badge.classList.add(!said.stands ? "bad" : partly ? "partly" : "good");
    byId("sentence").textContent = visible(said.sentence);
    byId("reasons").replaceChildren(...said.reasons.map((reason) => element("li", {}, reason)));
    badge.open = !said.stands;
  } catch (error) {
    byId("word").textContent = "not verified";
    show(byId("sentence"), error.message);
    badge.classList.add("bad");
  }
}

// Lines on the bar: what somebody did, and where there is no picture.
function marks(events, made, recording) {
  const place = (ms) => `${(100 * ms) / Math.max(1, recording.end_ms)}%`;
  const drawn = [...recording.gaps.map(([from, to]) => [from, to, "gap"]), ...recording.idle.map(([from, to]) => [from, to, "idle"])];
  const parts = drawn.map(([from, to, kind]) => {
    const part = element("i", { class: kind });
    [part.style.left, part.style.width] = [place(from), place(to - from)];
    return part;
  });
  const people = events.filter((event) => event.actor === "customer" || event.actor === "technician" || event.severity !== "informational");
  const lines = people.map((event) => {
    const line = element("i", { class: `mark ${made.people.get(made.who(event))?.tone ?? "host"}` });
    line.style.left = place(event.ms);
    return line;
  });
  byId("marks").replaceChildren(...parts, ...lines);
}

// Whether a key belongs to what has the focus: words to a search, Space to a button. Events are buttons too, but Enter is enough for them.
function taken(event) {
  const { tagName, type, classList } = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || tagName === "SELECT" || (tagName === "INPUT" && type === "search")) return true;
  return event.key === " " && (/^(BUTTON|SUMMARY|A)$/.test(tagName) || type === "checkbox") && event.target !== play && !classList.contains("event");
}

function keys(clock, made) {
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && !taken(event)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return event.target.blur();
    if (taken(event)) return;
    const jump = event.shiftKey ? 60_000 : 5_000;
    const actions = {
      " ": () => clock.toggle(),
      ArrowLeft: () => clock.to(clock.ms - jump),
      ArrowRight: () => clock.to(clock.ms + jump),
      ArrowUp: () => clock.to(made.beside(clock.ms, -1) ?? 0),
      ArrowDown: () => clock.to(made.beside(clock.ms, 1) ?? clock.end),
      Home: () => clock.to(0),
      End: () => clock.to(clock.end),
      "/": () => find.focus(),
    };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });
}

async function watch(events, made, first) {
  const recording = await json(`${base}/recording`);
  const picture = new Picture(byId("picture"), state, base);
  const moved = (ms) => {
    seek.value = ms;
    seek.setAttribute("aria-valuetext", span(ms));
    label.textContent = `${span(ms)} / ${span(recording.end_ms)}`;
    play.textContent = clock.playing ? "Pause" : "Play";
    made.at(ms);
    picture.to(ms);
  };
  const clock = new Clock(recording.end_ms, recording.idle, moved);
  seek.max = recording.end_ms;
  seek.disabled = play.disabled = false;
  seek.addEventListener("input", () => clock.to(Number(seek.value)));
  play.addEventListener("click", () => clock.toggle());
  speed.addEventListener("change", () => { clock.speed = Number(speed.value); });
  skip.addEventListener("change", () => { clock.skip = skip.checked; });
  marks(events, made, recording);
  keys(clock, made);
  if (recording.updates === 0 && recording.gaps.length === 0) show(state, "Nothing was recorded in this session.");
  clock.to(first() ?? recording.first_ms ?? 0);
  return clock;
}

let clock = null;
let wanted = null;
find.closest("form").addEventListener("submit", (event) => event.preventDefault());
try {
  const checked = verdict();
  const { made, events } = await timeline((ms) => (clock ? clock.to(ms) : (wanted = ms)));
  find.addEventListener("input", () => made.search(find.value));
  try {
    clock = await watch(events, made, () => wanted);
  } catch (error) {
    show(state, error.message);
    byId("picture").classList.add("veiled");
  }
  await checked;
} catch (error) {
  title("This session cannot be shown");
  show(byId("message"), error.message);
  state.hidden = true;
}
document.documentElement.dataset.ready = "yes";
