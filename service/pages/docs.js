// Sends what a form on the page says, and shows the answer under it.
"use strict";

async function send(form) {
  const headers = {};
  let path = form.dataset.path;
  for (const field of form.querySelectorAll("input[data-in]")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else if (field.value) headers[field.name] = field.value;
  }
  const key = document.getElementById("key").value;
  if (key) headers["X-API-Key"] = key;
  const body = form.elements.body?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  // Relative to the page, so that it works behind a proxy that adds a prefix too.
  const response = await fetch(path.slice(1), { method: form.dataset.method, headers, body });
  const text = await response.text();
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return `${response.status} ${response.statusText}\n${head}\n\n${indented(text)}`;
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = document.createElement("pre");
    shown.textContent = await send(form).catch(String);
    form.querySelector("output").replaceChildren(shown);
  });
}

// A link to an operation opens it.
function open() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener("hashchange", open);
open();
