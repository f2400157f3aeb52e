// What Telegram's app hands to a page stands behind the "#" of its address, which no browser sends to a server.
const said = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
if (said) {
  const form = document.getElementById("app");
  form.elements.said.value = said;
  form.submit();
}
