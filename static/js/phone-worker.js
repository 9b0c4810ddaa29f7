// Keeps the phone's page and its files, and nothing that was answered to anybody. SHELL (version, page,
// files) is put before this by the server; another version is another worker.
"use strict";

const CACHE = `phone-${SHELL.version}`;

self.addEventListener("install", (event) => {
  const fetched = (url) => new Request(url, { cache: "reload", credentials: "same-origin", redirect: "error" });
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([SHELL.page, ...SHELL.files].map(fetched)))
      .then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  const stale = (names) => names.filter((name) => name.startsWith("phone-") && name !== CACHE);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(stale(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname !== SHELL.page && !SHELL.files.includes(url.pathname)) return;
  const kept = caches.open(CACHE).then((cache) => cache.match(url.pathname));
  event.respondWith(kept.then((found) => found || fetch(event.request)));
});
