// The text of a rule of one's own, as the address of the page carries it: compressed, in base64 for addresses.

/** Characters of a packed text: what is longer is cut off by mail and chat programs. */
export const MOST_PACKED = 8000
/** Bytes of a text. */
const MOST_TEXT = 200_000

export const isPacked = (packed: string): boolean => /^[\w-]+$/.test(packed) && packed.length <= MOST_PACKED

/** Undefined where it is too long to be carried. */
export async function packed(text: string): Promise<string | undefined> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  // A byte at a time: a call takes only so many arguments.
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  const own = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return own.length <= MOST_PACKED ? own : undefined
}

/** Throws an Error that says so where it is no packed text. */
export async function unpacked(own: string): Promise<string> {
  try {
    const binary = atob(own.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
    const decoder = new TextDecoder('utf-8', { fatal: true })
    let text = ''
    for (let size = 0; ; ) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      size += value.length
      if (size > MOST_TEXT) throw new Error('too long')
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    throw new Error('The rule in the link is damaged: it was cut off or changed on its way. It is left out.')
  }
}
