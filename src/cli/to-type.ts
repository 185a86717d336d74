/** A command for people to type next, in quotes where a shell needs them, begun as they began: through npm, or not. */
export const toType = (...words: readonly string[]): string =>
  [process.env.npm_command === undefined ? 'onward' : 'npx onward', ...words.map(quoted)].join(' ')

/** The same in a sentence. */
export const named = (...words: readonly string[]): string => `\`${toType(...words)}\``

/** A word of a command as a shell reads it: in quotes where it holds more than what paths are mostly made of. */
function quoted(word: string): string {
  if (/^[\w./\\:=,@%+~-]+$/.test(word) && (process.platform === 'win32' || !word.includes('\\'))) return word
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}
