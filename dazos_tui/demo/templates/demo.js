"use strict";
function notify(title, text, bad) {
  const toast = document.createElement("div");
  toast.className = bad ? "toast bad" : "toast";
  toast.append(Object.assign(document.createElement("b"), { textContent: title }), text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), 6000);
}
function requestOf(trigger, target) {
  const headers = { "X-Requested-With": "XMLHttpRequest" };
  const known = itemRequests[trigger];
  if (typeof target !== "number" || !known)
    return [target, { method: "POST", headers, body: new URLSearchParams({ __vtrftk: csrfMagicToken }) }];
  const fields = { ...known.fields, [known.recordField]: String(target) };
  if (known.body === "form") {
    const body = new URLSearchParams({ __vtrftk: csrfMagicToken, ...fields });
    return [known.address, { method: "POST", headers, body }];
  }
  const json = { ...headers, "Content-Type": "application/json", "X-CSRF-Token": csrfMagicToken };
  return [known.address, { method: "POST", headers: json, body: JSON.stringify(fields) }];
}
async function runAction(trigger, target) {
  const safe = /Reset|EnableLogin/i.test(trigger);
  if (!safe && !confirm("This is not a reset link. Go on?")) return;
  try {
    const response = await fetch(...requestOf(trigger, target));
    const answer = JSON.parse(await response.text());
    if (answer.success || answer.status === "ok") notify("Success", (answer.result || answer.data).message || answer.data.text, false);
    else notify("Error", (answer.error || {}).message || answer.data.text, true);
  } catch (problem) {
    notify("Error", "The CRM gave no usable answer. Is your session over?", true);
  }
}
const actions = new Proxy({}, { get: (_, trigger) => (target) => runAction(trigger, target) });
const Users_Detail_Js = actions, Settings_Users_List_Js = actions;
function searchUsers(form) {
  const text = form.elements.q.value.trim();
  const either = ["first_name", "last_name", "email1", "user_name"].map((field) => [field, "c", text]);
  const query = new URLSearchParams(location.search);
  query.delete("page");
  if (text) query.set("search_params", JSON.stringify([[], either])); else query.delete("search_params");
  location.search = query;
  return false;
}
document.addEventListener("click", (event) => {
  const toggle = event.target.closest(".dropdown-toggle");
  const own = toggle && toggle.closest(".dropdown");
  for (const open of document.querySelectorAll(".dropdown.open")) if (open !== own) open.classList.remove("open");
  if (own) own.classList.toggle("open");
});
