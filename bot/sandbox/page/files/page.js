// Joins the parts: the stream of changes from the server, the chats, the wire, the clock, and what a person does.

import * as chat from "./chat.js";
import * as wire from "./wire.js";
import { at, el, hour, post } from "./small.js";

const world = { me: 0, bot: {}, chats: [], messages: {}, commands: [], unread: {}, open: { chat: 0, thread: null }, minutes: 180 };
const text = at("text");
const menu = at("menu");

// --- what a person does ---------------------------------------------------------------------------------------------

async function send(words, where = world.open) {
  if (!words.trim()) return;
  await post("/page/send", { chat: where.chat, thread: where.thread, text: words });
}

async function press(message, data) {
  const answer = await post("/page/press", { chat: message.chat.id, message: message.message_id, data });
  if (answer === undefined) toast("That button is gone.");
  else if (answer === null) toast("The bot did not answer in time.");
  else if (answer.alert) { at("alert").querySelector("p").textContent = answer.text; at("alert").showModal(); }
  else if (answer.text) toast(answer.text);
}

function link(url, event) {
  const start = new RegExp(`^(?:https?://)?t\\.me/${world.bot.username}\\?start=([A-Za-z0-9_-]{1,64})$`, "i").exec(url);
  if (start) {
    event.preventDefault();
    openChat({ chat: world.me, thread: null });
    send(`/start ${start[1]}`);
  } else if (!event.ctrlKey && !event.metaKey && wire.find(url)) {
    event.preventDefault();
    document.body.dataset.view = "wire";
  } else if (/^https?:\/\/(t\.me\/\w+_demo\b|[\w-]+\.example\b)/i.test(url)) {
    event.preventDefault(); // an invented address: there is nothing behind it
    toast("This address is invented; the post is not on the wire any more.");
  }
}

const act = { press, link, command: (words) => send(words) };

let toastEnds = 0;
function toast(words) {
  at("toast").textContent = words;
  at("toast").hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { at("toast").hidden = true; }, 3500);
}

// --- chats ----------------------------------------------------------------------------------------------------------

const threadOf = (message) => message.message_thread_id ?? null;
const inOpen = (message) => message.chat.id === world.open.chat && threadOf(message) === world.open.thread;
const place = (where) => `${where.chat}:${where.thread ?? 0}`;

function rows() {
  return world.chats.flatMap((one) => [
    { chat: one.id, thread: null, title: one.title, type: one.type },
    ...Object.entries(one.topics ?? {}).map(([thread, name]) => ({ chat: one.id, thread: Number(thread), title: `${one.title} › ${name}`, type: "topic" })),
  ]);
}

function drawChats() {
  at("chats").replaceChildren(...rows().map((row) => {
    const node = el("button", "chat-row");
    node.type = "button";
    node.setAttribute("aria-current", String(place(row) === place(world.open)));
    const newest = (world.messages[row.chat] ?? []).filter((message) => threadOf(message) === row.thread).at(-1);
    const words = el("span", "chat-words");
    words.append(el("b", "", row.title), el("small", "", newest ? (newest.text ?? newest.caption ?? "Picture").split("\n")[0] : "no messages yet"));
    const face = el("span", "face", [...row.title][0]);
    face.dataset.hue = row.type === "private" ? 0 : 3;
    const side = el("span", "chat-side");
    if (newest) side.append(el("time", "", hour(newest.edit_date ?? newest.date)));
    const count = world.unread[place(row)] ?? 0;
    if (count) side.append(el("i", "unread", String(count)));
    node.append(face, words, side);
    node.addEventListener("click", () => openChat(row));
    return node;
  }));
  const total = Object.values(world.unread).reduce((sum, count) => sum + count, 0);
  at("tab-unread").hidden = !total;
  at("tab-unread").textContent = total;
  document.title = total ? `(${total}) Wirewatch – demo` : "Wirewatch – demo";
}

function openChat(where) {
  world.open = { chat: where.chat, thread: where.thread };
  delete world.unread[place(world.open)];
  const row = rows().find((one) => place(one) === place(world.open));
  at("chat-title").textContent = row?.title ?? "";
  at("chat-note").textContent = row?.type === "private" ? "bot · alerts change in place" : "group, you are its owner";
  at("face").textContent = [...(row?.title ?? " ")][0];
  at("face").dataset.hue = row?.type === "private" ? 0 : 3;
  chat.showAll((world.messages[world.open.chat] ?? []).filter(inOpen), world.me, act);
  document.body.dataset.view = "chat";
  drawChats();
}

const looking = () => !document.hidden && (document.body.dataset.view === "chat" || matchMedia("(min-width: 821px)").matches);

function keep(message) {
  const messages = (world.messages[message.chat.id] ??= []);
  const place = messages.findIndex((one) => one.message_id === message.message_id);
  if (place < 0) messages.push(message);
  else messages[place] = message;
}

// --- the stream -------------------------------------------------------------------------------------------------------

