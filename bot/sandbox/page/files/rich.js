// Text with Bot API entities → DOM. Offsets are UTF-16 units, which is what JavaScript strings count in.
// Everything is set as text; no markup of a message is ever read as HTML.

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", spoiler: "span",
};

const BLOCKS = new Set(["blockquote", "expandable_blockquote", "pre"]);

const safe = (url) => (/^(https?|tg|mailto):/i.test(url) ? url : null);

function shell(entity, shown, act) {
  const { type } = entity;
  if (type in TAGS) {
    const node = document.createElement(TAGS[type]);
    if (type === "spoiler") {
      node.className = "spoiler";
      node.addEventListener("click", () => node.classList.add("seen"));
    }
    if (type === "expandable_blockquote") {
      node.className = "fold";
      node.addEventListener("click", () => node.classList.toggle("open"));
    }
    if (type === "pre" && entity.language) node.dataset.language = entity.language;
    return node;
  }
  if (type === "bot_command") {
    const node = document.createElement("a");
    node.href = "#";
    node.className = "command";
    node.addEventListener("click", (event) => { event.preventDefault(); act.command?.(shown); });
    return node;
  }
  const url = type === "text_link" ? safe(entity.url)
    : type === "url" ? safe(shown.includes("://") ? shown : `https://${shown}`)
    : type === "mention" ? `https://t.me/${shown.slice(1)}` : null;
  if (url) {
    const node = document.createElement("a");
    node.href = url;
    node.target = "_blank";
    node.rel = "noopener noreferrer";
    node.addEventListener("click", (event) => act.link?.(url, event));
    return node;
  }
  const node = document.createElement("span");
  if (type === "hashtag" || type === "cashtag") node.className = "tag";
  return node;
}

/** Builds `text` with its entities, nested as they nest, into a fragment. */
export function rich(text, entities = [], act = {}) {
  const spans = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const whole = document.createDocumentFragment();
  const fill = (into, from, to, rest) => {
    let at = from;
    while (rest.length && rest[0].offset < to) {
      const entity = rest.shift();
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      if (end <= start) continue;
      into.append(text.slice(at, start));
      const node = shell(entity, text.slice(start, end), act);
      fill(node, start, end, rest);
      into.append(node);
      // The end of a block is the end of its line: the line break after it would show as an empty line.
      at = BLOCKS.has(entity.type) && text[end] === "\n" && end < to ? end + 1 : end;
      // What crossed the end of this one goes on after it.
      const over = entity.offset + entity.length;
      if (over > end) rest.unshift({ ...entity, offset: end, length: over - end });
    }
    into.append(text.slice(at, to));
  };
  // An inner entity that reaches beyond its outer one is cut in two first, so that nodes always nest.
  fill(whole, 0, text.length, cut(spans));
  return whole;
}

function cut(spans) {
  const pieces = [];
  const open = [];
  const queue = spans.map((span) => ({ ...span }));
  while (queue.length) {
    const span = queue.shift();
    while (open.length && open.at(-1) <= span.offset) open.pop();
    const limit = open.at(-1);
    const end = span.offset + span.length;
    if (limit !== undefined && end > limit) {
      const rest = { ...span, offset: limit, length: end - limit };
      span.length = limit - span.offset;
      const place = queue.findIndex((other) => other.offset > rest.offset || (other.offset === rest.offset && other.length < rest.length));
      queue.splice(place < 0 ? queue.length : place, 0, rest);
    }
    pieces.push(span);
    open.push(span.offset + span.length);
  }
  return pieces;
}
