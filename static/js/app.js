/* What pages do beyond links and forms. Everything works without it; it adds keys, ticks and guards.

   Data attributes a template may use:
     data-rows            a table whose rows j and k walk and Enter opens (the row's a.lk)
     data-key="p"         the key that presses this link or button; data-next is n's
     data-outcome="3"     pressed by the digit
     data-go="a"          followed by g then the letter
     data-toggle="id"     a link whose answer opened in #id; pressed again it closes
     data-guard           a form that warns when left with unsaved words
     data-focus           takes the focus when it arrives (once a page, or after an htmx swap)
     data-fill, data-target   writes its value into a field (likely amounts)
     data-waits           its answer changes what keys mean: keys after it wait until it is there
     data-call            a call is open on this page; leaving it asks
     data-dial            a tel: link that works once
     data-current="id"    of the buttons in #id, the one of this field's value is the current one
*/
(function () {
  "use strict";
  var doc = document, body = doc.body;
  function $(selector, root) { return (root || doc).querySelector(selector); }
  function $$(selector, root) { return Array.prototype.slice.call((root || doc).querySelectorAll(selector)); }
  function isTyping(node) {
    return node && (node.isContentEditable || node.tagName === "TEXTAREA" || node.tagName === "SELECT" ||
      (node.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(node.type)));
  }
  function isShown(node) { return !!(node && node.getClientRects().length && !node.disabled); }
  function say(text) { var live = $("#live"); if (live) { live.textContent = text; } }

  /* ---------- keys ---------- */
  var shortcuts = body.dataset.shortcuts === "on";
  var afterG = 0, BY_KEY = "opened-by-key";

  /* Who types faster than the server answers gets what he would get from a server that needs no time.
     Keys pressed while a fragment that changes their meaning is on its way (data-waits) are held and
     then go where they would have gone. Keys pressed while another page is on its way go nowhere:
     they would act on the account that is being left. Escape ends both. */
  var awaited = null, held = [], leftAt = 0;
  var LEAVING = 5000; // ms; a download leaves no page, and its keys must come back
  function leave() { leftAt = Date.now(); giveUpWaiting(); }
  function isLeaving() { return Date.now() - leftAt < LEAVING; }
  function giveUpWaiting() { awaited = null; held = []; }
  function goOn() {
    awaited = null;
    while (held.length && !awaited) { replay(held.shift()); }
  }
  function replay(key) {
    var field = doc.activeElement;
    if (!isTyping(field)) { pressKey(key); return; }
    if (field.tagName === "SELECT" || field.selectionStart === null) { return; }
    field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function rowsTable() {
    return $("tr.cur") ? $("tr.cur").closest("table") : $$("table[data-rows]").filter(isShown)[0];
  }
  function moveRow(step) {
    var table = rowsTable();
    if (!table) { return false; }
    var rows = $$("tbody tr", table).filter(function (row) { return isShown(row) && $("a.lk", row); });
    if (!rows.length) { return false; }
    var at = rows.indexOf($("tr.cur", table));
    var row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    rows.forEach(function (other) { other.classList.remove("cur"); });
    row.classList.add("cur");
    $("a.lk", row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    return true;
  }
  function press(selector) {
    var node = $$(selector).filter(isShown)[0];
    if (!node) { return false; }
    awaited = node.closest("[data-waits]");
    if (node.dataset.key && node.pathname) { window.sessionStorage.setItem(BY_KEY, node.pathname); }
    node.click();
    return true;
  }
  /* A form that a key opened is typed into at once. Opened by hand it takes no focus: on a phone that
     would push up the keyboard over what is to be read. Escape gives the keys back to the page. */
  function focusOpenedByKey() {
    var opened = window.sessionStorage.getItem(BY_KEY);
    window.sessionStorage.removeItem(BY_KEY);
    if (opened !== window.location.pathname) { return; }
    var typed = $$("form.form input, form.form textarea").filter(function (field) {
      return isTyping(field) && isShown(field) && !field.readOnly && field.type !== "file";
    })[0];
    if (typed) { typed.focus(); if (typed.value) { typed.select(); } }
  }
  function openHelp() {
    var help = $("#keys-help");
    if (help && help.showModal && !help.open) { help.showModal(); return true; }
    return false;
  }
  function escape() {
    var open = $$("details.drop[open]");
    if (open.length) {
      open.forEach(function (item) { item.open = false; });
      $("summary", open[open.length - 1]).focus();
      return true;
    }
    var ticked = $$("[data-bulk] input[name=ids]:checked");
    if (ticked.length) { clearTicks($("[data-bulk]")); return true; }
    return press("form a[data-back], a[data-escape], button[data-escape]");
  }

  doc.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      focusSearch();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    if ($("dialog[open]")) { return; }
    if (event.key === "Escape") {
      leftAt = 0;
      if (awaited) { giveUpWaiting(); event.preventDefault(); return; }
      if (event.target.closest && event.target.closest(".search")) { closeHits(); event.target.blur(); return; }
      if (isTyping(event.target) && event.target.value) { event.target.blur(); return; }
      if (escape()) { event.preventDefault(); }
      return;
    }
    if (!shortcuts || isTyping(event.target)) { return; }
    if (isLeaving()) { event.preventDefault(); return; }
    if (awaited && !awaited.isConnected) { goOn(); }
    if (awaited) {
      if (event.key.length === 1) { event.preventDefault(); held.push(event.key); }
      return;
    }
    if (pressKey(event.key, event)) { event.preventDefault(); }
  });
  /* Does what a key is for; true where it is for something. */
  function pressKey(key, event) {
    if (afterG && Date.now() - afterG < 1200) {
      afterG = 0;
      var there = /^[a-z]$/.test(key) && $('[data-go="' + key + '"]');
      if (there) { there.click(); }
      return !!there;
    }
    var done = false;
    if (key === "/") { focusSearch(); done = true; }
    else if (key === "?") { done = openHelp(); }
    else if (key === "g") { afterG = Date.now(); done = true; }
    else if (key === "j" || (key === "ArrowDown" && $("tr.cur"))) { done = moveRow(1); }
    else if (key === "k" || (key === "ArrowUp" && $("tr.cur"))) { done = moveRow(-1); }
    else if (key === "x" && $("tr.cur input[name=ids]")) { press("tr.cur input[name=ids]"); done = true; }
    else if (key === "n") { done = press("[data-next], [data-key=n]"); }
    else if (key === "u") { done = press("a[data-back]"); }
    else if (/^[1-9]$/.test(key)) { done = press('[data-outcome="' + key + '"]'); }
    else if (/^[a-z]$/.test(key)) { done = press('[data-key="' + key + '"]'); }
    else if (key === "Enter" && event && event.target === body) {
      done = $("tr.cur a.lk") ? press("tr.cur a.lk") : press("[data-key=Enter]");
    }
    return done;
  }

  /* ---------- a line that opens below its row ---------- */
  doc.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[data-toggle]");
    var cell = link && $("#" + link.dataset.toggle);
    if (!cell) { return; }
    link.setAttribute("aria-expanded", cell.hasChildNodes() ? "false" : "true");
    if (cell.hasChildNodes()) { cell.textContent = ""; event.preventDefault(); event.stopPropagation(); }
  }, true);

  /* ---------- search palette ---------- */
  var search = $("[data-search]"), box = search && $("input[name=q]", search), hits = $("#search-hits");
  function focusSearch() { if (box) { box.focus(); box.select(); } }
  function closeHits() {
    if (hits) { box.dataset.closed = "1"; hits.hidden = true; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); }
  }
  function options() { return hits ? $$("[role=option]", hits) : []; }
  function markOption(step) {
    var all = options(), at = all.findIndex(function (item) { return item.getAttribute("aria-selected") === "true"; });
    if (!all.length) { return; }
    var next = (at + step + all.length) % all.length;
    if (at === -1) { next = step > 0 ? 0 : all.length - 1; }
    mark(all[next]);
  }
  function mark(chosen) {
    options().forEach(function (item) { item.setAttribute("aria-selected", item === chosen ? "true" : "false"); });
    box.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
    return true;
  }
  if (box) {
    box.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown") { markOption(1); event.preventDefault(); }
      else if (event.key === "ArrowUp") { markOption(-1); event.preventDefault(); }
      else if (event.key === "Enter" && !hits.hidden) {
        var chosen = $("[aria-selected=true]", hits);
        if (chosen) { event.preventDefault(); chosen.click(); }
      }
    });
    box.addEventListener("input", function () { delete box.dataset.closed; if (!box.value.trim()) { closeHits(); } });
    doc.addEventListener("click", function (event) { if (!search.contains(event.target)) { closeHits(); } });
  }

  /* ---------- htmx ---------- */
  var marked = "";
  doc.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target === hits) {
      var chosen = $("[aria-selected=true]", hits);
      marked = chosen ? chosen.href : "";
    }
    if (event.detail.target === hits && (!box.value.trim() || box.dataset.closed)) { event.detail.shouldSwap = false; }
  });
  doc.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target === hits) {
      hits.hidden = false;
      if (marked) { options().some(function (item) { return item.href === marked && mark(item); }); }
      box.setAttribute("aria-expanded", "true");
    }
  });
  doc.addEventListener("htmx:afterSettle", function (event) {
    prepare(event.detail.elt);
    if (event.detail.target === hits) { return; }
    var wanted = $("[data-focus]", event.detail.elt);
    if (wanted) { take(wanted); }
  });
  /* Nothing jumps: what stands in view takes the keys where it stands. A bare focus() scrolls the page to
     where a sticky ending would stand without sticking. */
  function take(node) {
    node.focus({ preventScroll: true });
    if (node.select) { node.select(); }
    var box = node.getBoundingClientRect();
    if (!node.closest(".ending") || box.top < 0 || box.bottom > window.innerHeight) { node.scrollIntoView({ block: "nearest" }); }
  }
  doc.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt.hasAttribute("data-background")) { event.detail.headers["X-Background"] = "1"; }
  });
  doc.addEventListener("htmx:beforeRequest", function (event) {
    var elt = event.detail.requestConfig.elt;
    if (!awaited && elt.hasAttribute("data-waits")) { awaited = elt; }
  });
  doc.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status === 403 || event.detail.xhr.status === 404) { leave(); window.location.reload(); }
    else { tellFailure(event); }
  });
  doc.addEventListener("htmx:sendError", tellFailure);
  doc.addEventListener("htmx:timeout", tellFailure);
  function tellFailure(event) {
    var notice = $("#not-answered"), place = $("#messages");
    if (!notice || !place || isLeaving() || event.detail.requestConfig.elt.hasAttribute("data-background")) { return; }
    if (!$("[data-not-answered]", place)) { place.appendChild(notice.content.cloneNode(true)); }
  }
  doc.addEventListener("htmx:afterRequest", function (event) {
    var xhr = event.detail.xhr;
    if (xhr.getResponseHeader("HX-Redirect") || xhr.getResponseHeader("HX-Refresh")) { leave(); }
    else if (event.detail.successful) { $$("[data-not-answered]").forEach(function (item) { item.remove(); }); }
    if (awaited && event.detail.requestConfig.elt === awaited) { goOn(); }
  });

  /* ---------- forms ---------- */
  var dirty = null, leaving = null;
  /* A number is dialled once for a permit; after that it is a number to read. */
  doc.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[data-dial]");
    if (!link) { return; }
    window.setTimeout(function () { link.removeAttribute("href"); link.removeAttribute("data-key"); }, 0);
  });
  doc.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-guard")) { dirty = form; }
  });
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented) { return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      if (!(event.submitter && event.submitter.value === "export") && !$("input[name=_verb][value=export]", form)) {
        form.dataset.sent = "1";
        window.setTimeout(function () {
          $$("button:not([type=button])", form).forEach(function (button) { button.setAttribute("aria-disabled", "true"); });
        }, 0);
      } else {
        $$("details.drop[open]").forEach(function (item) { item.open = false; });
      }
    }
    dirty = null;
    if (form.dataset.sent || form.method === "get") { leave(); }
  });
  window.addEventListener("pageshow", function (event) {
    leftAt = 0;
    $$("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      $$("[aria-disabled=true]", form).forEach(function (button) { button.removeAttribute("aria-disabled"); });
    });
    if (event.persisted) { dirty = null; }
  });
  function onCall() { return $("[data-call]"); }
  /* Closing the window, reloading or typing another address: a call that is open asks too. */
  window.addEventListener("beforeunload", function (event) {
    if (dirty || (onCall() && !isLeaving())) { event.preventDefault(); }
  });
  doc.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    var calls = link && !link.hasAttribute("hx-get") && !link.closest("[data-call]") && onCall();
    if (!link || !(dirty || calls) || event.defaultPrevented || link.target || event.metaKey || event.ctrlKey) { return; }
    if (!/^https?:$/.test(link.protocol) || link.getAttribute("href").charAt(0) === "#") { return; }
    var dialog = $(calls ? "#call-unended" : "#unsaved");
    if (!dialog || !dialog.showModal) { return; }
    event.preventDefault();
    leaving = link.href;
    dialog.showModal();
  }, true);

  doc.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || link.target || event.metaKey || event.ctrlKey || event.shiftKey) { return; }
    if (/^https?:$/.test(link.protocol) && link.getAttribute("href").charAt(0) !== "#") { leave(); }
  });

  /* ---------- clicks ---------- */
  doc.addEventListener("click", function (event) {
    var node = event.target.closest("[data-close],[data-keys-help],[data-keep],[data-leave],[data-stay],[data-bulk-clear],[data-fill-username],[data-fill],[data-copy]");
    $$("details.drop[open]").forEach(function (item) { if (!item.contains(event.target)) { item.open = false; } });
    if (!node) { return; }
    if (node.hasAttribute("data-close")) { node.closest(".toast-x").remove(); }
    else if (node.hasAttribute("data-keys-help")) { openHelp(); }
    else if (node.hasAttribute("data-keep")) { node.closest("dialog").close(); }
    else if (node.hasAttribute("data-leave")) { dirty = null; leave(); window.location.href = leaving; }
    else if (node.hasAttribute("data-stay")) { stay(node); }
    else if (node.hasAttribute("data-bulk-clear")) { clearTicks(node.closest("form")); }
    else if (node.hasAttribute("data-copy")) { node.select(); }
    else if (node.hasAttribute("data-fill-username")) {
      $("#id_username").value = node.dataset.fillUsername;
      $("#id_password").value = node.dataset.fillPassword;
      $("#id_username").form.requestSubmit();
    } else if (node.hasAttribute("data-fill")) {
      var field = doc.getElementById(node.dataset.target);
      field.value = node.dataset.fill;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
  });

  /* ---------- ticked rows ---------- */
  function ticks(form) { return $$("input[name=ids]", form); }
  function showTicks(form) {
    var ticked = ticks(form).filter(function (item) { return item.checked; });
    ticks(form).forEach(function (item) { item.closest("tr").classList.toggle("on", item.checked); });
    var bar = $("[data-bulk-bar]", form), all = $("[data-select-all]", form);
    if (bar) {
      bar.hidden = !ticked.length;
      $("[data-bulk-count]", bar).textContent = String(ticked.length);
      if (!ticked.length) { $("[data-bulk-all]", bar).checked = false; }
    }
    if (all) {
      all.checked = ticked.length > 0 && ticked.length === ticks(form).length;
      all.indeterminate = ticked.length > 0 && !all.checked;
    }
    say(ticked.length ? String(ticked.length) : "");
  }
  function clearTicks(form) {
    ticks(form).forEach(function (item) { item.checked = false; });
    showTicks(form);
  }
  doc.addEventListener("change", function (event) {
    var form = event.target.closest("[data-bulk]");
    if (!form) { return; }
    if (event.target.hasAttribute("data-select-all")) {
      ticks(form).forEach(function (item) { item.checked = event.target.checked; });
    }
    showTicks(form);
  });

  /* ---------- the session's end ---------- */
  var seconds = Number(body.dataset.sessionSeconds || 0), warning = 0, timer = 0;
  function arm() {
    if (!seconds) { return; }
    window.clearTimeout(timer);
    timer = window.setTimeout(function () {
      var dialog = $("#session-end");
      if (dialog && dialog.showModal && !dialog.open) { dialog.showModal(); }
      warning = window.setTimeout(function () { dirty = null; window.location.reload(); }, 120000);
    }, Math.max(seconds - 150, 30) * 1000);
  }
  function stay(button) {
    window.clearTimeout(warning);
    var headers = JSON.parse(body.getAttribute("hx-headers") || "{}");
    fetch(button.dataset.url, { method: "POST", headers: headers, credentials: "same-origin" }).then(function (answer) {
      if (answer.ok) { button.closest("dialog").close(); arm(); } else { window.location.reload(); }
    });
  }
  doc.addEventListener("htmx:afterRequest", function (event) {
    if (!event.detail.elt.hasAttribute("data-background")) { arm(); }
  });

  /* ---------- arriving ---------- */
  function prepare(root) {
    $$("[data-fades]", root).forEach(function (item) { window.setTimeout(function () { item.remove(); }, 7000); });
    $$("[data-bulk]", root).forEach(showTicks);
    $$("[data-seconds]", root).forEach(startClock);
    $$("[data-current]", root).forEach(function (field) {
      $$("#" + field.dataset.current + " button").forEach(function (button) {
        if (button.value === field.value) { button.setAttribute("aria-current", "true"); } else { button.removeAttribute("aria-current"); }
      });
    });
  }
  /* A running clock of an opened call: counts up from data-seconds. */
  function startClock(node) {
    if (node.dataset.running) { return; }
    node.dataset.running = "1";
    var from = Date.now() - Number(node.dataset.seconds) * 1000;
    window.setInterval(function () {
      var passed = Math.floor((Date.now() - from) / 1000);
      var minutes = Math.floor(passed / 60), rest = passed % 60;
      node.textContent = (minutes < 10 ? "0" : "") + minutes + ":" + (rest < 10 ? "0" : "") + rest;
    }, 1000);
  }
  /* ---------- a form filled in where there may be no connection ---------- */
  function keepTyped(note) {
    var form = note.closest("form"), name = note.dataset.typed, kept = JSON.parse(window.sessionStorage.getItem(name) || "{}");
    function fields() {
      return $$("input,select,textarea", form).filter(function (field) { return field.name && field.type !== "hidden" && field.type !== "file"; });
    }
    fields().forEach(function (field) {
      var value = kept[field.name];
      if (value === undefined) { return; }
      if (field.type === "checkbox") { field.checked = value.indexOf(field.value) >= 0; } else if (!field.value) { field.value = value; }
    });
    function keep() {
      var typed = {};
      fields().forEach(function (field) {
        if (field.type !== "checkbox") { typed[field.name] = field.value; return; }
        typed[field.name] = typed[field.name] || [];
        if (field.checked) { typed[field.name].push(field.value); }
      });
      window.sessionStorage.setItem(name, JSON.stringify(typed));
    }
    form.addEventListener("input", keep);
    form.addEventListener("change", keep);
    form.addEventListener("submit", function (event) {
      if (navigator.onLine === false) { event.preventDefault(); event.stopImmediatePropagation(); note.textContent = note.dataset.offline; }
    }, true);
  }
  function takePlace(button) {
    var form = button.closest("form");
    if (!navigator.geolocation) { button.disabled = true; button.textContent = button.dataset.failed; return; }
    navigator.geolocation.getCurrentPosition(function (found) {
      form.elements.latitude.value = found.coords.latitude.toFixed(5);
      form.elements.longitude.value = found.coords.longitude.toFixed(5);
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }, function () { button.disabled = true; button.textContent = button.dataset.failed; }, { timeout: 15000 });
  }
  $$("[data-typed]").forEach(keepTyped);
  $$("[data-locate]").forEach(function (button) { button.addEventListener("click", function () { takePlace(button); }); });
  prepare(doc);
  arm();
  var first = $("[data-focus]");
  if (first) { first.focus(); if (first.select && first.value) { first.select(); } }
  else { focusOpenedByKey(); }
})();
