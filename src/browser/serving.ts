import { checkOptions, type Values } from '../options/index.js'
import { certifyRule } from '../rules/certify.js'
import type { Platform } from '../train/platform.js'
import type { RuntimeSource } from './platform.js'
import { placed as withPlace } from './rule-module.js'
import { type Own, ruleFrom } from './served.js'
import type { OpenRequest } from './session.js'
import { type Message, wire } from './wire.js'
import { type Methods, openSession, type SessionRequest } from './worker-session.js'

/** What a worker hears and speaks through. */
export interface Scope {
  onmessage: ((event: { data: Message }) => void) | null
  postMessage(message: Message, transfer: Transferable[]): void
}

type PlatformOf = (sourceOf: (device: 'wasm' | 'webgpu') => Promise<RuntimeSource>, threads: number) => Platform

/** Serves the sessions of a page through a scope, on a platform. */
export function serveOn(scope: Scope, own: Own, platformOf: PlatformOf): void {
  let session: Methods | undefined
  const placing =
    <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      try {
        return await method(...args)
      } catch (error) {
        throw withPlace(error)
      }
    }
  const others = Object.entries(own.answers ?? {}).map(([name, answer]) => [
    name,
    placing(async (...args) => answer(...args)),
  ])
  const page = wire((message, transfer) => scope.postMessage(message, transfer), {
    ...Object.fromEntries(others),
    begin,
    open: placing(async (request: SessionRequest) => {
      const opened = await openSession(request, own, {
        platform: (threads) => platformOf((device) => page.ask<RuntimeSource>('runtime', [device]), threads),
        save: (bytes) => page.ask<string>('save', [bytes], [bytes.buffer]),
        event: (event) => page.tell('event', [event]),
      })
      session = opened.methods
      return opened.first
    }),
    certify: placing(async ({ rule, on, hyper }: { rule: OpenRequest['rule']; on: never; hyper?: Values }) => {
      const { rule: asked } = await ruleFrom(rule, own)
      return certifyRule(asked, on, checkOptions(asked.hyper, hyper ?? {}, asked.id))
    }),
    call: placing(
      async (method: string, ...args: unknown[]) =>
        await (session as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!(...args),
    ),
    read: (count: number) => session?.read(count),
  })
  scope.onmessage = ({ data }) => page.receive(data)
}

/**
 * Holds a lock for as long as this worker lives: of a worker that is gone a page hears in no other way. False where the
 * browser has no locks for it, as in a frame of another site whose store is blocked.
 */
async function begin(lock: string): Promise<boolean> {
  const { locks } = navigator
  if (!locks) return false
  return await new Promise<boolean>((resolve) => {
    locks
      .request(lock, () => {
        resolve(true)
        return new Promise(() => undefined)
      })
      .catch(() => resolve(false))
  })
}
