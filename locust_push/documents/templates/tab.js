"use strict";

// Locust's own choice of a theme; a change there is an event in every other page of the same origin.
function followTheme() {
  document.documentElement.style.colorScheme = localStorage.theme || "";
}
followTheme();
addEventListener("storage", followTheme);

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch("locust-push/state").catch(() => null);
  // A login page comes with a redirect, and is not shown here.
  if (answer?.ok && !answer.redirected) document.getElementById("state").innerHTML = await answer.text();
}
setInterval(refresh, 2000);
