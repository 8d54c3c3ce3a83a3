// What the pages for coming in need: the secret of a one-time link, which stands behind the `#` so that no server logs it.

const field = document.querySelector("[data-from-fragment]");
if (field && !field.value && location.hash.length > 1) {
  field.value = location.hash.slice(1);
  // It is not to stay in the history of the browser.
  history.replaceState(null, "", location.pathname);
}
