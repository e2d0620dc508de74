// What the other scripts share.

export const at = (id) => document.getElementById(id);

export function el(tag, name = "", text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text) node.textContent = text;
  return node;
}

/** `HH:MM` in UTC, from seconds since 1970. */
export const hour = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);

export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return answer.ok ? answer.json() : undefined;
}
