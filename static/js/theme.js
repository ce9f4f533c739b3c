/* Runs before the page is drawn, so that a dark screen never flashes white. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    var wanted = root.dataset.theme;
    var isDark = wanted === "dark" || (wanted === "auto" && dark.matches);
    root.setAttribute("data-bs-theme", isDark ? "dark" : "light");
  }
  follow();
  dark.addEventListener("change", follow);
})();
