/** Where everything of a run lies on its transport: values, objects, the stream, its subjects, and hints. */
export const NAMES = {
  recipe: 'recipe',
  round: 'round',
  lease: 'lease',
  /** By the hash of its bytes. */
  object: (hash: string) => `object.${hash}`,
  /** The stream where clients say that they are there. */
  joins: 'joins',
  allJoins: 'up.0.join.>',
  join: (client: string) => `up.0.join.${client}`,
  /** The stream of what clients send in a round, in parts. */
  uploads: (round: number) => `uploads-${round}`,
  allUploads: (round: number) => `up.${round}.update.>`,
  upload: (round: number, client: string, part: number) => `up.${round}.update.${client}.${part}`,
  /** Hints: the state of a round has changed; a client has something to tell. */
  changed: 'ctl',
  alive: (client: string) => `alive.${client}`,
  allAlive: 'alive.>',
} as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const toJson = (value: unknown): Uint8Array<ArrayBuffer> => encoder.encode(JSON.stringify(value))
/** Throws a SyntaxError where the bytes are no JSON. */
export const fromJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes))

/** SHA-256 in hexadecimal digits. */
export async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes.slice())
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
