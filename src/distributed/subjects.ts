/** Whether a subject is the one of a pattern, or, where that ends with `.>`, begins so. */
export const matches = (pattern: string, subject: string): boolean =>
  pattern.endsWith('.>') ? subject.startsWith(pattern.slice(0, -1)) : pattern === subject

const WORD = String.raw`[\w-]+`
const NAME = new RegExp(String.raw`^${WORD}(\.${WORD})*$`)

export const isWord = (text: string): boolean => new RegExp(`^${WORD}$`).test(text)

/** A name or subject, or a pattern of subjects. Throws an Error where it is none. */
export function checkedName(text: string): string {
  if (!NAME.test(text.replace(/\.>$/, '')))
    throw new Error(`${JSON.stringify(text)} is no name of words joined by dots`)
  return text
}

/** A new name for a run. */
export function newRun(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => letters[byte % 36]).join('')
}