const told = {
  whole(event) {
    Object.assign(world, { me: event.me, bot: event.bot, chats: event.chats, messages: event.messages, commands: event.commands });
    world.minutes = event.story.minutes;
    wire.clear();
    wire.tell(event.posts, act, { fresh: false });
    clock(event);
    const again = rows().some((row) => place(row) === place(world.open));
    const view = document.body.dataset.view;
    openChat(again ? world.open : { chat: world.me, thread: null });
    document.body.dataset.view = view;
  },
  message(event) {
    keep(event.message);
    if (inOpen(event.message)) chat.show(event.message, world.me, act);
    if (event.message.from?.id !== world.me && !(inOpen(event.message) && looking())) {
      const where = place({ chat: event.message.chat.id, thread: threadOf(event.message) });
      world.unread[where] = (world.unread[where] ?? 0) + 1;
    }
    drawChats();
  },
  edited(event) {
    keep(event.message);
    if (inOpen(event.message)) chat.show(event.message, world.me, act, { edited: true });
    drawChats();
  },
  deleted(event) {
    world.messages[event.chat] = (world.messages[event.chat] ?? []).filter((one) => one.message_id !== event.message);
    chat.remove(event.chat, event.message);
    drawChats();
  },
  action(event) {
    if (event.chat === world.open.chat && (event.thread ?? null) === world.open.thread) chat.typing();
  },
  chats(event) { world.chats = event.chats; drawChats(); },
  commands(event) { world.commands = event.commands; },
  wire(event) { wire.tell(event.posts, act); },
  clock(event) { clock(event); },
};

function listen() {
  const stream = new EventSource("/page/stream");
  stream.onmessage = (event) => {
    const change = JSON.parse(event.data);
    document.body.classList.remove("away");
    told[change.kind]?.(change);
  };
  stream.onerror = () => document.body.classList.add("away");
}

// --- the clock ----------------------------------------------------------------------------------------------------------

function clock({ now, minute, speed }) {
  const shown = hour(now);
  at("clock").textContent = shown;
  at("mini-clock").textContent = shown;
  const pace = speed > 1 ? `${speed}×` : speed ? "live" : "waiting";
  at("speed").textContent = pace;
  at("mini-speed").textContent = pace;
  document.body.dataset.pace = speed > 1 ? "fast" : "live";
  at("progress").style.width = `${Math.min(100, Math.max(0, (minute / world.minutes) * 100))}%`;
  const left = Math.ceil((world.minutes - minute) * 60 / (speed || 60));
  at("clock-note").textContent = speed > 1 && left > 0
    ? `Three hours of news in three minutes; ${left} s to go. Times are UTC.`
    : speed ? "The story is told; start the demo again to see it anew. Times are UTC." : "The bot is taking its first look.";
}

// --- commands -------------------------------------------------------------------------------------------------------------

let chosen = 0;

function drawMenu(open = text.value.startsWith("/")) {
  const asked = text.value.slice(1).split(" ")[0].toLowerCase();
  const found = world.commands.filter((one) => one.command.startsWith(asked));
  menu.hidden = !open || !found.length || text.value.includes(" ");
  chosen = Math.min(chosen, Math.max(found.length - 1, 0));
  menu.replaceChildren(...found.map((one, number) => {
    const row = el("button", "menu-row");
    row.type = "button";
    row.role = "option";
    row.setAttribute("aria-selected", String(number === chosen));
    row.append(el("b", "", `/${one.command}`), el("span", "", one.description));
    row.addEventListener("mousedown", (event) => { event.preventDefault(); take(one.command); });
    return row;
  }));
  return found;
}

function take(command) {
  menu.hidden = true;
  text.value = "";
  send(`/${command}`);
}

at("menu-button").addEventListener("click", () => {
  if (!menu.hidden) { menu.hidden = true; return; }
  text.value = "/";
  text.focus();
  drawMenu();
});
text.addEventListener("input", () => { chosen = 0; drawMenu(); });
text.addEventListener("blur", () => { menu.hidden = true; });
text.addEventListener("keydown", (event) => {
  if (menu.hidden) return;
  const count = menu.childElementCount;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
    drawMenu();
  } else if (event.key === "Escape") {
    menu.hidden = true;
  } else if (event.key === "Tab") {
    event.preventDefault();
    text.value = menu.children[chosen].querySelector("b").textContent + " ";
    drawMenu();
  }
});
at("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value;
  const partial = !menu.hidden && !world.commands.some((one) => `/${one.command}` === words.trim());
  text.value = "";
  const command = partial ? menu.children[chosen]?.querySelector("b").textContent : null;
  menu.hidden = true;
  send(command ?? words);
});

for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => {
    openChat({ chat: world.me, thread: null });
    send(button.dataset.say);
  });
}

for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    document.body.dataset.view = button.dataset.show;
    if (button.dataset.show === "chat") { delete world.unread[place(world.open)]; drawChats(); chat.toEnd(); }
  });
}
// Beside the drawer of chats, a click anywhere else closes it.
document.querySelector(".talk").addEventListener("click", (event) => {
  if (document.body.dataset.view === "chats" && !event.target.closest("[data-show]")) document.body.dataset.view = "chat";
});
document.addEventListener("visibilitychange", () => {
  if (looking()) { delete world.unread[place(world.open)]; drawChats(); }
});

listen();
