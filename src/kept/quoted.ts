/** A word of a command as a shell reads it: in quotes where it holds more than what paths are mostly made of. */
export function quoted(word: string): string {
  if (/^[\w./\\:=,@%+~-]+$/.test(word) && (process.platform === 'win32' || !word.includes('\\'))) return word
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}
