// The messages of the open chat: bubbles, buttons, changes in place.

import { rich } from "./rich.js";
import { at, el, hour } from "./small.js";

const scroll = at("scroll");
const list = at("messages");
const below = at("below");
const above = at("above");
let waiting = 0;
let following = true; // new messages keep the end in view
let stood = 0; // where we were at the last scroll, and how much there was
let height = 0;
let asked = 0; // until when the next new message is taken for the answer to what a person has just asked

const ANSWER_WITHIN = 4000; // milliseconds

const key = (message) => `m${message.chat.id}-${message.message_id}`;
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 90;

export function toEnd(smooth = false) {
  waiting = 0;
  following = true;
  below.hidden = true;
  scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
}

/** A person has sent or pressed something: the view goes to the answer, from its first line. */
export function ask() {
  asked = Date.now() + ANSWER_WITHIN;
}

function toAnswer(node) {
  asked = 0;
  const question = node.previousElementSibling;
  const first = question?.classList.contains("mine") ? question : node;
  const top = first.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop - 12;
  if (scroll.scrollHeight - top <= scroll.clientHeight) { toEnd(true); return; }
  following = false; // the answer is longer than the view: it is read from its beginning
  scroll.scrollTo({ top, behavior: "smooth" });
}

below.addEventListener("click", () => toEnd(true));
scroll.addEventListener("scroll", () => {
  // Only a person scrolls up; when the content shrinks, the browser moves us.
  if (scroll.scrollTop < stood && scroll.scrollHeight >= height) following = false;
  else if (atEnd()) { following = true; waiting = 0; below.hidden = true; }
  stood = scroll.scrollTop;
  height = scroll.scrollHeight;
  if (!following && !above.hidden && !isAbove(document.getElementById(hidden))) above.hidden = true;
}, { passive: true });

/** Shows a whole chat. */
export function showAll(messages, me, act) {
  list.replaceChildren();
  above.hidden = true;
  if (!messages.length) list.append(el("li", "empty", "No messages yet. Type / for the bot's commands."));
  for (const message of messages) place(message, me, act);
  toEnd();
}

/** Adds a message, or changes it where it stands. */
export function show(message, me, act, { edited = false } = {}) {
  const mine = message.from?.id === me;
  const follow = following || mine;
  list.querySelector(".typing")?.remove();
  const known = document.getElementById(key(message));
  place(message, me, act);
  if (known && edited) flash(message);
  if (mine && !known) ask();
  if (!mine && !known && Date.now() < asked && !message.reply_to_message) toAnswer(document.getElementById(key(message)));
  else if (follow) toEnd(!known);
  else if (!known) {
    waiting += 1;
    at("below-count").textContent = waiting;
    below.hidden = false;
  }
}

let hidden = null; // the message above that changed last
let hinted = 0;
const HINT = 8000; // milliseconds that the hint stands over the text

// Whether a message lies above what is seen, or will be once a scroll to the end is over.
function isAbove(node) {
  if (!node) return false;
  const top = following ? scroll.scrollHeight - scroll.clientHeight : scroll.scrollTop;
  const bottom = node.getBoundingClientRect().bottom - scroll.getBoundingClientRect().top + scroll.scrollTop;
  return bottom < top + 40;
}

function hint(node) {
  if (!isAbove(node)) return;
  hidden = node.id;
  above.hidden = false;
  clearTimeout(hinted);
  hinted = setTimeout(() => { above.hidden = true; }, HINT);
}

above.addEventListener("click", () => {
  const node = document.getElementById(hidden);
  above.hidden = true;
  following = false;
  node?.scrollIntoView({ block: "center", behavior: "smooth" });
  if (node) light(node);
});

function flash(message) {
  const node = document.getElementById(key(message));
  light(node);
  hint(node);
}

function light(node) {
  node.classList.remove("changed");
  void node.offsetWidth; // restarts the animation
  node.classList.add("changed");
}

export function remove(chat, number) {
  document.getElementById(`m${chat}-${number}`)?.remove();
}

export function typing() {
  if (list.querySelector(".typing")) return;
  const node = el("li", "theirs typing");
  const bubble = el("div", "bubble");
  bubble.append(el("i"), el("i"), el("i"));
  node.append(bubble);
  list.append(node);
  if (following) toEnd();
  setTimeout(() => node.remove(), 5000);
}

function place(message, me, act) {
  const node = bubbleOf(message, me, act);
  const known = document.getElementById(key(message));
  if (known) {
    known.replaceChildren(...node.childNodes);
    known.className = node.className;
    return;
  }
  list.querySelector(".empty")?.remove();
  dayLine(message);
  list.append(node);
}

function dayLine(message) {
  const day = new Date(message.date * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
  if (list.dataset.day === day && list.childElementCount) return;
  list.dataset.day = day;
  list.append(el("li", "day", day));
}

function bubbleOf(message, me, act) {
  const mine = message.from?.id === me;
  const node = el("li", mine ? "mine" : "theirs");
  node.id = key(message);
  const service = message.migrate_to_chat_id || message.migrate_from_chat_id;
  if (service) { node.className = "day"; node.textContent = "The group became a supergroup"; return node; }
  const bubble = el("div", "bubble");
  if (message.chat.type !== "private" && !mine) bubble.append(el("div", "sender", message.from?.first_name ?? ""));
  if (message.reply_to_message) bubble.append(reply(message.reply_to_message));
  if (message.photo) {
    const picture = el("img", "photo");
    picture.src = `/page/photo/${encodeURIComponent(message.photo.at(-1).file_id)}`;
    picture.alt = message.caption ?? "Picture";
    bubble.append(picture);
  }
  const text = el("div", "text");
  text.dir = "auto";
  text.append(rich(message.text ?? message.caption ?? "", message.entities ?? message.caption_entities, act));
  bubble.append(text, foot(message));
  node.append(bubble);
  if (message.reply_markup) node.append(keyboard(message, act));
  return node;
}

function reply(message) {
  const quote = el("button", "reply");
  quote.type = "button";
  quote.append(el("b", "", message.from?.first_name ?? ""), el("span", "", (message.text ?? message.caption ?? "Picture").split("\n")[0]));
  quote.addEventListener("click", () => {
    const node = document.getElementById(key(message));
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    if (node) light(node);
  });
  return quote;
}

function foot(message) {
  const line = el("div", "foot");
  if (message.edit_date) line.append(el("span", "edited", `edited ${hour(message.edit_date)}`));
  const time = el("time", "", hour(message.date));
  time.dateTime = new Date(message.date * 1000).toISOString();
  line.append(time);
  return line;
}

function keyboard(message, act) {
  const box = el("div", "keyboard");
  for (const row of message.reply_markup.inline_keyboard) {
    const line = el("div", "keys");
    for (const button of row) line.append(keyOf(button, message, act));
    box.append(line);
  }
  return box;
}

function keyOf(button, message, act) {
  if (button.url) {
    const link = el("a", "key", button.text);
    link.href = /^(https?|tg):/i.test(button.url) ? button.url : "#";
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.append(el("span", "arrow", "↗"));
    link.addEventListener("click", (event) => act.link(button.url, event));
    return link;
  }
  const node = el("button", "key", button.text);
  node.type = "button";
  node.dataset.data = button.callback_data ?? "";
  node.addEventListener("click", async () => {
    node.classList.add("busy");
    ask();
    await act.press(message, button.callback_data);
    node.classList.remove("busy");
  });
  return node;
}
