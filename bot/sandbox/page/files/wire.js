// The wire: what the invented outlets publish, edit and delete, newest first.

import { rich } from "./rich.js";
import { at, el, hour } from "./small.js";

const list = at("posts");
const links = new Map();
const MARKS = { copy: "copy", noise: "unrelated", digest: "digest" };

/** Shows posts; those that stand already change in place. */
export function tell(posts, act, { fresh = true } = {}) {
  for (const post of posts) {
    const node = postOf(post, act);
    const known = document.getElementById(node.id);
    links.set(post.link, node.id);
    if (known) {
      known.replaceWith(node);
      node.classList.add("changed");
    } else {
      list.prepend(node);
      if (fresh) node.classList.add("arrived");
    }
  }
  at("wire-count").textContent = list.childElementCount;
}

export function clear() {
  list.replaceChildren();
  links.clear();
}

/** Brings the post behind a link into view; false where the link is none of the wire's. */
export function find(url) {
  const node = document.getElementById(links.get(url.replace(/[?#].*$/, "").replace(/\/$/, "")) ?? "");
  if (!node) return false;
  document.querySelector("[data-filter=all]").click();
  node.scrollIntoView({ block: "center", behavior: "smooth" });
  node.classList.remove("found");
  void node.offsetWidth;
  node.classList.add("found");
  return true;
}

function postOf(post, act) {
  const node = el("li", `post ${post.post_kind}`);
  node.id = `p-${post.name}`;
  if (post.deleted) node.classList.add("deleted");
  const head = el("div", "post-head");
  const face = el("span", "face small", [...post.outlet][0]);
  face.dataset.hue = [...post.outlet].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  const time = el("time", "", hour(post.at));
  head.append(face, el("b", "", post.outlet), el("span", "form", `${post.language} · ${post.form}`), time);
  node.append(head);
  const marks = el("div", "marks");
  if (post.forward) marks.append(el("span", "mark", `forwarded from ${post.forward}`));
  else if (MARKS[post.post_kind]) marks.append(el("span", "mark", MARKS[post.post_kind]));
  if (post.edited) marks.append(el("span", "mark edit", `edited ${hour(post.edited)}`));
  if (post.deleted) marks.append(el("span", "mark gone", "deleted by its source"));
  if (post.album) marks.append(el("span", "mark", `${post.album} pictures`));
  if (marks.childElementCount) node.append(marks);
  if (post.title) node.append(el("h2", "", post.title));
  const text = el("div", "text");
  text.dir = "auto";
  text.append(rich(post.text, post.entities, act));
  node.append(text);
  return node;
}

for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    list.dataset.filter = button.dataset.filter;
    for (const other of document.querySelectorAll(".filter button")) other.setAttribute("aria-pressed", String(other === button));
  });
}
