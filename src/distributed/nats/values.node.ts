import { Kvm } from '@nats-io/kv'
import { checkedName } from '../subjects.js'
import { ConflictError, type Values } from '../transport.js'
import type { Connection } from './connection.node.js'
import { post } from './publish.node.js'

/** In bytes: leases, pointers and recipes are small. */
const MOST = 2 ** 26

/** The bucket of that name; `make`: made where there is none. */
export async function valuesIn(connection: Connection, bucket: string, make: boolean): Promise<Values> {
  const { ask, js, jsm } = connection
  const manager = new Kvm(js)
  const kv = await ask(() =>
    make ? manager.create(bucket, { max_bytes: MOST }) : manager.open(bucket, { allow_direct: true }),
  )
  const [stream, subject] = [`KV_${bucket}`, `$KV.${bucket}`]
  const get: Values['get'] = (key) =>
    ask(async () => {
      const entry = await kv.get(checkedName(key))
      return entry ? { value: new Uint8Array(entry.value), revision: entry.revision } : undefined
    })
  return {
    get,
    async put(key, value, expected) {
      let attempts = 0
      try {
        return await ask((attempt) => {
          attempts = attempt
          return post(connection, { subject: `${subject}.${checkedName(key)}`, payload: value, after: expected })
        })
      } catch (error) {
        // An earlier attempt of ours may be what stands there: then nobody else was first.
        const now = error instanceof ConflictError && attempts > 0 ? await get(key) : undefined
        if (now && now.revision > expected && Buffer.from(now.value).equals(value)) return now.revision
        throw error
      }
    },
    keys: (prefix) =>
      ask(async () => {
        const { state } = await jsm.streams.info(stream, { subjects_filter: `${subject}.${checkedName(prefix)}.>` })
        return Object.keys(state.subjects ?? {})
          .map((full) => full.slice(subject.length + 1))
          .sort()
      }),
  }
}
