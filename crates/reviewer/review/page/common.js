// What both pages need: asking the program, making elements, telling times. Every text from a log becomes a text node and nothing else.

export async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" }).catch(() => null);
  if (!answer) throw new Error("The program that serves this page has ended. Start deskhand-review serve again and open its link.");
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  if (said?.error) throw new Error(said.error);
  throw new Error(answer.status === 403 ? "This page opens with the link that deskhand-review serve printed." : `The answer was ${answer.status}.`);
}

export async function json(path) {
  return (await ask(path)).json();
}

// An element with attributes and children; texts are text.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined).map(visible));
  return made;
}

// Characters that hide text or turn it around are written out, as the command line does.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

export function visible(child) {
  return typeof child === "string" ? child.replace(HIDDEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`) : child;
}

// Says something, as a sentence.
export function show(node, text) {
  const said = visible(text);
  node.textContent = said.charAt(0).toUpperCase() + said.slice(1);
  node.hidden = false;
}

// Milliseconds as 1:02:03.
export function span(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function local(text) {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : LOCAL.format(moment);
}
