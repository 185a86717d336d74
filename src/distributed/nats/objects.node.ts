import { createHash } from 'node:crypto'
import { Base64UrlPaddedCodec, type ObjectInfo, Objm, setSha256Backend } from '@nats-io/obj'
import { checkedName } from '../subjects.js'
import type { Objects } from '../transport.js'
import type { Connection } from './connection.node.js'

const CHUNK = 2 ** 20

// The default is plain JavaScript, and slower by ten times.
setSha256Backend('native')

/** The bucket of that name; `most`: made where there is none, for so many bytes. */
export async function objectsIn(connection: Connection, bucket: string, most: number | undefined): Promise<Objects> {
  const { ask, js, jsm } = connection
  const manager = new Objm(js)
  const stream = `OBJ_${bucket}`
  const metaSubject = (name: string): string => `$O.${bucket}.M.${Base64UrlPaddedCodec.encode(checkedName(name))}`
  const chunkSubject = ({ nuid }: ObjectInfo): string => `$O.${bucket}.C.${nuid}`
  if (most !== undefined) await ask(() => manager.create(bucket, { max_bytes: most }))

  async function infoOf(name: string): Promise<ObjectInfo | undefined> {
    const found = await ask(() => jsm.direct.getMessage(stream, { last_by_subj: metaSubject(name) }))
    const info = found?.json<ObjectInfo>()
    return info?.deleted ? undefined : info
  }

  /**
   * The chunks, one request each; undefined where one is missing. The client's own way makes a consumer on the server:
   * that takes rights that let a hostile client send to any subject, and it waits for half a minute for a lost server.
   */
  async function chunksOf(info: ObjectInfo): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(info.size)
    let [at, seq] = [0, 0]
    for (let chunk = 0; chunk < info.chunks; chunk++) {
      const next = { seq: seq + 1, next_by_subj: chunkSubject(info) }
      const found = await ask(() => jsm.direct.getMessage(stream, next))
      if (!found || at + found.data.length > bytes.length) return undefined
      bytes.set(found.data, at)
      at += found.data.length
      seq = found.seq
    }
    const digest = `SHA-256=${createHash('sha256').update(bytes).digest('base64url')}`
    return at === bytes.length && digest === info.digest.replace(/=+$/, '') ? bytes : undefined
  }

  return {
    async put(name, bytes) {
      const store = await ask(() => manager.open(bucket, false))
      const meta = { name: checkedName(name), options: { max_chunk_size: CHUNK } }
      await ask(() => store.putBlob(meta, bytes))
    },
    async get(name) {
      for (let info = await infoOf(name); info; ) {
        const bytes = await chunksOf(info)
        if (bytes) return bytes
        // It may have been replaced or deleted meanwhile.
        const now = await infoOf(name)
        if (now?.nuid === info.nuid) throw new Error(`the object ${name} arrived otherwise than it was stored`)
        info = now
      }
      return undefined
    },
    async delete(name) {
      const info = await infoOf(name)
      if (!info) return
      // Its name first: without it nobody asks for the chunks.
      for (const filter of [metaSubject(name), chunkSubject(info)])
        await ask(() => jsm.streams.purge(stream, { filter }))
    },
  }
}
