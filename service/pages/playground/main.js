// The page: which view is shown, whether the service answers, and the keys that it asks for.

import { Api } from "./api.js";
import { byId } from "./dom.js";
import { Files } from "./files.js";
import { readLink } from "./link.js";
import { Models } from "./models.js";
import { Try } from "./try.js";

const api = new Api();
const onError = (error) => {
  if (error.aboutKeys) byId("key-button").classList.add("wanted");
  else showModel();
};
const trying = new Try(api, { onError });
const openText = (text) => { location.hash = "#try"; trying.open({ text }); byId("text").focus(); };
const files = new Files(api, { onError, openText });
const models = new Models(api, { onError: () => {}, onSwitch: showModel, text: () => trying.text });

/** Shows the view that the address names, with the text that it may hold. */
function follow() {
  const { view, text, overflow } = readLink(location.hash);
  for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== view;
  for (const link of byId("views").children) {
    if (link.hash !== `#${view}`) {
      link.removeAttribute("aria-current");
      continue;
    }
    link.setAttribute("aria-current", "page");
    document.title = `${link.textContent} – Sentiment`;
  }
  if (text !== null) trying.open({ text, overflow });
  if (view === "models") models.show();
}

async function showModel() {
  const status = byId("status");
  try {
    const [model] = await api.models();
    status.className = model.ready ? "ready" : "troubled";
    status.textContent = model.ready ? `${model.name}, version ${model.version}` : `${model.name}: ${model.state}`;
    byId("key-button").classList.remove("wanted");
  } catch (error) {
    status.className = "troubled";
    status.textContent = error.aboutKeys ? "The service asks for a key" : "The service does not answer";
    byId("key-button").classList.toggle("wanted", error.aboutKeys);
  }
}

byId("key-button").addEventListener("click", () => byId("keys").showModal());
byId("keys").addEventListener("close", () => {
  const before = api.key;
  api.key = byId("api-key").value.trim();
  api.adminKey = byId("admin-key").value.trim();
  showModel();
  if (trying.text) trying.run();
  if (api.key !== before && !byId("models").hidden) models.show();
});
addEventListener("hashchange", follow);

byId("views").hidden = byId("key-button").hidden = false;
follow();
showModel();
