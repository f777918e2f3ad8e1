"use strict";
function notify(title, text, bad) {
  const toast = document.createElement("div");
  toast.className = bad ? "toast bad" : "toast";
  toast.append(Object.assign(document.createElement("b"), { textContent: title }), text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), 6000);
}
async function runAction(trigger, url) {
  const safe = /Reset|EnableLogin/.test(trigger);
  if (!safe && !confirm("This is not a reset link. Go on?")) return;
  try {
    const named = typeof url === "number" ? `index.php?module=Users&parent=Settings&action=SendResetLink&record=${url}` : url;
    const response = await fetch(named, {
      method: "POST",
      headers: { "X-Requested-With": "XMLHttpRequest" },
      body: new URLSearchParams({ __vtrftk: csrfMagicToken }),
    });
    const answer = JSON.parse(await response.text());
    if (answer.success) notify("Success", answer.result.message, false);
    else notify("Error", answer.error.message, true);
  } catch (problem) {
    notify("Error", "The CRM gave no usable answer. Is your session over?", true);
  }
}
const actions = new Proxy({}, { get: (_, trigger) => (url) => runAction(trigger, url) });
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
