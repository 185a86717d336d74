/// <reference lib="webworker" />
// Keeps the files of this build, so that the page opens without a network after the first visit. Data and runs of a
// server are not kept.

declare const FILES: readonly string[]
declare const BUILD: string

const scope = self as unknown as ServiceWorkerGlobalScope
const CACHE = `onward-lab-${BUILD}`

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' }))))
      .then(() => scope.skipWaiting()),
  )
})

scope.addEventListener('activate', (event) => {
  const isOlder = (name: string): boolean => name.startsWith('onward-lab-') && name !== CACHE
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOlder).map((name) => caches.delete(name))))
      .then(() => scope.clients.claim()),
  )
})

/** A file of the build comes from the cache; whatever else comes from the server. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request, { ignoreSearch: true })
  return known ?? (await fetch(request))
}

scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== scope.location.origin) return
  if (url.pathname.includes('/served/')) return
  event.respondWith(answer(event.request))
})
